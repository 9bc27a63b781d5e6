"""Joining: bring the rows of two tables together by a column of identifiers that both have."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.text import clip
from core.data.inspection.column_choices import column_keys
from core.data.inspection.identifiers import is_distinct
from core.data.inspection.sample_kind import title
from core.data.inspection.titles import is_key_title, normalized
from core.data.inspection.unlikely_labels import cells_of
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table

_OR_BY_POSITION = ", or leave the column out to pair the rows by position"
ENDS = 2  # columns at either end of a table in which identifiers are looked for


@dataclass(frozen=True)
class Join:
    """Row i of the inputs belongs to row `order[i]` of the labels, by the columns `columns`."""

    columns: tuple[int, int]
    order: np.ndarray
    finding: Finding


def join_tables(
    inputs: Table, labels: Table, candidates: tuple[list[int], list[int]]
) -> Join | None:
    """Join two tables on a column with the same identifiers, or of the same identifier's title.

    None if they have none in common. Raises BadData if identifiers repeat or differ.
    """
    if labels.width < 2:
        return None
    left, right = (
        [c for c in columns if c in (*columns[:ENDS], *columns[-ENDS:]) or _is_key(table, c)]
        for table, columns in zip((inputs, labels), candidates, strict=True)
    )
    for a in left:
        for b in right:
            if _has_same_title(inputs, a, labels, b):
                return _join(inputs, a, labels, b)
    for a in (a for a in left if is_distinct(inputs, a)):
        for b in (b for b in right if is_distinct(labels, b)):
            titled = _is_key(inputs, a) or _is_key(labels, b)
            if (titled or a == left[0]) and _agree(inputs, a, labels, b):
                return _join(inputs, a, labels, b)
    return None


def _agree(inputs: Table, a: int, labels: Table, b: int) -> bool:
    """Whether two columns have the same values; of two identifiers' titles, most of them."""
    one, two = set(_keys(inputs, a)), set(_keys(labels, b))
    both = _is_key(inputs, a) and _is_key(labels, b)
    return one == two or (both and 2 * len(one & two) > max(len(one), len(two)))


def _is_key(table: Table, column: int) -> bool:
    return table.header is not None and is_key_title(table.header[column])


def _has_same_title(inputs: Table, a: int, labels: Table, b: int) -> bool:
    both = _is_key(inputs, a) and _is_key(labels, b)
    return both and normalized(inputs.header[a]) == normalized(labels.header[b])


def _texts(table: Table, column: int) -> list[str]:
    """Return identifiers as in the file: 7 for 7.0."""
    cells = cells_of(table, column).tolist()
    return [str(int(c)) if isinstance(c, float) and c % 1 == 0 else str(c).strip() for c in cells]


def _keys(table: Table, column: int) -> list[str]:
    """Return identifiers that can be compared: 7 for 007, unless this makes two of them equal."""
    texts = _texts(table, column)
    numbers = [str(int(text)) if text.isdecimal() else text for text in texts]
    return numbers if len(set(numbers)) == len(set(texts)) else texts


def _join(inputs: Table, a: int, labels: Table, b: int) -> Join:
    one, two = _keys(inputs, a), _keys(labels, b)
    for table, column, keys in ((inputs, a, one), (labels, b, two)):
        _refuse_repeats(table, column, keys, fits=len(one) == len(two))
    rows = {key: row for row, key in enumerate(two)}
    _refuse_missing(inputs, a, one, set(two), labels)
    _refuse_missing(labels, b, two, set(one), inputs)
    order = np.array([rows[key] for key in one])
    moved = int((order != np.arange(len(order))).sum())
    text = f"Each row has the label with its identifier, from {_place(inputs, a)} of {inputs.name}"
    text += (
        f": {labels.name} lists {moved} of {len(order)} rows in another place."
        if moved
        else f"; {labels.name} lists the rows in the same order."
    )
    evidence = {"rows": len(order), "moved": moved, "columns": [a + 1, b + 1]}
    return Join((a, b), order, Finding("joined", "info" if moved else "ok", text, evidence))


def _refuse_repeats(table: Table, column: int, keys: list[str], *, fits: bool) -> None:
    """Raise BadData for an identifier that occurs twice; `fits`: rows may be paired by position."""
    first: dict[str, int] = {}
    numbers = table.row_numbers
    for row, key in enumerate(keys):
        if key in first:
            text = clip(_texts(table, column)[row])
            raise BadData(
                f"{table.name}, rows {numbers[first[key]]} and {numbers[row]} have the same "
                f"identifier {text!r} in {_place(table, column)}, so the two files cannot be "
                f"joined by it. Remove one of these rows{_OR_BY_POSITION if fits else ''}.",
                (_without(table, column),) if fits else (),
                code="ids_repeat",
            )
        first[key] = row


def _refuse_missing(
    table: Table, column: int, keys: list[str], others: set[str], other: Table
) -> None:
    missing = next((row for row, key in enumerate(keys) if key not in others), None)
    fits = len(table) == len(other)
    if missing is None:
        return
    text = clip(_texts(table, column)[missing])
    raise BadData(
        f"{table.name}, row {table.row_numbers[missing]} has the identifier {text!r} in "
        f"{_place(table, column)}, which {other.name} does not contain. Provide one row for each "
        f"identifier in both files{_OR_BY_POSITION if fits else ''}.",
        (_without(table, column),) if fits else (),
        code="ids_differ",
    )


def _without(table: Table, column: int) -> dict[str, Any]:
    """Return the change of a Reading that leaves the column out."""
    return {"columns": {column_keys(table.header, table.width)[column]: {"role": "ignore"}}}


def _place(table: Table, column: int) -> str:
    return column_name(column, table.sheet_column) + title(table.header, column)
