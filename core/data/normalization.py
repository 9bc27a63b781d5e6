"""Normalizations: one multiplication and one addition per value, fitted to the training set."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import model_validator

from core.base.numbers import short
from core.base.spec import Choice, ranged

if TYPE_CHECKING:
    import numpy as np

    from core.data.statistics import Statistics

Per = Literal["set", "channel", "pixel"]
_PER = "Use one scale for all values, one per channel (table column), or one per pixel."


@dataclass(frozen=True)
class Affine:
    """x' = multiply·x + add, with numbers or arrays that broadcast against one input.

    `mean`, `std` (over N − 1) and `std_n` (over N) describe all raw training values; `after_mean`,
    `after_std` (over N) and `rms` describe x', so rms² = after_mean² + after_std². `constant`
    counts the places that never change in the training set.
    """

    multiply: "float | np.ndarray"
    add: "float | np.ndarray"
    mean: float
    std: float
    after_mean: float
    after_std: float
    rms: float
    constant: int = 0
    std_n: float = 0.0

    @property
    def raw_rms(self) -> float:
        """The root mean square of all raw training values: rms² = mean² + std², over N."""
        return math.hypot(self.mean, self.std_n)


class Normalization(Choice, family="normalization"):
    """x: a raw value, for pixels 0 to 255. μ, σ: mean and standard deviation of the training
    set.
    """

    page: ClassVar[str] = "Data"
    for_pixels: ClassVar[bool] = False  # whether it assumes values from 0 to 255
    is_fitted: ClassVar[bool] = False  # whether it depends on the training set

    def fit(self, inputs: "np.ndarray", rows: "np.ndarray") -> Affine:
        """Fit the map to the inputs (N, …) at `rows` (n,), the training set."""
        from core.data.statistics import statistics

        stats = statistics(inputs, rows, per=getattr(self, "per", "set"))
        multiply, add = self.map(stats)
        raw = stats.combined
        after = multiply * stats.mean + add  # the mean of x' at each place
        squares = (multiply**2 * stats.square / stats.count + after**2).mean()
        middle = float(after.mean())
        return Affine(
            multiply if stats.mean.ndim else float(multiply),
            add if stats.mean.ndim else float(add),
            mean=float(raw.mean),
            std=float(raw.std),
            after_mean=middle,
            after_std=math.sqrt(max(float(squares) - middle**2, 0.0)),
            rms=math.sqrt(float(squares)),
            constant=int((stats.low == stats.high).sum()) if stats.mean.ndim else 0,
            std_n=math.sqrt(float(raw.square) / raw.count),
        )

    def map(self, stats: "Statistics") -> "tuple[Any, Any]":
        """Return (multiply, add) for training values with these statistics."""
        raise NotImplementedError


class Raw(Normalization):
    """Leaves values unchanged, pixels from 0 to 255. Large inputs cause large gradients, so the
    learning rate must be small.
    """

    kind: Literal["none"] = "none"
    label: ClassVar[str] = "None"
    formula: ClassVar[str] = r"x' = x"
    source: ClassVar[str] = "LeCun, Bottou, Orr & Müller 1998 (on the effect of input scale)"
    technique: ClassVar[str] = "D7"

    def map(self, stats: "Statistics") -> tuple[float, float]:
        return 1.0, 0.0


class Unit(Normalization):
    """Maps pixel values to the range 0 to 1."""

    kind: Literal["unit"] = "unit"
    label: ClassVar[str] = "Divide by 255"
    for_pixels: ClassVar[bool] = True
    formula: ClassVar[str] = r"x' = x / 255"
    source: ClassVar[str] = "torchvision (ToTensor)"
    technique: ClassVar[str] = "D7"

    def map(self, stats: "Statistics") -> tuple[float, float]:
        return 1 / 255, 0.0


class MinMax(Normalization):
    """Maps the smallest training value to l and the largest to u. Validation and test values may
    be outside this range. Constant values become l.
    """

    kind: Literal["min_max"] = "min_max"
    label: ClassVar[str] = "Min-max"
    is_fitted: ClassVar[bool] = True
    formula: ClassVar[str] = r"x' = l + (u - l)\,\frac{x - \min}{\max - \min}"
    source: ClassVar[str] = "Han, Kamber & Pei 2011"
    technique: ClassVar[str] = "D7"
    low: float = ranged(
        0.0, -1e3, 1e3, symbol="l", label="Minimum", help="Target of the smallest value."
    )
    high: float = ranged(
        1.0, -1e3, 1e3, symbol="u", label="Maximum", help="Target of the largest value."
    )
    per: Per = ranged("set", label="Fit per", help=_PER)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError(
                f"l is {short(self.low, 6)} and u is {short(self.high, 6)}: l must be smaller "
                "than u"
            )
        return self

    def map(self, stats: "Statistics") -> "tuple[Any, Any]":
        width = stats.high - stats.low
        multiply = (self.high - self.low) / _nonzero(width)
        return multiply, self.low - multiply * stats.low

    @property
    def summary(self) -> str:
        return f"{self.label} to [{short(self.low, 6)}, {short(self.high, 6)}]"


class Standardize(Normalization):
    """Maps training values to mean 0 and standard deviation 1, over all values or per channel or
    pixel. A pixel that never changes becomes 0.
    """

    kind: Literal["standardize"] = "standardize"
    label: ClassVar[str] = "Standardize"
    is_fitted: ClassVar[bool] = True
    formula: ClassVar[str] = (
        r"x' = \frac{x - \mu}{\sigma}, \qquad \sigma^2 = \tfrac{1}{N-1}\sum (x-\mu)^2"
    )
    source: ClassVar[str] = "LeCun, Bottou, Orr & Müller 1998 (Efficient BackProp)"
    technique: ClassVar[str] = "D7"
    per: Per = ranged("set", label="Fit per", help=_PER)

    def map(self, stats: "Statistics") -> "tuple[Any, Any]":
        multiply = 1 / _nonzero(stats.std)
        return multiply, -stats.mean * multiply

    @property
    def summary(self) -> str:
        return self.label if self.per == "set" else f"{self.label} per {self.per}"


class Center(Normalization):
    """Subtracts the mean of the training values, over all values or per channel or pixel; their
    size stays as it is.
    """

    kind: Literal["center"] = "center"
    label: ClassVar[str] = "Subtract the mean"
    is_fitted: ClassVar[bool] = True
    formula: ClassVar[str] = r"x' = x - \mu"
    source: ClassVar[str] = "LeCun, Bottou, Orr & Müller 1998 (Efficient BackProp)"
    technique: ClassVar[str] = "D7"
    per: Per = ranged("set", label="Fit per", help=_PER)

    def map(self, stats: "Statistics") -> "tuple[Any, Any]":
        return 0 * stats.mean + 1, -stats.mean

    @property
    def summary(self) -> str:
        return self.label if self.per == "set" else f"{self.label} per {self.per}"


class Fixed(Normalization):
    """Uses a fixed mean and standard deviation of pixels between 0 and 1 instead of fitting them.
    0.5 and 0.5 map pixels to the range −1 to 1.
    """

    kind: Literal["fixed"] = "fixed"
    label: ClassVar[str] = "Fixed"
    for_pixels: ClassVar[bool] = True
    formula: ClassVar[str] = r"x' = \frac{x/255 - m}{s}"
    source: ClassVar[str] = "PyTorch CIFAR-10 tutorial"
    technique: ClassVar[str] = "D7"
    mean: float = ranged(
        0.5, -1e3, 1e3, symbol="m", label="Mean", help="Subtracted from every pixel."
    )
    std: float = ranged(
        0.5, above=0, high=1e3, symbol="s", label="Standard deviation", help="Divides the result."
    )

    def map(self, stats: "Statistics") -> tuple[float, float]:
        return 1 / (255 * self.std), -self.mean / self.std

    @property
    def summary(self) -> str:
        return f"{self.label} {short(self.mean, 6)}, {short(self.std, 6)}"


def _nonzero(widths: "np.ndarray") -> "np.ndarray":
    """Replace widths of 0 by 1."""
    import numpy as np

    return np.where(widths > 0, widths, 1.0)
