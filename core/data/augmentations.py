"""Augmentations: random changes of training samples, drawn again each time a sample is used.

Choices only; the arithmetic is in `augment.py`. They act in the order of this file: images are
shifted, mirrored and rotated, then normalized; noise and cutout follow, mixtures come last.
"""

from typing import ClassVar, Literal

from core.base.misfit import Misfit
from core.base.numbers import percent, short
from core.base.spec import Call, Choice, fields, ranged
from core.base.text import counted, format_shape

MAX_SHIFT = 1 / 4  # of the shorter side: 4 of 32 pixels are usual (He et al. 2016)
Fill = Literal["black", "edge", "reflect"]
_FILL = "Pixels from outside the image: black, the edge pixels repeated, or the image reflected."


class Augmentation(Choice, family="augmentation"):
    """x: one sample. Validation and test samples are not changed."""

    page: ClassVar[str] = "Data"
    supports_tables: ClassVar[bool] = False  # whether it also works on table rows
    mixes: ClassVar[bool] = False  # whether it mixes two samples and their targets
    epochs: ClassVar[int] = 0  # for mixing: the training length on CIFAR in the paper

    def call(self) -> Call:
        """Return its operation, an object of `core.data.augment`."""
        values = {fact.name: getattr(self, fact.name) for fact in fields(type(self))}
        return Call(f"core.data.augment.{type(self).__name__}Operation", values)

    def misfit(self, shape: tuple[int, ...]) -> Misfit | None:
        """Return why it does not fit samples of this shape, (C, H, W) or (F,), else None."""
        if len(shape) == 3:
            return self._size_misfit(min(shape[1:]), format_shape(shape[1:]))
        if self.supports_tables:
            return None
        fit = " or ".join(m.label for m in Augmentation.members.values() if m.supports_tables)
        text = (
            f"{self.label} works on images, but this dataset has rows of "
            f"{counted(shape[0], 'number')}. Remove it or use {fit}."
        )
        return Misfit("augmentation_needs_images", text, {"kind": self.kind})

    def _size_misfit(self, side: int, size: str) -> Misfit | None:
        """Return the same for images whose shorter side is `side`; `size` describes both sides."""
        return None

    def doubt(self, shape: tuple[int, ...]) -> "tuple[Misfit, Augmentation] | None":
        """Return why it may destroy what a sample of this shape shows, and a milder form of it."""
        return None


class Crop(Augmentation):
    """Pads the image by k pixels and crops it at a random position, which shifts it by up to k
    pixels in each direction.
    """

    kind: Literal["crop"] = "crop"
    label: ClassVar[str] = "Crop"
    formula: ClassVar[str] = r"x'_{ij} = x_{i+a,\,j+b}, \qquad a, b \in \{-k, \dots, k\}"
    source: ClassVar[str] = "Krizhevsky, Sutskever & Hinton 2012; k = 4: He et al. 2016"
    technique: ClassVar[str] = "D9"
    padding: int = ranged(4, 1, 32, symbol="k", unit="pixels", help="Maximum shift.")
    fill: Fill = ranged("black", help=_FILL)

    def _size_misfit(self, side: int, size: str) -> Misfit | None:
        if self.padding < side:
            return None
        remedy = f"Set the padding to at most {side - 1}" if side > 1 else "Remove Crop"
        text = (
            f"Crop with a padding of {self.padding} can shift an image of {size} pixels out of "
            f"view. {remedy}."
        )
        return Misfit("crop_too_large", text, {"padding": self.padding, "side": side})

    def doubt(self, shape: tuple[int, ...]) -> tuple[Misfit, Augmentation] | None:
        if len(shape) != 3 or self.padding <= MAX_SHIFT * min(shape[1:]):
            return None
        height, width = shape[1:]
        left = max(height - self.padding, 0) * max(width - self.padding, 0) / (height * width)
        milder = max(1, min(height, width) // 8)
        text = (
            f"Crop can shift an image of {format_shape(shape[1:])} pixels by {self.padding} in "
            f"both directions, which cuts off up to {percent(1 - left)} of it, often the part "
            f"that matters. Use a padding of {milder}."
        )
        evidence = {"padding": self.padding, "lost": 1 - left}
        return Misfit("crop_destroys", text, evidence), self.model_copy(update={"padding": milder})

    @property
    def summary(self) -> str:
        return f"crop ±{self.padding} px"


class Flip(Augmentation):
    """Mirrors the image horizontally with probability p."""

    kind: Literal["flip"] = "flip"
    label: ClassVar[str] = "Flip"
    formula: ClassVar[str] = r"x'_{ij} = x_{i,\,W-1-j}"
    source: ClassVar[str] = "Krizhevsky, Sutskever & Hinton 2012"
    technique: ClassVar[str] = "D9"
    p: float = ranged(
        0.5, 0, 1, label="Probability", symbol="p", help="Fraction of samples that are mirrored."
    )

    @property
    def summary(self) -> str:
        return f"flip {short(self.p, 6)}"


class Rotation(Augmentation):
    """Rotates the image about its centre by a random angle θ between −α and α, bilinear."""

    kind: Literal["rotation"] = "rotation"
    label: ClassVar[str] = "Rotation"
    formula: ClassVar[str] = r"x'(u) = x(R_\theta u), \qquad \theta \sim U(-\alpha, \alpha)"
    source: ClassVar[str] = "Simard, Steinkraus & Platt 2003"
    technique: ClassVar[str] = "D9"
    degrees: float = ranged(
        10.0,
        0,
        180,
        label="Maximum angle",
        symbol="α",
        unit="°",
        help="Rotations are between −α and α.",
    )
    fill: Fill = ranged("black", help=_FILL)

    @property
    def summary(self) -> str:
        return f"rotation ±{short(self.degrees, 6)}°"


class Noise(Augmentation):
    """Adds Gaussian noise to every value after normalization, so σ is in units of the network's
    input.
    """

    kind: Literal["noise"] = "noise"
    label: ClassVar[str] = "Noise"
    formula: ClassVar[str] = r"x' = x + \sigma\varepsilon, \qquad \varepsilon \sim N(0, 1)"
    source: ClassVar[str] = "Sietsma & Dow 1991; Bishop 1995"
    technique: ClassVar[str] = "D9"
    supports_tables: ClassVar[bool] = True
    deviation: float = ranged(
        0.1,
        0,
        10,
        symbol="σ",
        label="Standard deviation",
        help="1 is as strong as the standardized input.",
    )

    def doubt(self, shape: tuple[int, ...]) -> tuple[Misfit, Augmentation] | None:
        if self.deviation < 1:
            return None
        text = (
            f"Noise with a standard deviation of {short(self.deviation, 6)} is as strong as the "
            "standardized input or stronger, which hides most of it. Use 0.1."
        )
        evidence = {"deviation": self.deviation}
        return Misfit("noise_destroys", text, evidence), self.model_copy(update={"deviation": 0.1})

    @property
    def summary(self) -> str:
        return f"noise {short(self.deviation, 6)}"


class Cutout(Augmentation):
    """Sets a square of s × s pixels to 0 after normalization. Its centre is anywhere in the image,
    so part of the square may be outside.
    """

    kind: Literal["cutout"] = "cutout"
    label: ClassVar[str] = "Cutout"
    formula: ClassVar[str] = r"x' = (1 - M)\,x, \qquad M = 1 \text{ in the square}"
    source: ClassVar[str] = "DeVries & Taylor 2017: s = 16 of 32 pixels for CIFAR-10"
    technique: ClassVar[str] = "D9"
    side: int = ranged(4, 1, 512, symbol="s", unit="pixels", help="Side of the square.")

    def _size_misfit(self, side: int, size: str) -> Misfit | None:
        if self.side <= side:
            return None
        text = (
            f"The Cutout square of {self.side} pixels is larger than an image of {size} pixels. "
            f"Set its side to at most {side}."
        )
        return Misfit("cutout_too_large", text, {"square": self.side, "side": side})

    def doubt(self, shape: tuple[int, ...]) -> tuple[Misfit, Augmentation] | None:
        if len(shape) != 3 or 2 * self.side <= min(shape[1:]):
            return None
        hidden = min(self.side**2 / (shape[1] * shape[2]), 1.0)
        milder = max(1, min(shape[1:]) // 2)
        text = (
            f"Cutout hides up to {percent(hidden)} of an image of {format_shape(shape[1:])} "
            f"pixels. Use a side of {milder}, half the image as in the paper."
        )
        evidence = {"square": self.side, "lost": hidden}
        return Misfit("cutout_destroys", text, evidence), self.model_copy(update={"side": milder})

    @property
    def summary(self) -> str:
        return f"cutout {self.side} px"


def _alpha(default: float) -> float:
    return ranged(
        default,
        0.05,
        32,
        label="Beta parameter",
        symbol="α",
        log=True,
        help="Small: mostly one of the two samples. 1: λ is uniform. Large: close to equal parts.",
    )


class MixUp(Augmentation):
    """Blends two samples of the batch, λ of one and 1 − λ of the other, and weights their losses
    likewise; numeric targets are blended directly. Each sample has its own λ.

    If CutMix is on too, each sample uses one of the two, with equal probability.
    """

    kind: Literal["mixup"] = "mixup"
    label: ClassVar[str] = "MixUp"
    formula: ClassVar[str] = (
        r"x' = \lambda x_a + (1-\lambda) x_b, \quad L = \lambda L_a + (1-\lambda) L_b, \quad "
        r"\lambda \sim \mathrm{Beta}(\alpha, \alpha)"
    )
    source: ClassVar[str] = "Zhang, Cissé, Dauphin & Lopez-Paz 2018"
    technique: ClassVar[str] = "D9"
    supports_tables: ClassVar[bool] = True
    mixes: ClassVar[bool] = True
    epochs: ClassVar[int] = 200
    alpha: float = _alpha(0.2)

    @property
    def summary(self) -> str:
        return f"MixUp {short(self.alpha, 6)}"


class CutMix(Augmentation):
    """Pastes a rectangle of one image into another. λ is the fraction of pixels that stay and
    weights the two losses. Each sample has its own rectangle, a fraction 1 − λ of the image unless
    part of it is outside.
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
        return f"CutMix {short(self.alpha, 6)}"
