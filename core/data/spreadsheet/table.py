"""Table: read a file as an array of numbers; on failure a slower pass names the cell."""

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.spreadsheet.chunks import ReadProgress, Unreadable, read_chunks
from core.data.spreadsheet.exact import exact_columns
from core.data.spreadsheet.layout import SNIFFED, SPACE, Layout, is_number, records, sniff
from core.data.spreadsheet.source import Source, Text, open_text

DATE = re.compile(r"\d{4}-\d\d?-\d\d?([ T]|$)|\d\d?[./]\d\d?[./](\d{4}|\d\d)$", re.ASCII)


@dataclass(frozen=True)
class Table:
    """The numbers and texts of one table.

    `values` (rows, number columns) are uint8 if all fit, else float32, or float64 for narrow
    tables; many values are memory-mapped and read-only. `words` maps a text column (from 0, as in
    the file) to its cells, (rows,) str. `columns` holds the file's column of each column of
    `values`. `exact` maps a number column to its cells where `values` cannot represent them: int64,
    or text such as 007. `first_row` is the spreadsheet's number of the first row of values. `notes`
    are findings on conversions of the file.

    Files of images state the `shape` (C, H, W) of a row and the order of its `channels` ("planar"
    or "interleaved"); other files leave them empty. `files` names the image file of each row;
    `is_array` is True for files of arrays and images, which cannot have a header.
    """

    name: str
    values: np.ndarray
    header: tuple[str, ...] | None
    columns: tuple[int, ...]
    first_row: int
    words: dict[int, np.ndarray] = field(default_factory=dict)
    delimiter: str = ","
    notes: tuple[Finding, ...] = ()
    sheet_column: int | None = None  # as in source.Text
    exact: dict[int, np.ndarray] = field(default_factory=dict)
    shape: tuple[int, int, int] | None = None
    channels: str = ""
    files: tuple[str, ...] = ()
    is_array: bool = False

    def __len__(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.columns) + len(self.words)


def read_table(
    source: Source,
    name: str,
    header: Literal["auto", "yes", "no"] = "auto",
    sheet: str = "",
    progress: ReadProgress | None = None,
    label: str = "",
) -> Table:
    """Read the table in a CSV (comma, semicolon, tab, bar or space), XLSX or ODS, also .gz or .zip.

    `name` appears in messages; `sheet` selects one of several; `progress` receives the fraction
    read; `label` is the title of the label column, if known. Raises BadData that names file, row,
    column, value, rule and remedy; NotFound for a missing file; Unavailable if the disk is full.
    """
    with open_text(source, name, sheet) as text:
        return read_text(text, header, progress, label)


def read_text(
    text: Text,
    header: Literal["auto", "yes", "no"] = "auto",
    progress: ReadProgress | None = None,
    label: str = "",
) -> Table:
    """Read the table in an opened text. Arguments and errors are those of `read_table`."""
    try:
        return _read(text, header, progress, label)
    except UnicodeDecodeError:  # discovered late, so that valid files are read once
        return _read(text.legacy(), header, progress, label)


def _read(
    text: Text, header: Literal["auto", "yes", "no"], progress: ReadProgress | None, label: str
) -> Table:
    with text.open() as stream:
        layout = sniff(stream, text.name, header, text.sheet_column)
    try:
        if not layout.even:
            raise Unreadable
        values, words = read_chunks(text, layout, progress)
    except Unreadable:
        raise _find_fault(text, layout) from None
    if layout.width == 1:  # in a column of labels, a blank line is a missing label
        _refuse_gaps(text, layout)
    notes = text.notes
    if layout.decimal == ",":
        note = f"Numbers in {text.name} use a decimal comma: 1,5 is read as 1.5."
        notes = (*notes, Finding("decimal_comma", "info", note))
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
        exact_columns(text, layout, values, wanted=label),
    )


def _refuse_gaps(text: Text, layout: Layout) -> None:
    expected = layout.first_row
    with text.open() as stream:
        for row, _, _ in records(stream, layout.delimiter, text.name, layout.first_row):
            if row > expected:
                raise BadData(
                    f"{text.name}, row {expected} is empty. Fill it in, or remove this row here "
                    "and in the file with the images.",
                    code="empty_row",
                )
            expected = row + 1


def _find_fault(text: Text, layout: Layout) -> BadData:
    """Return the error for the first fault in reading order."""
    name = text.name
    with text.open() as stream:
        first_rows = islice(records(stream, layout.delimiter, name, layout.top), SNIFFED)
        width = Counter(len(cells) for _, _, cells in first_rows).most_common(1)[0][0]
    with text.open() as stream:
        for row, _, cells in records(stream, layout.delimiter, name, layout.top):
            if len(cells) != width:
                return BadData(
                    f"{name}, row {row} has {counted(len(cells), 'column')}, but most rows have "
                    f"{whole(width)}. Correct or remove this row, or export the file again.",
                    code="row_width",
                )
            if row >= layout.first_row:
                for column, cell in enumerate(cells):
                    if fault := _cell_fault(cell, column in layout.words, layout.decimal):
                        code, message = fault
                        place = f"{name}, row {row}, {layout.describe_column(column)}"
                        return BadData(f"{place} {message}", code=code)
    return BadData(
        f"{name} cannot be read as a table of numbers. Save it again as CSV (UTF-8).",
        code="unreadable_table",
    )


def _cell_fault(cell: str, words: bool, decimal: str) -> tuple[str, str] | None:
    """Return the code and the message for an invalid cell."""
    if not cell.strip(SPACE):
        return "empty_cell", "is empty. Fill it in or remove the row."
    if words:
        return None
    if not is_number(cell, decimal):
        if DATE.match(cell.strip()):
            remedy = "Format the column as numbers or remove it."
            return "date_cell", f"contains {clip(cell)!r}, a date instead of a number. {remedy}"
        remedy = "Correct it or remove the row."
        return "not_a_number", f"contains {clip(cell)!r}, which is not a number. {remedy}"
    if abs(float(cell.replace(",", "."))) > float(np.finfo("float32").max):
        remedy = "Correct it or remove the row."
        return "number_too_large", f"contains {clip(cell)}, which is too large. {remedy}"
    return None
