"""The kinds of dimensions: ranges of numbers, each on its scale, and lists of options."""

from math import log10
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from core.base.numbers import short
from core.studies.search.space import Dimension
from core.studies.values import refuse

DIGITS = 4  # significant digits of a drawn number
Option = bool | int | float | str


class NumberRange(Dimension):
    """A range of numbers on a scale."""

    low: float
    high: float

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if not self.low < self.high:
            raise refuse(
                "range_ends",
                f"The range of {self.path} needs low < high, but low is {short(self.low, 6)} and "
                f"high is {short(self.high, 6)}. Enter two different numbers.",
            )
        self._check_scale()
        return self

    def _check_scale(self) -> None:
        """Raise a pydantic error where the scale does not have these numbers."""

    def _scaled(self, value: float) -> float:
        return value

    def _unscaled(self, value: float) -> float:
        return value

    def rounded(self, value: float) -> float:
        """Return the number with few digits, within the range."""
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)

    def at(self, fraction: float) -> float:
        if fraction in (0, 1):
            return self.high if fraction else self.low
        low, high = self._scaled(self.low), self._scaled(self.high)
        return self.rounded(self._unscaled(low + (high - low) * fraction))

    def fraction(self, value: float) -> float:
        low, high = self._scaled(self.low), self._scaled(self.high)
        return (self._scaled(value) - low) / (high - low)

    def accepts(self, value: Any) -> bool:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and self.low <= value <= self.high

    @property
    def summary(self) -> str:
        return f"{self.title} {short(self.low, 3)} … {short(self.high, 3)}"


class UniformRange(NumberRange):
    """Numbers between two limits, all equally likely."""

    kind: Literal["uniform"] = "uniform"
    label: ClassVar[str] = "Uniform"
    formula: ClassVar[str] = r"v \sim U(\mathrm{low}, \mathrm{high})"
    source: ClassVar[str] = "Bergstra & Bengio 2012"


class LogRange(NumberRange):
    """Positive numbers between two limits, every power of ten equally likely: for settings that act
    by their factor, such as the learning rate.
    """

    kind: Literal["log"] = "log"
    label: ClassVar[str] = "Logarithmic"
    formula: ClassVar[str] = r"v = 10^k,\; k \sim U(\log_{10}\mathrm{low}, \log_{10}\mathrm{high})"
    source: ClassVar[str] = "Bergstra & Bengio 2012"

    def _check_scale(self) -> None:
        if self.low <= 0:
            raise refuse(
                "log_range_start",
                f"The logarithmic range of {self.path} must start above 0, but low is "
                f"{short(self.low, 6)}. Enter a small positive number.",
            )

    def _scaled(self, value: float) -> float:
        return log10(value)

    def _unscaled(self, value: float) -> float:
        return 10**value


class OneMinusLogRange(NumberRange):
    """Numbers below 1 whose distance to 1 is logarithmic: for decay factors such as β, where 0.9
    averages over 10 steps and 0.999 over 1000.
    """

    kind: Literal["one_minus_log"] = "one_minus_log"
    label: ClassVar[str] = "Logarithmic distance to 1"
    formula: ClassVar[str] = r"v = 1 - 10^k,\; k \sim U(\log_{10}(1-\mathrm{high}), \log_{10}(1-\mathrm{low}))"  # fmt: skip  # noqa: E501
    source: ClassVar[str] = "Bengio 2012"

    def _check_scale(self) -> None:
        if self.high >= 1:
            raise refuse(
                "one_minus_log_end",
                f"The range of {self.path} must end below 1, but high is {short(self.high, 6)}. "
                "Enter a number such as 0.999.",
            )

    def _scaled(self, value: float) -> float:
        return -log10(1 - value)

    def _unscaled(self, value: float) -> float:
        return 1 - 10**-value

    def rounded(self, value: float) -> float:
        gap = float(f"{1 - value:.{DIGITS}g}")
        return min(max(float(f"{1 - gap:.12g}"), self.low), self.high)


class WholeRange(NumberRange):
    """Whole numbers between two limits, on a plain or a logarithmic scale."""

    kind: Literal["whole"] = "whole"
    label: ClassVar[str] = "Whole numbers"
    source: ClassVar[str] = "Bergstra & Bengio 2012"
    low: int
    high: int
    log: bool = Field(False, description="Whether every factor is equally likely.")

    def _check_scale(self) -> None:
        if self.log and self.low < 1:
            raise refuse(
                "log_range_start",
                f"The logarithmic range of {self.path} must start above 0, but low is {self.low}. "
                "Enter a whole number of at least 1.",
            )

    def _scaled(self, value: float) -> float:
        return log10(value) if self.log else value

    def _unscaled(self, value: float) -> float:
        return 10**value if self.log else value

    def rounded(self, value: float) -> int:
        return min(max(round(value), self.low), self.high)

    def at(self, fraction: float) -> int:
        """Every whole number has the same share of a plain range, also the first and the last."""
        if self.log:
            return self.rounded(super().at(fraction))
        return min(self.low + int(fraction * (self.high - self.low + 1)), self.high)

    def accepts(self, value: Any) -> bool:
        return isinstance(value, int) and super().accepts(value)


def _listed(values: Any) -> Any:
    """Refuse an empty list, and one that has a value twice."""
    if isinstance(values, (list, tuple)):
        if len(values) < 2:
            raise refuse("too_few_options", "A list of options needs at least 2. Add another one.")
        if twice := [str(v)[:40] for k, v in enumerate(values) if v in values[:k]]:
            raise refuse("duplicate_option", f"The option {twice[0]} is listed twice. Remove one.")
    return values


class OptionList(Dimension):
    """Some options of a choice, all equally likely: kinds of optimizers, of activations, or on and
    off.
    """

    kind: Literal["options"] = "options"
    label: ClassVar[str] = "Options"
    source: ClassVar[str] = "Bergstra & Bengio 2012"
    values: Annotated[tuple[Option, ...], BeforeValidator(_listed), Field(max_length=40)]

    def at(self, fraction: float) -> Option:
        return self.values[min(int(fraction * len(self.values)), len(self.values) - 1)]

    def fraction(self, value: Any) -> float:
        return (self.values.index(value) + 0.5) / len(self.values)

    def accepts(self, value: Any) -> bool:
        return value in self.values

    @property
    def ends(self) -> tuple[Any, ...]:
        return self.values

    @property
    def summary(self) -> str:
        return f"{self.title} {', '.join(str(value).lower() for value in self.values)}"
