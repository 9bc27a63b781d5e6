"""Augmentations: chance changes of the training samples, drawn anew for every sample each time it
is used. Choices only; the arithmetic is in `augment.py`.

They act in the order in which they stand here: pictures are moved, mirrored and turned as they
are, then scaled; noise and squares come after, mixtures last.
"""

from typing import ClassVar, Literal

from core.base.spec import Call, Choice, fields, ranged
from core.base.text import counted, format_shape

Fill = Literal["black", "edge", "reflect"]
_FILL = "What comes in from outside: black, the edge's own values again, or the picture mirrored."


class Augmentation(Choice, family="augmentation"):
    """x: one sample. Several may be on, each kind once; validation and test samples stay as they
    are.
    """

    page: ClassVar[str] = "Data"
    rows_too: ClassVar[bool] = False  # whether it also fits rows of numbers
    mixes: ClassVar[bool] = False  # whether it makes one sample of two, and so changes targets
    epochs: ClassVar[int] = 0  # of the mixing ones: how long their papers trained on CIFAR

    def call(self) -> Call:
        """Its operation: an object of `core.data.augment`."""
        given = {fact.name: getattr(self, fact.name) for fact in fields(type(self))}
        return Call(f"core.data.augment.{type(self).__name__}Operation", given)

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Why it cannot change samples of this shape, (C, H, W) or (F,), and the way out."""
        if len(shape) == 3:
            return self.misfit(min(shape[1:]), format_shape(shape[1:]))
        if self.rows_too:
            return None
        fit = " or ".join(m.label for m in Augmentation.members.values() if m.rows_too)
        kind = f"rows of {counted(shape[0], 'number')}"
        return (
            f"{self.label} changes pictures, but this data has {kind}: take it off, or use {fit}."
        )

    def misfit(self, side: int, size: str) -> str | None:
        """The same for pictures whose shorter side is `side` pixels; `size` says both."""
        return None


class Crop(Augmentation):
    """Adds a margin of k pixels and cuts the picture's size out at a chance place: what is shown
    moves by up to k pixels each way.
    """

    kind: Literal["crop"] = "crop"
    label: ClassVar[str] = "Crop"
    formula: ClassVar[str] = r"x'_{ij} = x_{i+a,\,j+b}, \qquad a, b \in \{-k, \dots, k\}"
    source: ClassVar[str] = "Krizhevsky, Sutskever & Hinton 2012; k = 4: He et al. 2016"
    technique: ClassVar[str] = "D9"
    padding: int = ranged(4, 1, 32, symbol="k", unit="pixels", help="How far it moves at the most.")
    fill: Fill = ranged("black", help=_FILL)

    def misfit(self, side: int, size: str) -> str | None:
        if self.padding < side:
            return None
        way = f"make the padding at most {side - 1}" if side > 1 else "take it off"
        return (
            f"Crop with a padding of {self.padding} may move a picture of {size} out of sight: "
            f"{way}."
        )

    @property
    def summary(self) -> str:
        return f"crop ±{self.padding} px"


class Flip(Augmentation):
    """Mirrors left and right, with probability p."""

    kind: Literal["flip"] = "flip"
    label: ClassVar[str] = "Flip"
    formula: ClassVar[str] = r"x'_{ij} = x_{i,\,W-1-j}"
    source: ClassVar[str] = "Krizhevsky, Sutskever & Hinton 2012"
    technique: ClassVar[str] = "D9"
    p: float = ranged(0.5, 0, 1, label="Probability", symbol="p", help="Share that is mirrored.")

    @property
    def summary(self) -> str:
        return f"flip {self.p:g}"


class Rotation(Augmentation):
    """Turns the picture about its middle by a chance angle θ of −α to α, bilinear."""

    kind: Literal["rotation"] = "rotation"
    label: ClassVar[str] = "Rotation"
    formula: ClassVar[str] = r"x'(u) = x(R_\theta u), \qquad \theta \sim U(-\alpha, \alpha)"
    source: ClassVar[str] = "Simard, Steinkraus & Platt 2003"
    technique: ClassVar[str] = "D9"
    degrees: float = ranged(10.0, 0, 180, symbol="α", unit="°", help="The largest angle.")
    fill: Fill = ranged("black", help=_FILL)

    @property
    def summary(self) -> str:
        return f"rotation ±{self.degrees:g}°"


class Noise(Augmentation):
    """Adds normal noise to every value, after the scaling: σ counts in units of the network's
    input.
    """

    kind: Literal["noise"] = "noise"
    label: ClassVar[str] = "Noise"
    formula: ClassVar[str] = r"x' = x + \sigma\varepsilon, \qquad \varepsilon \sim N(0, 1)"
    source: ClassVar[str] = "Sietsma & Dow 1991; Bishop 1995"
    technique: ClassVar[str] = "D9"
    rows_too: ClassVar[bool] = True
    deviation: float = ranged(0.1, 0, 10, symbol="σ", help="1 is as strong as standardized input.")

    @property
    def summary(self) -> str:
        return f"noise {self.deviation:g}"


class Cutout(Augmentation):
    """Sets a square of s × s pixels to 0 after the scaling. Its middle falls anywhere in the
    picture, so that a part of it may lie outside.
    """

    kind: Literal["cutout"] = "cutout"
    label: ClassVar[str] = "Cutout"
    formula: ClassVar[str] = r"x' = (1 - M)\,x, \qquad M = 1 \text{ in the square}"
    source: ClassVar[str] = "DeVries & Taylor 2017: s = 16 of 32 pixels for CIFAR-10"
    technique: ClassVar[str] = "D9"
    side: int = ranged(4, 1, 512, symbol="s", unit="pixels", help="The square's side.")

    def misfit(self, side: int, size: str) -> str | None:
        if self.side <= side:
            return None
        return (
            f"Cutout's square of {self.side} pixels is larger than a picture of {size}: make its "
            f"side at most {side}."
        )

    @property
    def summary(self) -> str:
        return f"cutout {self.side} px"


def _alpha(default: float) -> float:
    help = "Small: nearly one of the two; 1: every share is as likely; large: nearly half and half."
    return ranged(default, 0.05, 32, symbol="α", log=True, help=help)


class MixUp(Augmentation):
    """Lays two samples of the batch over each other, λ of the one and 1 − λ of the other, and their
    losses likewise; values are mixed themselves. Each sample has its own λ.

    With CutMix beside it, each sample is mixed in one of the two ways, by a fair coin.
    """

    kind: Literal["mixup"] = "mixup"
    label: ClassVar[str] = "MixUp"
    formula: ClassVar[str] = (
        r"x' = \lambda x_a + (1-\lambda) x_b, \quad L = \lambda L_a + (1-\lambda) L_b, \quad "
        r"\lambda \sim \mathrm{Beta}(\alpha, \alpha)"
    )
    source: ClassVar[str] = "Zhang, Cissé, Dauphin & Lopez-Paz 2018"
    technique: ClassVar[str] = "D9"
    rows_too: ClassVar[bool] = True
    mixes: ClassVar[bool] = True
    epochs: ClassVar[int] = 200
    alpha: float = _alpha(0.2)

    @property
    def summary(self) -> str:
        return f"MixUp {self.alpha:g}"


class CutMix(Augmentation):
    """Puts a rectangle of one sample into another; λ is the share of pixels that stay, and weighs
    the two losses. Each sample has its own rectangle, of the share 1 − λ where none of it lies
    outside.
    """

    kind: Literal["cutmix"] = "cutmix"
    label: ClassVar[str] = "CutMix"
    formula: ClassVar[str] = (
        r"x' = (1 - M)\,x_a + M x_b, \quad L = \lambda L_a + (1-\lambda) L_b, \quad "
        r"\lambda \sim \mathrm{Beta}(\alpha, \alpha)"
    )
    source: ClassVar[str] = "Yun et al. 2019"
    technique: ClassVar[str] = "D9"
    mixes: ClassVar[bool] = True
    epochs: ClassVar[int] = 300
    alpha: float = _alpha(1.0)

    @property
    def summary(self) -> str:
        return f"CutMix {self.alpha:g}"
