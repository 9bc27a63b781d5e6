"""Table: read a file as an array of numbers and columns of text.

pandas reads what its first rows show to be plain; anything else is read cell by cell.
"""

from bisect import bisect_left
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.text import clip, few
from core.data.spreadsheet.careful import CarefulResult, ColumnReport, read_carefully
from core.data.spreadsheet.chunks import NARROW, FastResult, ReadProgress, Unreadable, read_chunks
from core.data.spreadsheet.exact import find_exact_columns, read_exact
from core.data.spreadsheet.fixed_width import split_fixed_width
from core.data.spreadsheet.layout import Header, Layout, records, sniff
from core.data.spreadsheet.notations import read_notation
from core.data.spreadsheet.notes import file_notes
from core.data.spreadsheet.row_numbers import number_rows
from core.data.spreadsheet.source import Source, Text, open_text
from core.data.spreadsheet.turning import turned
from core.data.spreadsheet.units import read_unit


@dataclass(frozen=True)
class Table:
    """The numbers and texts of one table.

    `values` (rows, number columns) are uint8 if all fit, else float32, or float64 for narrow
    tables; many values are memory-mapped and read-only. A missing number is NaN. `words` maps a
    text column (from 0, as in the file) to its cells, (rows,) str. `columns` holds the file's
    column of each column of `values`, in rising order. `row_numbers` (rows,) are the spreadsheet's
    numbers of the rows, in which the header and blank lines count. Names in `header` are unique,
    except empty ones. `notes` are findings on conversions of the file.

    `reports` maps each column of the file with missing cells, or with both numbers and texts, to
    its counts and first cells; other columns have no entry. A column with both is in `words`, its
    numbers with a decimal point. A missing cell of a text column is "". `exact` maps a number
    column to its cells where `values` cannot represent them: int64, or text such as 007 (empty if
    missing).

    Files of images state the `shape` (C, H, W) of a row and the order of its `channels` ("planar"
    or "interleaved"); other files leave them empty. `files` names the image file of each row;
    `is_array` is True for files of arrays and images, which cannot have a header.
    """

    name: str
    values: np.ndarray
    header: tuple[str, ...] | None
    columns: tuple[int, ...]
    row_numbers: Sequence[int]
    words: dict[int, np.ndarray] = field(default_factory=dict)
    delimiter: str = ","
    notes: tuple[Finding, ...] = ()
    sheet_column: int | None = None  # as in source.Text
    exact: dict[int, np.ndarray] = field(default_factory=dict)
    shape: tuple[int, int, int] | None = None
    channels: str = ""
    files: tuple[str, ...] = ()
    is_array: bool = False
    reports: dict[int, ColumnReport] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.columns) + len(self.words)

    def missing(self, column: int) -> np.ndarray:
        """Return where a column of the file has no value, (rows,) bool."""
        if column in self.words:
            return self.words[column] == ""
        return np.isnan(self.numbers(column))

    def numbers(self, column: int) -> np.ndarray:
        """Return the numbers in a column of the file, (rows,), as a view of `values`."""
        position = bisect_left(self.columns, column)
        if self.columns[position : position + 1] != (column,):
            raise ValueError(f"column {column} has no numbers")
        return self.values[:, position]


def read_table(
    source: Source,
    name: str,
    header: Header = "auto",
    sheet: str = "",
    progress: ReadProgress | None = None,
    label: str = "",
    *,
    decimal: str = "",
    turn: bool = False,
    encoding: str = "",
    keep_words: bool = False,
) -> Table:
    """Read the table in a CSV (comma, semicolon, tab, bar or spaces), XLSX or ODS, also .gz, .zip.

    `name` appears in messages; `sheet` selects one of several; `progress` receives the fraction
    read; `label` is the title of the label column, if known; `decimal` is the decimal sign of the
    numbers ("." or ","), empty to detect it; `turn` swaps rows and columns; `encoding` is that of
    text that is not UTF-8, empty to detect it; with `keep_words`, words such as NA are values in
    columns of text. Raises BadData that names file, row, column, value, rule and remedy; NotFound
    for a missing file; Unavailable if the disk is full.
    """
    with ExitStack() as stack:
        text = stack.enter_context(open_text(source, name, sheet, encoding))
        text = stack.enter_context(split_fixed_width(text))
        text = stack.enter_context(turned(text)) if turn else text
        return read_text(text, header, progress, label, decimal=decimal, keep_words=keep_words)


def read_text(
    text: Text,
    header: Header = "auto",
    progress: ReadProgress | None = None,
    label: str = "",
    *,
    decimal: str = "",
    keep_words: bool = False,
) -> Table:
    """Read the table in an opened text. Arguments and errors are those of `read_table`."""
    try:
        return _read(text, header, progress, label, decimal, keep_words=keep_words)
    except UnicodeDecodeError:  # discovered late, so that valid files are read once
        return _read(text.legacy(), header, progress, label, decimal, keep_words=keep_words)


def _read(
    text: Text,
    header: Header,
    progress: ReadProgress | None,
    label: str,
    decimal: str,
    *,
    keep_words: bool,
) -> Table:
    with text.open() as stream:
        layout = sniff(stream, text, header)
    result: FastResult | CarefulResult
    try:
        if not layout.is_plain or decimal not in ("", layout.decimal):
            raise Unreadable
        result = read_chunks(text, layout, progress)
        exact = find_exact_columns(text, layout, result, wanted=label)
    except Unreadable:
        result = read_carefully(text, layout, decimal, progress, keep_words=keep_words)
        exact = result.exact
    if layout.width == 1:  # in a column of labels, a blank line is a missing label
        _refuse_gaps(text, layout)
    careful = isinstance(result, CarefulResult)
    table = Table(
        name=text.name,
        values=result.values,
        header=layout.header,
        columns=tuple(c for c in range(layout.width) if c not in result.words),
        row_numbers=number_rows(text, layout, len(result.values)),
        words=result.words,
        delimiter=layout.delimiter,
        notes=(*text.notes, *file_notes(text.name, layout, result)),
        sheet_column=layout.sheet_column,
        reports=result.reports if careful else {},
        exact=read_exact(text, layout, exact),
    )
    return _without_units(table, layout, decimal)


def _without_units(table: Table, layout: Layout, decimal: str) -> Table:
    """Return the table with numbers in place of texts that are numbers with one unit, or in another
    notation.
    """
    units = {c: read for c, cells in table.words.items() if (read := read_unit(cells, decimal))}
    others = {c: cells for c, cells in table.words.items() if c not in units}
    notated = {c: read for c, cells in others.items() if (read := read_notation(cells, decimal))}
    if not units and not notated:
        return table
    dtype = np.float64 if layout.width <= NARROW else np.float32
    numbers = dict(zip(table.columns, np.asarray(table.values, dtype).T, strict=True))
    numbers |= {c: read[0].astype(dtype) for c, read in (units | notated).items()}
    columns = tuple(sorted(numbers))
    notes = []
    if units:
        listed = [f"{clip(unit)} in {layout.describe_column(c)}" for c, (_, unit) in units.items()]
        text = f"Units in {table.name} were removed, and the numbers are used: {few(listed)}."
        evidence = {"units": {str(c + 1): unit for c, (_, unit) in units.items()}}
        notes.append(Finding("units", "info", text, evidence))
    if notated:
        listed = [
            f"{clip(example)!r} in {layout.describe_column(c)} is {value:.15g}"
            for c, (_, example, value) in notated.items()
        ]
        text = f"{table.name} has numbers in other notations: {few(listed)}. Check the values."
        evidence = {"columns": [c + 1 for c in notated]}
        notes.append(Finding("notation", "info", text, evidence))
    return replace(
        table,
        values=np.stack([numbers[c] for c in columns], axis=1),
        columns=columns,
        words={c: cells for c, cells in others.items() if c not in notated},
        reports={c: report for c, report in table.reports.items() if c not in notated},
        notes=(*table.notes, *notes),
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
