"""Experiment: the one value that says everything about a run, and plain-word advice about doubtful
combinations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from core.data.augmentations import Augmentation, Flip
from core.data.label_noise import LabelNoise
from core.data.normalization import Normalization, Standardize
from core.data.sampling import Sampling, Shuffle
from core.data.sets import DataSet, Digits
from core.data.split import Split
from core.encoding import decode
from core.errors import BadExperiment
from core.losses import CrossEntropy, Loss
from core.network.activations import ReLU, Sigmoid, Tanh
from core.network.initializers import He, Initializer, Xavier, Zeros
from core.network.layers import Layer
from core.network.presets import Small
from core.numbers import short, whole
from core.optim.optimizers import AdamW, Optimizer
from core.optim.regularizers import Regularizer, WeightDecay
from core.optim.schedules import Cosine, Schedule
from core.optim.stopping import Patience, StoppingRule
from core.spec import Value, ranged

PATIENT = 30  # epochs from which on mixtures are no longer advised on
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
    """The ready-made experiments by name, the file names in assets/experiments."""
    paths = sorted(SHIPPED.glob("*.json"), key=lambda path: path.stem)
    return {path.stem: decode(Experiment, path.read_text()) for path in paths}


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


@dataclass(frozen=True)
class Advice:
    """One sentence; `level` is ok, info or warn. Where one change helps: its path, the new value
    and a button's text.
    """

    level: str
    text: str
    path: str = ""
    value: Any = None
    action: str = ""


def advice(experiment: Experiment, *, pictures: int = 0, parameters: int = 0) -> tuple[Advice, ...]:
    """What is doubtful about this combination, the most urgent first; one "ok" when nothing is.

    `pictures` is the size of the training part and `parameters` that of the network, 0 where
    unknown.
    """
    found = [a for rule in _RULES for a in rule(experiment, pictures, parameters)]
    order = {"warn": 0, "info": 1}
    fine = Advice("ok", f"**{experiment.optimizer.summary}** with this network is a sound start.")
    return tuple(sorted(found, key=lambda a: order[a.level])) or (fine,)


def _symmetry(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not isinstance(e.initializer, Zeros):
        return []
    text = (
        "**Zeros never break symmetry:** all units of a layer stay equal, so it learns "
        "like one unit."
    )
    return [Advice("warn", text, "initializer", "he", "Use He")]


def _activation(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    kinds = {type(layer) for layer in e.network}
    if isinstance(e.initializer, Xavier) and ReLU in kinds:
        return [
            Advice(
                "info",
                "**Xavier suits tanh;** ReLU halves the signal, which He makes up for.",
                "initializer",
                "he",
                "Use He",
            )
        ]
    if isinstance(e.initializer, He) and kinds & {Tanh, Sigmoid} and ReLU not in kinds:
        return [
            Advice(
                "info",
                "**He suits ReLU;** for tanh and sigmoid Xavier keeps the signal level.",
                "initializer",
                "xavier",
                "Use Xavier",
            )
        ]
    return []


def _depth(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    sigmoids = sum(isinstance(layer, Sigmoid) for layer in e.network)
    if sigmoids < 4:
        return []
    return [
        Advice(
            "warn",
            f"**{sigmoids} sigmoid layers:** each passes at most a quarter of the gradient "
            "on. ReLU does not.",
        )
    ]


def _rate(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    momentum = getattr(e.optimizer, "momentum", None)
    usual = 1e-2 if momentum is None else 0.5 * (1 - momentum) if momentum else 1.0
    if e.optimizer.learning_rate <= usual * (1 + 1e-9):
        return []
    text = (
        f"**A learning rate of {short(e.optimizer.learning_rate)} is large** for "
        f"{e.optimizer.label}: the loss may become NaN."
    )
    return [Advice("warn", text, "optimizer.learning_rate", usual, f"Use {short(usual)}")]


def _batch(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not pictures or e.batch_size <= pictures:
        return []
    return [
        Advice(
            "info",
            f"**The batch is larger than the {whole(pictures)} training pictures:** every step "
            "uses all of them.",
        )
    ]


def _data(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    guarded = any(isinstance(rule, Patience) for rule in e.stopping)
    if guarded or not pictures or parameters < 4 * pictures:
        return []
    text = (
        f"**{whole(pictures)} pictures for {whole(parameters)} weights:** it may learn them by "
        "heart. Watch the validation loss."
    )
    rules = [*(rule.model_dump() for rule in e.stopping), {"kind": "patience"}]
    return [Advice("info", text, "stopping", rules, "Stop early")]


def _decays(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    own = getattr(e.optimizer, "weight_decay", 0)
    if not own or not any(isinstance(r, WeightDecay) for r in e.regularizers):
        return []
    text = (
        f"**Weight decay acts twice:** in {e.optimizer.label} and as a regularizer; the two add up."
    )
    return [Advice("warn", text, "optimizer.weight_decay", 0.0, "Keep the regularizer")]


def _patience(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not any(isinstance(rule, Patience) for rule in e.stopping):
        return []
    if e.split.validation == 0:
        text = "**Early stopping has nothing to look at:** the validation share is 0."
        return [Advice("warn", text, "split.validation", 0.15, "Keep 15 %")]
    if isinstance(e.schedule, Cosine):
        return [
            Advice(
                "info",
                "**Early stopping may end the run** before the cosine has let the rate fall, "
                "where it gains most.",
            )
        ]
    return []


def _mirror(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not e.data.written or not any(isinstance(a, Flip) and a.p for a in e.augmentations):
        return []
    text = (
        "**Flip changes what a digit or a letter is:** a mirrored 3 is no 3, and a mirrored b is "
        "a d."
    )
    others = [a.model_dump() for a in e.augmentations if not isinstance(a, Flip)]
    return [Advice("warn", text, "augmentations", others, "Take Flip off")]


def _mixtures(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    mixing = [a for a in e.augmentations if a.mixes]
    if not mixing or e.epochs >= PATIENT:
        return []
    first, names = mixing[0], " and ".join(a.label for a in mixing)
    text = (
        f"**{first.label} wants many epochs:** its paper trained {first.epochs}, here it has "
        f"{e.epochs}."
    )
    others = [a.model_dump() for a in e.augmentations if not a.mixes]
    return [Advice("info", text, "augmentations", others, f"Take {names} off")]


def _wrong_labels(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not e.label_noise.share:
        return []
    wrong = f"{100 * e.label_noise.share:.3g} %"
    right = f"{100 - 100 * e.label_noise.share:.3g} %"
    text = (
        f"**{wrong} of the training labels are wrong on purpose:** a training accuracy above "
        f"{right} is learned by heart."
    )
    return [Advice("info", text, "label_noise.share", 0.0, "Take the noise off")]


_RULES = (
    _symmetry, _depth, _rate, _decays, _patience, _mirror, _activation, _batch, _data, _mixtures,
    _wrong_labels,
)  # fmt: skip
