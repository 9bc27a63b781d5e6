"""Normalizations: one multiply and one add for each value, fitted on the training part.

Choices only; no torch, and numpy where a fit needs it.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import model_validator

from core.base.spec import Choice, ranged

if TYPE_CHECKING:
    import numpy as np

    from core.data.statistics import Statistics

Per = Literal["set", "channel", "pixel"]
_PER = "The whole set alike, or every channel (column of a table), or every pixel, by itself."


@dataclass(frozen=True)
class Affine:
    """x' = multiply·x + add, numbers or arrays that broadcast against one input.

    `mean` and `std` (over N − 1) are those of the raw training values all together; `after_mean`
    and `after_std` (over N) those of x', and `rms` its root mean square, so that
    rms² = after_mean² + after_std². `constant`: places that never change in the training part.
    """

    multiply: "float | np.ndarray"
    add: "float | np.ndarray"
    mean: float
    std: float
    after_mean: float
    after_std: float
    rms: float
    constant: int = 0


class Normalization(Choice, family="normalization"):
    """x: a raw value, of a pixel 0 to 255. μ, σ: mean and standard deviation over the training
    part.
    """

    page: ClassVar[str] = "Data"
    for_pixels: ClassVar[bool] = False  # whether it assumes values from 0 to 255

    def fit(self, inputs: "np.ndarray", rows: "np.ndarray") -> Affine:
        """The map for `inputs` (N, …), from those at `rows` (n,), which no other part may touch."""
        from core.data.statistics import statistics

        found = statistics(inputs, rows, per=getattr(self, "per", "set"))
        multiply, add = self.map(found)
        raw = found.together
        after = multiply * found.mean + add  # the mean of x' at each place
        squares = (multiply**2 * found.square / found.count + after**2).mean()
        middle = float(after.mean())
        return Affine(
            multiply if found.mean.ndim else float(multiply),
            add if found.mean.ndim else float(add),
            mean=float(raw.mean),
            std=float(raw.std),
            after_mean=middle,
            after_std=math.sqrt(max(float(squares) - middle**2, 0.0)),
            rms=math.sqrt(float(squares)),
            constant=int((found.low == found.high).sum()) if found.mean.ndim else 0,
        )

    def map(self, found: "Statistics") -> "tuple[Any, Any]":
        """(multiply, add) for training values of these statistics."""
        raise NotImplementedError


class Raw(Normalization):
    """The values as they are, pixels from 0 to 255.

    Large inputs make large gradients: the learning rate must be small.
    """

    kind: Literal["none"] = "none"
    label: ClassVar[str] = "None"
    formula: ClassVar[str] = r"x' = x"
    source: ClassVar[str] = "deck A"
    technique: ClassVar[str] = "D7"

    def map(self, found: "Statistics") -> tuple[float, float]:
        return 1.0, 0.0


class Unit(Normalization):
    """Pixel values from 0 to 1."""

    kind: Literal["unit"] = "unit"
    label: ClassVar[str] = "Divide by 255"
    for_pixels: ClassVar[bool] = True
    formula: ClassVar[str] = r"x' = x / 255"
    source: ClassVar[str] = "deck A"
    technique: ClassVar[str] = "D7"

    def map(self, found: "Statistics") -> tuple[float, float]:
        return 1 / 255, 0.0


class MinMax(Normalization):
    """The smallest training value becomes l and the largest u.

    Values of the other parts may fall outside. Where all values are equal they become l.
    """

    kind: Literal["min_max"] = "min_max"
    label: ClassVar[str] = "Min-max"
    formula: ClassVar[str] = r"x' = l + (u - l)\,\frac{x - \min}{\max - \min}"
    source: ClassVar[str] = "Han, Kamber & Pei 2011; deck B"
    technique: ClassVar[str] = "D7"
    low: float = ranged(0.0, -1e3, 1e3, symbol="l", help="What the smallest value becomes.")
    high: float = ranged(1.0, -1e3, 1e3, symbol="u", help="What the largest value becomes.")
    per: Per = ranged("set", label="One map for each", help=_PER)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"l is {self.low:g} and u {self.high:g}: make l the smaller one")
        return self

    def map(self, found: "Statistics") -> "tuple[Any, Any]":
        width = found.high - found.low
        multiply = (self.high - self.low) / _filled(width)
        return multiply, self.low - multiply * found.low

    @property
    def summary(self) -> str:
        return f"{self.label} to [{self.low:g}, {self.high:g}]"


class Standardize(Normalization):
    """Mean 0 and standard deviation 1 over all training values together, or for each channel or
    pixel by itself.

    A pixel that never changes has no deviation: it is centred, and stays 0.
    """

    kind: Literal["standardize"] = "standardize"
    label: ClassVar[str] = "Standardize"
    formula: ClassVar[str] = (
        r"x' = \frac{x - \mu}{\sigma}, \qquad \sigma^2 = \tfrac{1}{N-1}\sum (x-\mu)^2"
    )
    source: ClassVar[str] = "LeCun, Bottou, Orr & Müller 1998 (Efficient BackProp)"
    technique: ClassVar[str] = "D7"
    per: Per = ranged("set", label="One map for each", help=_PER)

    def map(self, found: "Statistics") -> "tuple[Any, Any]":
        multiply = 1 / _filled(found.std)
        return multiply, -found.mean * multiply

    @property
    def summary(self) -> str:
        return self.label if self.per == "set" else f"{self.label} each {self.per}"


class Fixed(Normalization):
    """A mean and a deviation that are given, of pixels from 0 to 1; nothing is fitted.

    0.5 and 0.5 make pixels run from −1 to 1.
    """

    kind: Literal["fixed"] = "fixed"
    label: ClassVar[str] = "Fixed"
    for_pixels: ClassVar[bool] = True
    formula: ClassVar[str] = r"x' = \frac{x/255 - m}{s}"
    source: ClassVar[str] = "PyTorch's CIFAR-10 tutorial; deck C"
    technique: ClassVar[str] = "D7"
    mean: float = ranged(0.5, -1e3, 1e3, symbol="m", help="Taken from every pixel.")
    std: float = ranged(
        0.5, above=0, high=1e3, symbol="s", help="Then divides it.", label="Deviation"
    )

    def map(self, found: "Statistics") -> tuple[float, float]:
        return 1 / (255 * self.std), -self.mean / self.std

    @property
    def summary(self) -> str:
        return f"{self.label} {self.mean:g}, {self.std:g}"


def _filled(widths: "np.ndarray") -> "np.ndarray":
    """1 where there is no width to divide by."""
    import numpy as np

    return np.where(widths > 0, widths, 1.0)
