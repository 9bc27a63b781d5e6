"""Pixel text: a column whose cells list all pixels of an image, such as "0 12 255 …", as columns.

FER2013 and many files written from data frames have it. Brackets, commas and line breaks between
the numbers are accepted.
"""

import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.reading import ColumnChoice, Reading
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.growing_array import GrowingArray
from core.data.spreadsheet.table import Table

FEWEST = 16  # numbers in a cell from which they are pixels
LISTS = 0.9  # fraction of cells that are lists in a column of pixel text
EXAMINED = 20  # cells by which a column is recognized
BLOCK = 2**20  # numbers that are converted in one go
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?"
_LIST = re.compile(rf"{_NUMBER}( {_NUMBER})*", re.ASCII | re.I)
_BETWEEN = re.compile(r"[\[\](){},;\s]+")
_ELIDED = ("...", "…")  # in arrays that NumPy has shortened


def split_pixels(table: Table, reading: Reading) -> Table:
    """Return the table with a column for each number of a column of pixel text.

    A column for which the reading has a choice stays as it is. Raises BadData that names the first
    cell with another number of pixels.
    """
    table = _find_header(table)
    for column, cells in table.words.items():
        title = table.header[column] if table.header else str(column + 1)
        choice = reading.columns.get(title, ColumnChoice())
        is_chosen = choice.role == "ignore" or choice.text != "auto"
        if not is_chosen and (count := _count_pixels(cells, table, column)):
            return _split(table, column, count)
    return table


def _find_header(table: Table) -> Table:
    """Return a table of one column of lists under a title with this header."""
    cells = table.words.get(0, ())
    if table.header or table.width > 1 or len(cells) < 3 or _is_list(str(cells[0])):
        return table
    if not all(_is_list(str(cell)) for cell in cells[1:EXAMINED]):
        return table
    rest = {0: cells[1:]}
    return replace(
        table,
        header=(str(cells[0]),),
        values=table.values[1:],
        words=rest,
        row_numbers=table.row_numbers[1:],
    )


def _is_list(cell: str) -> bool:
    text = _normalize(cell)
    return text.count(" ") + 1 >= FEWEST and bool(_LIST.fullmatch(text))


def _normalize(cell: str) -> str:
    """Return the numbers of a cell, separated by single spaces."""
    return _BETWEEN.sub(" ", cell).strip()


def _count_pixels(cells: np.ndarray, table: Table, column: int) -> int:
    """Return the numbers in a cell, 0 if the cells are other text. Raises BadData if shortened."""
    examined = [_normalize(str(cell)) for cell in cells[:EXAMINED] if str(cell).strip()]
    lists = [cell for cell in examined if _is_list(cell)]
    if examined and all(_is_shortened(cell) for cell in examined):
        raise BadData(
            f"{table.name}, {_place(table, column)} contains arrays that were shortened to '…' "
            "when the file was written, so most pixels are missing. Write the file again with all "
            "pixels, or save the arrays as .npy.",
            code="pixels_shortened",
        )
    if not lists or len(lists) < LISTS * len(examined):
        return 0
    counts = [cell.count(" ") + 1 for cell in lists]
    return max(set(counts), key=counts.count)


def _is_shortened(cell: str) -> bool:
    before, _, after = next((cell.partition(s) for s in _ELIDED if s in cell), ("", "", ""))
    return all(_LIST.fullmatch(part.strip()) for part in (before, after))


def _split(table: Table, column: int, count: int) -> Table:
    """Return the table with `count` number columns in the place of a text column."""
    cells = [_normalize(str(cell)) for cell in table.words[column]]
    _check_counts(cells, table, column, count)
    places = {c: c if c < column else c + count - 1 for c in range(table.width) if c != column}
    before = sum(c < column for c in table.columns)
    try:
        values = _join_values(table, cells, before, count, np.uint8)
    except (ValueError, OverflowError):
        values = _join_values(table, cells, before, count, np.float32)
    names = tuple(f"pixel {i + 1}" for i in range(count))
    header = table.header and (*table.header[:column], *names, *table.header[column + 1 :])
    old = [places[c] for c in table.columns]
    columns = (*old[:before], *range(column, column + count), *old[before:])
    text = f"The cells of {_place(table, column)} contain {counted(count, 'pixel')} each."
    note = Finding("pixel_text", "ok", text, {"column": column + 1, "pixels": count})
    return replace(
        table,
        values=values,
        header=header,
        columns=columns,
        words={places[c]: cells for c, cells in table.words.items() if c != column},
        exact={places[c]: cells for c, cells in (_keep_exact(table) | table.exact).items()},
        reports={places[c]: report for c, report in table.reports.items() if c != column},
        notes=(*table.notes, note),
    )


def _check_counts(cells: list[str], table: Table, column: int, count: int) -> None:
    """Raise BadData for the first cell that is not a list of `count` numbers; empty ones may be."""
    for row, cell in enumerate(cells):
        found = cell.count(" ") + 1
        if cell and (found != count or not _LIST.fullmatch(cell)):
            place = (
                f"{table.name}, row {whole(int(table.row_numbers[row]))}, {_place(table, column)}"
            )
            if found != count:
                raise BadData(
                    f"{place} contains {counted(found, 'pixel')}, but most cells contain "
                    f"{whole(count)}. Correct the cell or remove the row.",
                    code="pixel_count",
                )
            wrong = next(part for part in cell.split(" ") if not _LIST.fullmatch(part))
            raise BadData(
                f"{place} contains {clip(wrong)!r} among the pixels, which is not a number. "
                "Correct the cell or remove the row.",
                code="not_a_number",
            )


def _join_values(
    table: Table, cells: list[str], before: int, count: int, dtype: type
) -> np.ndarray:
    """Return all number columns, the pixels after the first `before` ones.

    A missing list is a row of NaN. Raises ValueError or OverflowError if a pixel does not fit.
    """
    step = max(1, BLOCK // count)
    if dtype is np.uint8 and "" in cells:
        raise ValueError
    missing = " ".join(["nan"] * count)
    kind = np.result_type(dtype, *([np.float32] if table.values.dtype != np.uint8 else []))
    with GrowingArray() as rows:
        for start in range(0, len(cells), step):
            text = "\n".join(cell or missing for cell in cells[start : start + step])
            frame = pd.read_csv(io.StringIO(text), sep=" ", header=None, dtype=dtype, engine="c")
            other = table.values[start : start + step]
            parts = [other[:, :before], frame.to_numpy(), other[:, before:]]
            rows.add(np.hstack(parts).astype(kind, copy=False))
        return rows.array()


def _keep_exact(table: Table) -> dict[int, np.ndarray]:
    """Return the whole numbers of the other columns that float32 would change."""
    columns = {}
    for place, column in enumerate(table.columns):
        values = table.values[:, place]
        if values.dtype == np.float64 and not (values % 1).any() and np.abs(values).max() > 2**24:
            columns[column] = values.astype(np.int64)
    return columns


def _place(table: Table, column: int) -> str:
    name = table.header[column] if table.header else ""
    return column_name(column, table.sheet_column) + (f" ({clip(name)!r})" if name else "")
