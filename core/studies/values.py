"""Spread: a range as the list of its values, evenly apart or by equal factors. Knows no torch."""

from math import isfinite
from typing import Any

from core.base.numbers import short

MOST = 500
FIELDS = {"low", "high", "count", "log", "whole"}


def spread(given: Any) -> Any:
    """Values as they are; {"low", "high", "count", "log", "whole"} becomes a list of `count` values
    from low to high. ValueError says what is wrong with a range.

    >>> spread({"low": 1, "high": 1000, "count": 4, "log": True})
    [1.0, 10.0, 100.0, 1000.0]
    >>> spread({"low": 1, "high": 9, "count": 3, "whole": True})
    [1, 5, 9]
    """
    if not isinstance(given, dict):
        if isinstance(given, (list, tuple)) and not given:
            raise ValueError("it needs at least one value: write one.")
        return given
    if unknown := set(given) - FIELDS:
        raise ValueError(
            f"a range has no {sorted(unknown)[0]!r}: it has {', '.join(sorted(FIELDS))}."
        )
    low, high, count = given.get("low"), given.get("high"), given.get("count")
    if not all(_number(value) for value in (low, high)) or not low <= high:
        raise ValueError("a range needs numbers low and high, low not above high: write both.")
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST:
        raise ValueError(f"a range needs a count from 1 to {MOST}: write one such as 7.")
    if given.get("log") and low <= 0:
        raise ValueError(f"a range by equal factors begins above 0, but low is {short(low)}.")
    parts = [k / max(count - 1, 1) for k in range(count)]
    if given.get("log"):
        values = [float(f"{low * (high / low) ** part:.6g}") for part in parts]
    else:
        values = [float(f"{low + (high - low) * part:.6g}") for part in parts]
    return sorted({round(value) for value in values}) if given.get("whole") else values


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
