"""Differences of two results, with 95 % intervals, and how they are written."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from core.base.numbers import short
from core.base.rates import Z


def points(difference: float) -> str:
    """Format a difference of error rates.

    >>> [points(v) for v in (0.0056, 0.0123, 0.01)]
    ['0.56 percentage points', '1.2 percentage points', '1 percentage point']
    """
    value = short(100 * difference)
    return f"{value} percentage point{'s' * (value != '1')}"


def sampling_interval(ours: float, theirs: float, samples: int) -> float:
    """Return half the width of the 95 % interval of the difference of two error rates, each
    measured on this many samples. On the same samples errors are alike, so it is rather wide.
    """
    return Z * sqrt(sum(p * (1 - p) for p in (ours, theirs)) / samples)


def signed_points(difference: float) -> str:
    """Format a difference of error rates with its sign, in percentage points.

    >>> [signed_points(v).replace("\u2212", "-") for v in (0.0123, -0.004, 0.0)]
    ['+1.23', '-0.40', '0.00']
    """
    return signed(100 * difference, 2)


def signed(value: float, decimals: int) -> str:
    """Format a number with its sign; what is rounded to 0 has none."""
    text = f"{abs(value):.{decimals}f}"
    sign = "" if float(text) == 0 else "\u2212" if value < 0 else "+"
    return f"{sign}{text}"


def paired_interval(differences: Sequence[float], step: float = 0.0) -> float:
    """Return half the width of the 95 % interval of the mean of paired differences (Student 1908):
    t·s/√k, where t is the 97.5 % quantile of Student's distribution for k − 1 degrees of freedom.
    There are two or more differences.

    Error rates of n samples have steps of 1/n. With this `step`, s is at least step/√6, the
    standard deviation of the difference of two rounded values: a few pairs whose differences are
    alike by such steps prove nothing.
    """
    spread = max(stdev(differences), step / sqrt(6))
    return _quantile(len(differences) - 1) * spread / sqrt(len(differences))


def mean_difference(differences: Sequence[float], step: float = 0.0) -> list[float]:
    """Return the mean of two or more paired differences and the ends of its 95 % interval; for
    `step` see `paired_interval`.
    """
    mean, half = fmean(differences), paired_interval(differences, step)
    return [mean, mean - half, mean + half]


def welch_interval(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return half the width of the 95 % interval of the difference of two means (Welch 1947). Each
    side has two or more values.

    t·√(v₁ + v₂) with v = s²/n, where t is the 97.5 % quantile of Student's distribution for
    ν = (v₁ + v₂)² / (v₁²/(n₁ − 1) + v₂²/(n₂ − 1)) degrees of freedom.
    """
    v, w = (stdev(values) ** 2 / len(values) for values in (ours, theirs))
    if v + w == 0:
        return 0.0
    freedom = (v + w) ** 2 / (v**2 / (len(ours) - 1) + w**2 / (len(theirs) - 1))
    return _quantile(freedom) * sqrt(v + w)


def _quantile(freedom: float) -> float:
    """Return the 97.5 % quantile of Student's distribution."""
    from scipy.special import stdtrit  # 0.4 s, which pages without a comparison do not wait for

    return float(stdtrit(freedom, 0.975))
