"""Experiment: the one value that describes a run completely, and the ready-made experiments."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from core.base.encoding import decode
from core.base.errors import BadExperiment
from core.base.misfit import Misfit
from core.base.spec import Value, ranged
from core.base.yaml_text import read_as_json
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
from core.weights.fork import Fork
from core.weights.start import FromScratch, Start

SHIPPED = Path(__file__).parent.parent / "assets" / "experiments"


class Seeds(Value):
    """The seeds of a run. Every random choice has its own generator."""

    initialization: int = ranged(0, 0, 2**31 - 1, help="Seed of the initial weights.")
    order: int = ranged(
        0,
        0,
        2**31 - 1,
        help="Seed of the order of the training samples in each epoch.",
    )
    dropout: int = ranged(0, 0, 2**31 - 1, help="Seed of the values that dropout sets to 0.")
    augmentation: int = ranged(0, 0, 2**31 - 1, help="Seed of the data augmentation.")


NAME_LENGTH = 60  # characters


class Experiment(Value):
    """Data, network and training as one frozen value. Every field has a default: `Experiment()`
    trains.
    """

    name: str = Field("", max_length=NAME_LENGTH, description="The name of the run in lists.")
    about: str = Field("", max_length=200, description="What a ready-made experiment demonstrates.")
    data: DataSet = Digits()
    split: Split = Split()
    label_noise: LabelNoise = LabelNoise()
    normalization: Normalization = Standardize()
    augmentations: tuple[Augmentation, ...] = ()
    sampling: Sampling = Shuffle()
    network: tuple[Layer, ...] = Field(Small().layers((1, 8, 8)), max_length=1000)
    initializer: Initializer = He()
    start: Start = FromScratch()
    loss: Loss = CrossEntropy()
    optimizer: Optimizer = AdamW(learning_rate=1e-3)
    schedule: Schedule = Cosine()
    regularizers: tuple[Regularizer, ...] = ()
    stopping: tuple[StoppingRule, ...] = ()
    epochs: int = ranged(150, 1, 100_000, help="Maximum number of passes over the training set.")
    batch_size: int = ranged(
        32, 1, 65_536, unit="samples", help="How many training samples each step uses."
    )
    accumulation: int = ranged(
        1, 1, 256, label="Gradient accumulation", unit="parts",
        help="In how many parts the gradient of a mini-batch is computed, one after another. The "
        "step is the same, slower, and takes less memory for the outputs of layers. Batch "
        "normalization sees the parts, each of at least 2 samples.",
    )  # fmt: skip
    seeds: Seeds = Seeds()
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d{1,2})?)$",
        description="The device to train on. Automatic uses a GPU if there is one.",
    )
    precision: Literal["float32", "bfloat16"] = ranged(
        "float32",
        option_labels={"float32": "float32", "bfloat16": "bfloat16"},
        help="The number format of matrix products and convolutions. bfloat16 keeps 8 of 24 "
        "significant bits: wide convolutions take about half the time on processors that support "
        "it, small networks are not faster.",
    )

    fork: Fork | None = Field(
        None,
        description="The point of another run at which this one begins.",
        exclude_if=lambda fork: fork is None,  # experiments without one keep their JSON text
    )

    @field_validator("name", "about")
    @classmethod
    def _one_line(cls, text: str) -> str:
        return " ".join(text.split())

    @field_validator("augmentations")
    @classmethod
    def _in_order(cls, chosen: tuple[Augmentation, ...]) -> tuple[Augmentation, ...]:
        """Sort by the order in which augmentations are applied."""
        return tuple(sorted(chosen, key=lambda a: list(Augmentation.members).index(a.kind)))

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        for field in ("augmentations", "regularizers", "stopping"):
            kinds = [choice.kind for choice in getattr(self, field)]
            if twice := {kind for kind in kinds if kinds.count(kind) > 1}:
                raise ValueError(f"{field} has {', '.join(sorted(twice))} twice: remove one.")
        return self

    @model_validator(mode="after")
    def _trains_after_fork(self) -> Self:
        if self.fork and self.fork.epoch >= self.epochs:
            raise ValueError(
                f"epochs is {self.epochs}, but the run begins at epoch {self.fork.epoch} of "
                f"another run: use at least {self.fork.epoch + 1}"
            )
        return self

    @property
    def title(self) -> str:
        """The name, or the dataset of an experiment without a name."""
        return self.name or self.data.summary

    @property
    def title_with_data(self) -> str:
        """The name and the dataset; only one of them where it contains the other."""
        name, data = self.title, self.data.summary
        if data.casefold() in name.casefold():
            return name
        return data if name.casefold() in data.casefold() else f"{name} · {data}"

    @property
    def first_epoch(self) -> int:
        """The number of epochs that were completed before this run begins."""
        return self.fork.epoch if self.fork else 0

    @property
    def unforked(self) -> "Experiment":
        """These settings from the first step on, for everything that trains no fork."""
        return self.model_copy(update={"fork": None}) if self.fork else self

    def misfit(self, shape: tuple[int, ...], classes: Sequence[str]) -> Misfit | None:
        """Return why it cannot train on samples of this shape with these classes (none: values).
        Layers are checked by `core.network.build.check`.
        """
        misfits = (
            self.loss.misfit(classes),
            self.label_noise.misfit(classes),
            self.sampling.misfit(classes),
            *(augmentation.misfit(shape) for augmentation in self.augmentations),
        )
        return next(filter(None, misfits), None)


def without_corrections(experiment: Experiment) -> Experiment:
    """Return the experiment on the dataset as it was before a person corrected it: corrections of
    training rows change neither the other parts nor the duration of a step.
    """
    return experiment.model_copy(update={"data": experiment.data.uncorrected})


MEASURED_ON = ("data", "split", "label_noise")  # the settings that select the validation samples


def validated_on(experiment: Experiment) -> str:
    """Return the settings that select the validation samples, as JSON text: results of experiments
    with the same text can be compared.
    """
    return without_corrections(experiment).model_dump_json(include=set(MEASURED_ON))


@cache
def shipped() -> dict[str, Experiment]:
    """Return the ready-made experiments by the names of their files in assets/experiments."""
    paths = sorted(SHIPPED.rglob("*.json"), key=lambda path: path.stem)
    return {path.stem: decode(Experiment, path.read_text()) for path in paths}


@cache
def comparisons() -> dict[str, tuple[str, ...]]:
    """Return the ready-made experiments that are compared, by their common folder: first the one
    with a problem, then its remedies. The first one describes what all of them show.
    """
    folders = sorted(path for path in SHIPPED.iterdir() if path.is_dir())
    return {f.name: tuple(sorted(path.stem for path in f.glob("*.json"))) for f in folders}


def load(source: str) -> Experiment:
    """Return the experiment in a JSON or YAML file or with a shipped name. Raises BadExperiment
    when it is neither.
    """
    if source in shipped():
        return shipped()[source]
    path = Path(source)
    try:
        text = read_as_json(path)
    except (OSError, UnicodeDecodeError, ValueError):
        names = ", ".join(shipped())
        raise BadExperiment(
            f"“{source[:80]}” is neither a file nor a ready-made experiment. Use the path of a "
            f"JSON or YAML file, or one of {names}.",
            code="unknown_experiment",
        ) from None
    return decode(Experiment, text)
