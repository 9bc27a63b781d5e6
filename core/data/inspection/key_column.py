"""Key column: a column by which the rows are split, such as a patient, a date or an identifier."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite, isnan

import numpy as np

from core.base.errors import BadData
from core.base.finding import Action, Finding
from core.base.text import clip, counted, few
from core.data.inspection.column_choices import column_keys
from core.data.inspection.sample_kind import title
from core.data.inspection.unlikely_labels import cells_of
from core.data.reading import ColumnChoice
from core.data.split_keys import SplitKeys
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table

_DAY_FIRST = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})(.*)", re.ASCII)  # 31.12.2024 08:30


def find_key(table: Table, choices: Mapping[int, ColumnChoice]) -> int | None:
    """Return the column that is chosen as the split key. Raises BadData for several."""
    chosen = [c for c, choice in choices.items() if choice.role == "split_key"]
    if len(chosen) < 2:
        return chosen[0] if chosen else None
    keys = column_keys(table.header, table.width)
    raise BadData(
        f"{counted(len(chosen), 'column')} of {table.name} are chosen as the split key: "
        f"{few([keys[c] for c in chosen])}. The rows are split by one column: leave the others "
        "out.",
        tuple({"columns": {keys[c]: {"role": "ignore"}}} for c in chosen[1:]),
        code="several_keys",
    )


def read_keys(table: Table, column: int) -> SplitKeys:
    """Return the keys of a column. Raises BadData for a row without a value."""
    key = column_keys(table.header, table.width)[column]
    cells = [_text(cell) for cell in cells_of(table, column).tolist()]
    if "" in cells:
        raise BadData(
            f"{table.name}, row {table.row_numbers[cells.index('')]}, "
            f"{column_name(column, table.sheet_column)}{title(table.header, column)} has no value, "
            "and the split key needs one in every row. Fill it in, or leave this column out and "
            "split the rows at random.",
            ({"columns": {key: {"role": "ignore"}}},),
            code="key_missing",
        )
    values, codes = np.unique(np.array(cells), return_inverse=True)
    times = [_time(value) for value in values.tolist()]
    ordered = None not in times and len({type(time) for time in times}) == 1
    if ordered:
        order = np.array(sorted(range(len(times)), key=times.__getitem__))
        values, codes = values[order], np.argsort(order)[codes]
    return SplitKeys(key, codes.astype(np.int32), values, ordered)


def key_finding(keys: SplitKeys, file: str) -> Finding:
    """Report the split key; the action uses the column as an input."""
    kind = "numbers or dates" if keys.ordered else "texts"
    text = (
        f"{clip(keys.column)} of {file} is the split key, with {counted(len(keys.values), 'value')}"
        f" ({kind}). It is not used as input. The method of the split decides what it is for: "
        "groups that stay together, an order in time, or identifiers."
    )
    action = Action(
        f"Use {clip(keys.column)} as input", {"columns": {keys.column: {"role": "input"}}}
    )
    evidence = {"values": len(keys.values), "ordered": keys.ordered}
    return Finding("split_key", "info", text, evidence, action)


def _text(cell: object) -> str:
    """Return a cell as text that does not depend on other cells: 7 for 7.0, a date in ISO 8601, ""
    for a missing one.
    """
    if isinstance(cell, float):
        if isnan(cell):
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    text = str(cell).strip()
    return date.isoformat() if (date := _date(text)) else text


def _time(value: str) -> float | datetime | None:
    """Return a text of `_text` as a number or a date; None for another one."""
    try:
        number = float(value)
    except ValueError:
        return _date(value)
    return number if isfinite(number) else None


def _date(text: str) -> datetime | None:
    """Return a date, maybe with a time of day, in UTC if it names a time zone. Others than
    2024-12-31, 2024/12/31 and 31.12.2024 are ambiguous: None.
    """
    if text.isdecimal():
        return None  # 20241231 may be an identifier
    if found := _DAY_FIRST.fullmatch(text):
        day, month, year, rest = found.groups()
        text = f"{year}-{month:0>2}-{day:0>2}{rest}"
    try:
        date = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    return date.astimezone(UTC).replace(tzinfo=None) if date.tzinfo else date
