"""Rates with their 95 % intervals: fractions of counted samples."""

from math import sqrt

from core.base.numbers import MISSING, THIN

Z = 1.959963984540054  # the standard normal quantile at 97.5 %
Rate = list[float]  # value, lower and upper end of the interval, as plain data


def rate(count: int, total: int) -> Rate | None:
    """Return the fraction count / total with its 95 % Wilson interval (Wilson 1927); None of 0.

    The interval are all p with |count − total·p| ≤ z·√(total·p(1 − p)): it stays within [0, 1] and
    is not empty where count is 0 or total.

    >>> [round(v, 4) for v in rate(9, 10)]
    [0.9, 0.5958, 0.9821]
    """
    if not total:
        return None
    centre = (count + Z**2 / 2) / (total + Z**2)
    half = Z / (total + Z**2) * sqrt(count * (total - count) / total + Z**2 / 4)
    low = centre - half if count else 0.0
    high = centre + half if count < total else 1.0
    return [count / total, low, high]


def f1_rate(both: int, either: int) -> Rate | None:
    """Return F1 with a 95 % interval; `both` samples are of the class and predicted as it, `either`
    are one of the two. None if there are none.

    F1 = 2J / (1 + J) is a growing function of J = both / either, which is a fraction of counted
    samples: the ends of its Wilson interval are those of F1.
    """
    fraction = rate(both, either)
    return fraction and [2 * j / (1 + j) for j in fraction]


def as_text(value: Rate | None) -> str:
    """Return a rate with its interval as text.

    >>> as_text([0.9, 0.5958, 0.9821]).replace(THIN, " ")
    '90.0 % (59.6 to 98.2)'
    """
    if value is None:
        return MISSING
    middle, low, high = (f"{100 * v:.1f}" for v in value)
    return f"{middle}{THIN}% ({low} to {high})"
