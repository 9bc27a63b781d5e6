"""Experiment: the one value that says everything about a run, and the ready-made ones."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from core.base.encoding import decode
from core.base.errors import BadExperiment
from core.base.spec import Value, ranged
from core.data.augmentations import Augmentation
from core.data.datasets import DataSet, Digits
from core.data.label_noise import LabelNoise
from core.data.normalization import Normalization, Standardize
from core.data.sampling import Sampling, Shuffle
from core.data.split import Split
from core.losses import CrossEntropy, Loss
from core.network.initializers import He, Initializer
from core.network.layers import Layer
from core.network.presets import Small
from core.optim.optimizers import AdamW, Optimizer
from core.optim.regularizers import Regularizer
from core.optim.schedules import Cosine, Schedule
from core.optim.stopping import StoppingRule

SHIPPED = Path(__file__).parent.parent / "assets" / "experiments"


class Seeds(Value):
    """Where every chance of a run comes from; each has its own generator."""

    initialization: int = ranged(0, 0, 2**31 - 1, help="Draws the first weights.")
    order: int = ranged(
        0, 0, 2**31 - 1, help="Shuffles the training pictures anew for every epoch."
    )
    dropout: int = ranged(0, 0, 2**31 - 1, help="Chooses the values that dropout sets to 0.")
    augmentation: int = ranged(0, 0, 2**31 - 1, help="Draws how each picture is changed.")


class Experiment(Value):
    """Data, network and training as one frozen value. Every field has a default: `Experiment()`
    trains.
    """

    name: str = Field("", max_length=60, description="What the run is called in lists.")
    about: str = Field(
        "", max_length=200, description="The one thing that a ready-made experiment shows."
    )
    data: DataSet = Digits()
    split: Split = Split()
    label_noise: LabelNoise = LabelNoise()
    normalization: Normalization = Standardize()
    augmentations: tuple[Augmentation, ...] = ()
    sampling: Sampling = Shuffle()
    network: tuple[Layer, ...] = Field(Small().layers((1, 8, 8)), max_length=1000)
    initializer: Initializer = He()
    loss: Loss = CrossEntropy()
    optimizer: Optimizer = AdamW(learning_rate=1e-3)
    schedule: Schedule = Cosine()
    regularizers: tuple[Regularizer, ...] = ()
    stopping: tuple[StoppingRule, ...] = ()
    epochs: int = ranged(
        150, 1, 100_000, help="How often every training picture is used, at the most."
    )
    batch_size: int = ranged(
        32, 1, 65_536, unit="pictures", help="How many pictures one step looks at."
    )
    seeds: Seeds = Seeds()
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d{1,2})?)$",
        description="Where it trains: auto takes a GPU if there is one.",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="The numbers that the network multiplies in. bfloat16 keeps 8 of 24 "
        "significant bits: wide convolutions take about half the time on processors that have it "
        "built in, small networks gain nothing.",
    )

    @field_validator("name", "about")
    @classmethod
    def _one_line(cls, text: str) -> str:
        return " ".join(text.split())

    @field_validator("augmentations")
    @classmethod
    def _in_order(cls, chosen: tuple[Augmentation, ...]) -> tuple[Augmentation, ...]:
        """As they act, whatever the order in which they were given."""
        return tuple(sorted(chosen, key=lambda a: list(Augmentation.members).index(a.kind)))

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        for place in ("augmentations", "regularizers", "stopping"):
            kinds = [choice.kind for choice in getattr(self, place)]
            if twice := {kind for kind in kinds if kinds.count(kind) > 1}:
                raise ValueError(f"{place} has {', '.join(sorted(twice))} twice: leave one out.")
        return self

    def problem(self, shape: tuple[int, ...], classes: Sequence[str]) -> str | None:
        """Why it cannot train on samples of this shape and these classes (none: values), in one
        sentence; layers aside, which `core.network.build.check` looks at.
        """
        found = (
            self.loss.problem(classes),
            self.label_noise.problem(classes),
            self.sampling.problem(classes),
            *(augmentation.problem(shape) for augmentation in self.augmentations),
        )
        return next(filter(None, found), None)


@cache
def shipped() -> dict[str, Experiment]:
    """The ready-made experiments by name, the file names in assets/experiments and its folders."""
    paths = sorted(SHIPPED.rglob("*.json"), key=lambda path: path.stem)
    return {path.stem: decode(Experiment, path.read_text()) for path in paths}


@cache
def comparisons() -> dict[str, tuple[str, ...]]:
    """The ready-made experiments that belong together, by the folder that they share: what goes
    wrong first, then what helps. The first one says what all of them show.
    """
    folders = sorted(path for path in SHIPPED.iterdir() if path.is_dir())
    return {f.name: tuple(sorted(path.stem for path in f.glob("*.json"))) for f in folders}


def load(source: str) -> Experiment:
    """The experiment of a JSON file or of a shipped name. BadExperiment names both ways when it is
    neither.
    """
    if source in shipped():
        return shipped()[source]
    path = Path(source)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError, ValueError):
        known = ", ".join(shipped())
        raise BadExperiment(
            f"{source[:80]} is no file and no shipped experiment: choose one of {known}, or a "
            "JSON file."
        ) from None
    return decode(Experiment, text)
