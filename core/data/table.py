"""Table: a CSV as one array of numbers, read fast; on failure a slow second look names the cell.

Knows nothing of pictures. Of the readers tried on 60 000 × 784 values, pandas' C engine with dtype
uint8 took half the processor time of plain read_csv and a fifth of its memory.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from core.data.layout import SPACE, Layout, is_number, records, sniff
from core.data.source import Source, Text, opened
from core.data.wording import clip, counted
from core.errors import BadData
from core.numbers import whole

NARROW = 16  # columns up to which float64 costs nothing worth saving

_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([ T]|$)|\d\d?[./]\d\d?[./](\d{4}|\d\d)$", re.ASCII)


@dataclass(frozen=True)
class Table:
    """`values` (rows, number columns) is uint8 where all fits, else float32, if narrow float64.

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
    source: Source, name: str, header: Literal["auto", "yes", "no"] = "auto", sheet: str = ""
) -> Table:
    """The table in a CSV (comma, semicolon, tab, bar or space), in XLSX or ODS; `.gz`, `.zip`.

    `name` stands in messages; `sheet` names one of several. Raises BadData with one sentence that
    names file, row, column, value, rule and way out; NotFound for a path that leads nowhere.
    """
    with opened(source, name, sheet) as text:
        try:
            return _read(text, header)
        except UnicodeDecodeError:  # found late, so that good files are read once
            return _read(text.legacy(), header)


def _read(text: Text, header: Literal["auto", "yes", "no"]) -> Table:
    with text.open() as stream:
        layout = sniff(stream, text.name, header, text.sheet_column)
    frame = _fast(text, layout) if layout.even else None
    if frame is None or not _whole(frame, layout):
        raise _fault(text, layout)
    if layout.width == 1:  # in a column of labels a blank line is a label that is missing
        _refuse_gaps(text, layout)
    words = {c: frame.pop(c).to_numpy(dtype=object) for c in layout.words}
    columns = tuple(int(c) for c in frame.columns)
    values = (
        np.ascontiguousarray(frame.to_numpy()) if columns else np.empty((len(frame), 0), np.uint8)
    )
    return Table(
        text.name,
        values,
        layout.header,
        columns,
        layout.first_row,
        words,
        layout.delimiter,
        text.notes,
        layout.sheet_column,
    )


def _fast(text: Text, layout: Layout) -> pd.DataFrame | None:
    """The whole table by pandas' C engine, or None where a cell, a row or a byte is wrong."""
    for dtype in ("uint8", "float64" if layout.width <= NARROW else "float32"):
        types = {c: "str" if c in layout.words else dtype for c in range(layout.width)}
        with text.open() as stream, np.errstate(invalid="ignore"):
            try:  # header=None: with names, a surplus column becomes row names and shifts the rest
                return pd.read_csv(
                    stream,
                    header=None,
                    skiprows=layout.lines,
                    dtype=types if layout.words else dtype,
                    sep=layout.delimiter,
                    decimal=layout.decimal,
                    na_filter=False,
                    engine="c",
                )
            except (ValueError, OverflowError):  # ParserError, UnicodeDecodeError are ValueErrors
                continue
    return None


def _whole(frame: pd.DataFrame, layout: Layout) -> bool:
    """pandas lets two faults pass: infinite numbers, and an empty cell in a column of words."""
    if frame.shape[1] != layout.width or any(
        (frame[c].str.strip() == "").any() for c in layout.words
    ):
        return False
    numbers = frame.drop(columns=list(layout.words)) if layout.words else frame
    return all(np.isfinite(block).all() for block in _floats(numbers))


def _floats(frame: pd.DataFrame) -> Iterator[np.ndarray]:
    """The columns that are not uint8, some at a time: isfinite over all needs a second table."""
    if frame.shape[1] and frame.dtypes.iloc[0].kind == "f":
        for start in range(0, frame.shape[1], 64):
            yield frame.iloc[:, start : start + 64].to_numpy()


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
    if abs(float(cell.replace(",", "."))) > np.finfo("float32").max:
        return f"is {clip(cell)}, which is too large: correct it, or take the row out"
    return None
