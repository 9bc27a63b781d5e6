"""Missing-value codes: numbers such as −999 that stand for a value that was not measured.

A code is questioned, never replaced silently: the choice `missing_value` of a column marks it as
missing, before anything else looks at the column.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.base.finding import Action, Finding
from core.base.numbers import short, whole
from core.base.text import clip, counted
from core.data.inspection.column_cells import cells_of_column, to_numbers
from core.data.inspection.column_choices import column_keys
from core.data.inspection.columns import Columns
from core.data.reading import ColumnChoice
from core.data.spreadsheet.table import Table

ROUND = re.compile(r"9+|[1-9]0+|32767|32768|65535")  # digits of codes in use; −1 is one as well
VARIED = 8  # different other values of a column, in fewer of which nothing is far
FEWEST = 2  # rows with a code
FAR = 0.5  # times the range of the other values that a code is away from them
OFTEN = 2  # times as often as the other values on average
LISTED = 4  # columns that a sentence names


@dataclass(frozen=True)
class MissingCode:
    """A value of a column that looks like a code: `rows` have it, all others are from `low` to
    `high`.
    """

    value: float
    rows: int
    low: float
    high: float


def mark_missing(table: Table, choices: Mapping[int, ColumnChoice]) -> Table:
    """Return the table with the codes that were chosen for its columns as missing cells."""
    codes = {c: choice.missing_value for c, choice in choices.items()}
    codes = {c: code for c, code in codes.items() if code is not None}
    if not codes:
        return table
    is_float = table.values.dtype.kind == "f"
    values = np.array(table.values, table.values.dtype if is_float else np.float32)
    words = dict(table.words)
    for column, code in codes.items():
        if column in words:
            words[column] = np.where(to_numbers(words[column]) == code, "", words[column])
        else:
            cells = values[:, table.columns.index(column)]
            cells[cells == values.dtype.type(code)] = np.nan
    return replace(table, values=values, words=words)


def find_code(cells: np.ndarray) -> MissingCode | None:
    """Return the code among the numbers (N,), NaN where one is missing; None if there is none.

    It is the lowest or the highest value, repeated, and far from all others; a negative one among
    values that are not negative needs to be frequent or made of nines instead.
    """
    values, counts = np.unique(cells[~np.isnan(cells)], return_counts=True)
    if len(values) <= VARIED:
        return None
    for place, rest in ((0, slice(1, None)), (-1, slice(None, -1))):
        value, count, others = values[place], int(counts[place]), values[rest]
        if count < FEWEST or not _is_round(value):
            continue
        low, high = float(others[0]), float(others[-1])
        distance = max(low - value, value - high)
        is_only_negative = value < 0 <= low
        is_marked = "9" in f"{value:g}" or count >= OFTEN * counts[rest].mean()
        if (value != -1 and distance >= FAR * (high - low)) or (is_only_negative and is_marked):
            return MissingCode(float(value), count, low, high)
    return None


def _is_round(value: float) -> bool:
    digits = f"{abs(value):.10g}"
    return value == -1 or bool(ROUND.fullmatch(digits))


def check_codes(columns: Columns, name: str) -> list[Finding]:
    """Return the question whether repeated extreme values of the number columns mean "missing"."""
    found = {}
    for column in columns.indices:
        choice = columns.choice(column)
        if choice.missing_value is None and choice.text == "auto":
            cells = to_numbers(cells_of_column(columns, column))
            if _may_have_code(cells) and (code := find_code(cells)):
                found[column] = code
    if not found:
        return []
    width = max(*columns.indices, *columns.words, 0) + 1
    keys = column_keys(columns.header, len(columns.header) if columns.header else width)
    listed = [
        f"{short(code.value, 6)} in {clip(keys[column])!r} ({counted(code.rows, 'row')}; others "
        f"{short(code.low, 4)} to {short(code.high, 4)})"
        for column, code in found.items()
    ]
    if len(listed) > LISTED:
        listed = [*listed[:LISTED], f"and in {whole(len(listed) - LISTED)} more columns"]
    is_one = len(found) == 1
    text = (
        f"{name} has {'a value' if is_one else 'values'} that may mean “missing”: "
        f"{', '.join(listed)}. As {'a number, it distorts' if is_one else 'numbers, they distort'} "
        "the scale of the column."
    )
    changes = {}
    for column, code in found.items():
        changes[keys[column]] = {"missing_value": code.value}
        if columns.choice(column).missing == "auto":
            changes[keys[column]]["missing"] = "median_indicator"
    values = {short(code.value, 6) for code in found.values()}
    label = f"Read {values.pop()} as missing" if len(values) == 1 else "Read as missing"
    evidence = {
        "columns": [keys[column] for column in found],
        "values": [code.value for code in found.values()],
        "rows": [code.rows for code in found.values()],
    }
    return [Finding("missing_codes", "warn", text, evidence, Action(label, {"columns": changes}))]


def _may_have_code(cells: np.ndarray) -> bool:
    """Whether the lowest or the highest value is a round one, without sorting the column."""
    if not len(cells) or np.isnan(cells).all():
        return False
    return any(_is_round(float(pick(cells))) for pick in (np.nanmin, np.nanmax))
