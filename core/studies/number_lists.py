"""Several values of one number as text: a list such as "0.1, 0.01, 0.001" or a range such as
"0.001 … 0.1, 5 values". No torch.
"""

import re
from collections.abc import Sequence

from pydantic_core import PydanticCustomError

from core.base.errors import BadExperiment
from core.base.numbers import short
from core.base.spec import FieldFacts
from core.studies.values import expand_range

COUNT = 5  # values of a range without a count
RANGE = re.compile(r"(.+?)\s*(?:…|\.{3}|\bto\b)\s*([^\s,;]+?)(?:\s*(?:,|;|\bin\b)\s*(\d{1,3})\D*)?")
EXAMPLE = "Write a list such as 0.1, 0.01 or a range such as 0.01 … 0.1, 3 values."


def is_number(fact: FieldFacts) -> bool:
    """Whether the field holds a number that can take several values."""
    return fact.type in (int, float) and not fact.options


def parse_numbers(
    text: str, fact: FieldFacts, *, decimal_comma: bool = True
) -> list[int | float] | None:
    """Return the different values of a list or a range, in their order; None for a single entry.
    A range is spaced by equal factors where the field is logarithmic. A lone comma between digits
    is a decimal comma for fractions. Raises BadExperiment (not_a_number, or as `expand_range`).

    >>> from core.optim.optimizers import SGD
    >>> from core.base.spec import fields
    >>> rate = fields(SGD)[0]
    >>> parse_numbers("0.1, 0.01, 1e-3", rate), parse_numbers("0.001 … 0.1, 3 values", rate)
    ([0.1, 0.01, 0.001], [0.001, 0.01, 0.1])
    >>> parse_numbers("0,1", rate), parse_numbers("0,1; 0,01", rate)
    (None, [0.1, 0.01])
    """
    text = text.strip().replace("−", "-")
    if match := RANGE.fullmatch(text):
        low, high = (_parse(part, fact, text) for part in match.groups()[:2])
        return _distinct(_expand(low, high, int(match[3] or COUNT), fact, text))
    parts = _split(text, fact, decimal_comma=decimal_comma)
    return None if len(parts) < 2 else _distinct(_parse(part, fact, text) for part in parts)


def _split(text: str, fact: FieldFacts, *, decimal_comma: bool) -> list[str]:
    parts = [part for part in re.split(r"\s*;\s*|,\s+|[ \t]+", text) if part]
    if len(parts) > 1 or "," not in text:
        return parts
    is_one = fact.type is float and decimal_comma and "." not in text
    grouped = re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", text)  # 1,000,000 may be one number
    if is_one and (text.count(",") == 1 or grouped):
        return parts
    return [part for part in text.split(",") if part]


def _parse(text: str, fact: FieldFacts, whole: str) -> int | float:
    """Return one value. Whole numbers may be written as 1e3."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        raise BadExperiment(
            f"{fact.label} “{whole[:60]}”: “{text.strip()[:20]}” is not a number. {EXAMPLE}",
            code="not_a_number",
        ) from None
    return int(number) if fact.type is int and number == round(number) else number


def _expand(low: float, high: float, count: int, fact: FieldFacts, text: str) -> list[int | float]:
    values = {"low": low, "high": high, "count": count, "log": fact.log and low > 0}
    try:
        return expand_range(values | {"whole": fact.type is int})
    except PydanticCustomError as error:
        raise BadExperiment(
            f"{fact.label} “{text[:60]}” is not a valid range. {error.message()}", code=error.type
        ) from None


def _distinct(values) -> list[int | float]:
    return list(dict.fromkeys(values))


def format_numbers(values: Sequence[int | float]) -> str:
    """Return values as `parse_numbers` reads them.

    >>> format_numbers([0.1, 0.001, 64])
    '0.1, 1e-3, 64'
    """
    return ", ".join(short(v, 4) if isinstance(v, float) else str(v) for v in values)
