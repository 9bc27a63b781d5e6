"""Ranges of values: a range as the list of its values, equally spaced or by equal factors. No
torch.
"""

from math import isfinite
from typing import Any

from pydantic_core import PydanticCustomError

from core.base.numbers import short

MAX_VALUES = 500
FIELDS = {"low", "high", "count", "log", "whole"}


def expand_range(values: Any) -> Any:
    """Return a list of values as it is, and expand {"low", "high", "count", "log", "whole"} to
    `count` values from low to high.

    Errors (pydantic, by type): no_values, unknown_range_field, range_ends, range_count,
    log_range_start.

    >>> expand_range({"low": 1, "high": 1000, "count": 4, "log": True})
    [1.0, 10.0, 100.0, 1000.0]
    >>> expand_range({"low": 1, "high": 9, "count": 3, "whole": True})
    [1, 5, 9]
    """
    if not isinstance(values, dict):
        if isinstance(values, (list, tuple)) and not values:
            raise refuse("no_values", "The list of values is empty. Enter at least one value.")
        return values
    if unknown := set(values) - FIELDS:
        raise refuse(
            "unknown_range_field",
            f"A range has no field {sorted(unknown)[0]!r}. Its fields are "
            f"{', '.join(sorted(FIELDS))}.",
        )
    low, high, count = values.get("low"), values.get("high"), values.get("count")
    if not all(_is_number(end) for end in (low, high)) or not low <= high:
        raise refuse(
            "range_ends",
            f"A range needs numbers low ≤ high, but low is {low!r} and high is {high!r}. Enter "
            "both.",
        )
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_VALUES:
        raise refuse(
            "range_count",
            f"A range needs a count from 1 to {MAX_VALUES}, but count is {count!r}. Enter a "
            "number such as 7.",
        )
    if values.get("log") and low <= 0:
        raise refuse(
            "log_range_start",
            f"A logarithmic range must start above 0, but low is {short(low)}. Enter a small "
            "positive number.",
        )
    fractions = [k / max(count - 1, 1) for k in range(count)]
    if values.get("log"):
        numbers = [float(f"{low * (high / low) ** part:.6g}") for part in fractions]
    else:
        numbers = [float(f"{low + (high - low) * part:.6g}") for part in fractions]
    return sorted({round(x) for x in numbers}) if values.get("whole") else numbers


def refuse(code: str, message: str) -> PydanticCustomError:
    """Return the error with which a validator refuses a value."""
    return PydanticCustomError(code, "{message}", {"message": message})


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
