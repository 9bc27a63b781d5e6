"""The final scores of a run with their 95 % intervals, as errors: fractions of wrong predictions,
or RMSE in the unit of the target. Pure functions of History.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt
from statistics import fmean, pstdev
from typing import Self

from core.base.events import Scores, error
from core.base.numbers import THIN, short
from core.base.rates import Rate, Z, rate
from core.runs.history import History
from core.runs.score import Form, is_regression

GAUSSIAN = sqrt(2)  # relative standard deviation of the squared errors, if those are normal
NAMES = {"train": "training", "validation": "validation", "test": "test"}  # in a sentence
FEW = 10  # predictions below which this value is assumed


@dataclass(frozen=True)
class Measured:
    """An error on `samples` samples. `scatter` is the relative standard deviation of the squared
    errors of values, None for classes. `std` is the standard deviation of the training targets.
    """

    error: float
    samples: int
    scatter: float | None = None
    std: float = 1.0

    @property
    def regression(self) -> bool:
        return self.scatter is not None

    @property
    def interval(self) -> Rate:
        """The error with the ends of its interval: Wilson's for a fraction of wrong predictions;
        for values log-normal, since MSE has the relative standard error scatter / √samples.
        """
        if self.scatter is None:
            return rate(self.error * self.samples, self.samples)
        factor = exp(Z * self.scatter / sqrt(self.samples) / 2)  # RMSE is √MSE
        return [self.error, self.error / factor, self.error * factor]

    def with_samples(self, samples: int) -> Self:
        """Return the same error, measured on another number of samples."""
        return type(self)(self.error, samples, self.scatter, self.std)

    def in_form(self, form: Form) -> Rate:
        """Return the score and the ends of its interval: accuracy, or R² for values."""
        if form == "error":
            return self.interval
        value, low, high = (self._accuracy(end) for end in self.interval)
        return [value, high, low]

    def _accuracy(self, error: float) -> float:
        return 1 - (error / self.std) ** 2 if self.regression else 1 - error

    def describe(self, form: Form, *, interval: bool = True) -> str:
        """Return the score as text, with its interval: "98.7 % (98.4 to 98.9)"."""
        return describe_rate(self.in_form(form), percent=not self.regression, interval=interval)


def describe_rate(value: Rate, *, percent: bool = True, interval: bool = True) -> str:
    """Return a value as text, with its interval. More digits where the interval is narrow; alone,
    a whole percentage has none.

    >>> describe_rate([0.987, 0.9841, 0.9889]).replace(THIN, " ")
    '98.7 % (98.4 to 98.9)'
    >>> describe_rate([0.00231, 0.0022, 0.0024], interval=False).replace(THIN, " ")
    '0.23 %'
    >>> describe_rate([0.354, 0.31, 0.4021], percent=False)
    '0.354 (0.31 to 0.402)'
    """
    if percent:
        digits = 2 if value[2] - value[1] < 0.002 else 1
        middle, low, high = (f"{100 * v:.{digits}f}" for v in value)
        middle = f"{middle.removesuffix('.0')}{THIN}%"  # as in the tiles
    else:
        middle, low, high = (short(v, 3) for v in value)
    return f"{middle} ({low} to {high})" if interval else middle


def measure_parts(history: History) -> dict[str, Measured]:
    """Return the error of each part that was measured: "train", "validation" and "test" of the
    weights that the run keeps, or of the best epoch of a run that was stopped.
    """
    parts = {name: scores_of(history, name) for name in ("train", "validation", "test")}
    sizes = history.started.sizes if history.started else {}
    scatter = squared_scatter(history.ended.predictions if history.ended else ())
    return {
        name: measured(scores, sizes[name], std=history.target_std, scatter=scatter)
        for name, scores in parts.items()
        if error(scores) is not None and sizes.get(name)
    }


def scores_of(history: History, part: str) -> Scores | None:
    """Return the scores of a part at the end, else those of the best or the last epoch."""
    if history.ended and getattr(history.ended, part):
        return getattr(history.ended, part)
    row = -1 if history.best is None else history.best
    return getattr(history.epochs[row], part, None) if history.epochs else None


def measured(scores: Scores, samples: int, *, std: float, scatter: float) -> Measured:
    """Return the error of these scores; `std` and `scatter` count for values only."""
    wrong = error(scores)
    if not is_regression(scores):
        return Measured(wrong, samples)
    return Measured(std * sqrt(max(wrong, 0.0)), samples, scatter, std)


def squared_scatter(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the relative standard deviation of the squared errors of (true, predicted) values."""
    squares = [(true - predicted) ** 2 for true, predicted in pairs]
    if len(squares) < FEW or not fmean(squares):
        return GAUSSIAN
    return pstdev(squares) / fmean(squares)
