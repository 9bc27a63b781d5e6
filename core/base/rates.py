"""Rates with their 95 % intervals: fractions of counted samples, and differences of two of them."""

from math import hypot, sqrt

Z = 1.959963984540054  # the standard normal quantile at 97.5 %
Rate = list[float]  # value, lower and upper end of the interval, as plain data


def rate(count: float, total: float) -> Rate | None:
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


def difference(first: Rate, second: Rate) -> Rate:
    """Return second − first of two independent estimates with its 95 % interval, from theirs
    (Newcombe 1998, method 10).

    >>> [round(v, 4) for v in difference([0.357, 0.248, 0.4823], [0.4, 0.3, 0.51])]
    [0.043, -0.1173, 0.1979]
    """
    (a, a_low, a_high), (b, b_low, b_high) = first, second
    return [b - a, b - a - hypot(b - b_low, a_high - a), b - a + hypot(b_high - b, a - a_low)]
