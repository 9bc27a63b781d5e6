"""Rates of classes with their 95 % intervals (core/base/rates.py), and as text."""

from core.base.numbers import MISSING
from core.base.rates import Rate, rate
from core.runs.measured import describe_rate


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

    >>> as_text(None)
    '–'
    """
    return MISSING if value is None else describe_rate(value)
