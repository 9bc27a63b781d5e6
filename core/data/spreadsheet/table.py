"""Table: a CSV as one array of numbers, read fast; on failure a slow second look names the cell.

Knows nothing of pictures.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.spreadsheet.chunks import Share, Unfit, read_pieces
from core.data.spreadsheet.layout import SPACE, Layout, is_number, records, sniff
from core.data.spreadsheet.source import Source, Text, opened

_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([ T]|$)|\d\d?[./]\d\d?[./](\d{4}|\d\d)$", re.ASCII)


@dataclass(frozen=True)
class Table:
    """`values` (rows, number columns) is uint8 where all fits, else float32, if narrow float64;
    mapped into memory and read-only where they are many.

    `words` maps a column (from 0, as in the file) to its cells, (rows,) str. `columns` says for
    each column of `values` which one of the file it is. `first_row` is the spreadsheet's number of
    the first row of values. `notes` are sentences on what was undone to read the file.
    """

    name: str
    values: np.ndarray
    header: tuple[str, ...] | None
    columns: tuple[int, ...]
    first_row: int
    words: dict[int, np.ndarray] = field(default_factory=dict)
    delimiter: str = ","
    notes: tuple[str, ...] = ()
    sheet_column: int | None = None  # as in source.Text

    def __len__(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        return len(self.columns) + len(self.words)


def read_table(
    source: Source,
    name: str,
    header: Literal["auto", "yes", "no"] = "auto",
    sheet: str = "",
    tell: Share | None = None,
) -> Table:
    """The table in a CSV (comma, semicolon, tab, bar or space), in XLSX or ODS; `.gz`, `.zip`.

    `name` stands in messages; `sheet` names one of several; `tell` hears the share that is read.
    Raises BadData with one sentence that names file, row, column, value, rule and way out; NotFound
    for a path that leads nowhere; Unavailable where room on the disk is short.
    """
    with opened(source, name, sheet) as text:
        try:
            return _read(text, header, tell)
        except UnicodeDecodeError:  # found late, so that good files are read once
            return _read(text.legacy(), header, tell)


def _read(text: Text, header: Literal["auto", "yes", "no"], tell: Share | None) -> Table:
    with text.open() as stream:
        layout = sniff(stream, text.name, header, text.sheet_column)
    try:
        if not layout.even:
            raise Unfit
        values, words = read_pieces(text, layout, tell)
    except Unfit:
        raise _fault(text, layout) from None
    if layout.width == 1:  # in a column of labels a blank line is a label that is missing
        _refuse_gaps(text, layout)
    notes = text.notes
    if layout.decimal == ",":
        notes = (*notes, f"Numbers in {text.name} have a decimal comma: 1,5 is one and a half.")
    columns = tuple(c for c in range(layout.width) if c not in words)
    return Table(
        text.name,
        values,
        layout.header,
        columns,
        layout.first_row,
        words,
        layout.delimiter,
        notes,
        layout.sheet_column,
    )


def _refuse_gaps(text: Text, layout: Layout) -> None:
    expected = layout.first_row
    with text.open() as stream:
        for row, _, _ in records(stream, layout.delimiter, text.name, layout.first_row):
            if row > expected:
                raise BadData(
                    f"{text.name}, row {expected} is empty: fill it in, or take it out here and "
                    "in the pictures."
                )
            expected = row + 1


def _fault(text: Text, layout: Layout) -> BadData:
    """The first fault in reading order, as a sentence."""
    name = text.name
    with text.open() as stream:
        for row, _, cells in records(stream, layout.delimiter, name, layout.top):
            if len(cells) != layout.width:
                wanted = f"row {layout.top} has {whole(layout.width)}"
                rule = f"has {counted(len(cells), 'value')}, {wanted}"
                return BadData(
                    f"{name}, row {row} {rule}: give every row the same number of values."
                )
            if row >= layout.first_row:
                for column, cell in enumerate(cells):
                    if fault := _cell_fault(cell, column in layout.words, layout.decimal):
                        return BadData(f"{name}, row {row}, {layout.place(column)} {fault}.")
    return BadData(f"{name} cannot be read as a table of numbers: save it anew as CSV (UTF-8).")


def _cell_fault(cell: str, words: bool, decimal: str) -> str | None:
    if not cell.strip(SPACE):
        return "is empty: fill it in, or take the row out"
    if words:
        return None
    if not is_number(cell, decimal):
        if _DATE.match(cell.strip()):
            way_out = "format the column as numbers, or take it out"
            return f"is {clip(cell)!r}, which is a date and not a number: {way_out}"
        return f"is {clip(cell)!r}, which is not a number: correct it, or take the row out"
    if abs(float(cell.replace(",", "."))) > float(np.finfo("float32").max):
        return f"is {clip(cell)}, which is too large: correct it, or take the row out"
    return None
