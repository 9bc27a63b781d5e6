"""Normalizations: one multiply and one add for each pixel, fitted on the training part.

Choices only; no torch, no numpy.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from core.spec import Choice

if TYPE_CHECKING:
    import numpy as np

BLOCK = 2**20  # pixels read at a time: 8 MB as float64, however large the set


@dataclass(frozen=True)
class Affine:
    """x' = multiply·x + add; `mean` and `std` (over N−1) are those of the raw training pixels.

    `rms` is the root mean square of x' over the training part: 1 is what initializations are made
    for.
    """

    multiply: float
    add: float
    mean: float
    std: float
    rms: float


class Normalization(Choice, family="normalization"):
    """x: a raw pixel value, 0 to 255.

    μ, σ: mean and standard deviation over all training pixels.
    """

    def fit(self, images: "np.ndarray", indices: "np.ndarray") -> Affine:
        """The map for `images` (N, C, H, W), from the pictures at `indices` (n,), which no other
        part may touch.
        """
        count, mean, square = moments(images, indices)
        std = math.sqrt(square / (count - 1)) if count > 1 else 0.0
        multiply, add = self.map(mean, std)
        rms = math.sqrt(multiply**2 * square / count + (multiply * mean + add) ** 2)
        return Affine(multiply, add, mean, std, rms)

    def map(self, mean: float, std: float) -> tuple[float, float]:
        """(multiply, add) for training pixels of this mean and standard deviation."""
        raise NotImplementedError


class Raw(Normalization):
    """The pixel values as they are, 0 to 255.

    Large inputs make large gradients: the learning rate must be small.
    """

    kind: Literal["none"] = "none"
    label: ClassVar[str] = "None"
    formula: ClassVar[str] = r"x' = x"
    source: ClassVar[str] = "deck A"
    technique: ClassVar[str] = "D7"

    def map(self, mean: float, std: float) -> tuple[float, float]:
        return 1.0, 0.0


class Unit(Normalization):
    """Pixel values from 0 to 1."""

    kind: Literal["unit"] = "unit"
    label: ClassVar[str] = "Divide by 255"
    formula: ClassVar[str] = r"x' = x / 255"
    source: ClassVar[str] = "deck A"
    technique: ClassVar[str] = "D7"

    def map(self, mean: float, std: float) -> tuple[float, float]:
        return 1 / 255, 0.0


class Standardize(Normalization):
    """Mean 0 and standard deviation 1 over all training pixels together.

    Pictures of one grey only are centred.
    """

    kind: Literal["standardize"] = "standardize"
    label: ClassVar[str] = "Standardize"
    formula: ClassVar[str] = (
        r"x' = \frac{x - \mu}{\sigma}, \qquad \sigma^2 = \tfrac{1}{N-1}\sum (x-\mu)^2"
    )
    source: ClassVar[str] = "LeCun, Bottou, Orr & Müller 1998 (Efficient BackProp)"
    technique: ClassVar[str] = "D7"

    def map(self, mean: float, std: float) -> tuple[float, float]:
        return (1 / std, -mean / std) if std > 0 else (1.0, -mean)


def moments(images: "np.ndarray", indices: "np.ndarray") -> tuple[int, float, float]:
    """Count, mean and sum of squared deviations of the pixels of some pictures, in float64.

    Blocks are combined by the formula of Chan, Golub & LeVeque 1979, which loses no digits where
    the mean is large.
    """
    count, mean, square = 0, 0.0, 0.0
    for block in _blocks(images, indices):
        size, middle = block.size, float(block.mean())
        spread = float(((block - middle) ** 2).sum())
        shift, both = middle - mean, count + size
        mean += shift * size / both
        square += spread + shift**2 * count * size / both
        count = both
    return count, mean, square


def _blocks(images: "np.ndarray", indices: "np.ndarray") -> Iterator["np.ndarray"]:
    step = max(1, BLOCK // math.prod(images.shape[1:]))
    for start in range(0, len(indices), step):
        yield images[indices[start : start + step]].astype("float64")
