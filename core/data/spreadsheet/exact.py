"""Exact cells: integers and codes that an array of floats cannot represent.

float32 holds all integers up to 2²⁴ and float64 up to 2⁵³, and no number holds the zeros of 007.
Labels and identifiers are therefore read once more as text, where a column needs it.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from core.data.spreadsheet import chunks
from core.data.spreadsheet.careful import RowBlocks
from core.data.spreadsheet.cells import kind_of
from core.data.spreadsheet.delimiter import SPACES
from core.data.spreadsheet.layout import Layout
from core.data.spreadsheet.source import Text

MANY_CELLS = 2**22  # whole numbers up to which all cells are searched for codes
COLUMNS = 64  # exact columns of one table; more are measurements, not labels or identifiers
LIMIT = 2**53  # below it float64 holds every integer; float32 does so below 2**24

BLOCK = 2**20  # bytes
_CODE = re.compile(r"\s*[+-]?0\d")  # 007, but not 0 or 0.7
_CODE_IN_TEXT = re.compile(rb"(?:^|[^0-9.eE+-])[+-]?0\d")  # at least wherever a cell is a code


def find_exact_columns(
    text: Text, layout: Layout, result: chunks.FastResult, *, wanted: str = ""
) -> list[int]:
    """Return the columns with integers too large for a float, or with codes.

    `wanted` is the title of a column that is searched for codes also in a large table, where the
    others are judged by the first rows: a second pass over all cells would take too long.
    """
    columns = {c: i for i, c in enumerate(c for c in range(layout.width) if c not in layout.words)}
    if result.values.size > MANY_CELLS:
        titles = [title.lower() for title in layout.header or [""] * layout.width]
        columns = {c: i for c, i in columns.items() if wanted and titles[c] == wanted.lower()}
    searched = [c for c, i in columns.items() if _is_whole(result.values[:, i])]
    codes: set[int] = set()
    if searched and not _may_have_codes(text, layout):
        searched = []
    for frame in _frames(text, layout, searched):
        left = [c for c in searched if c not in codes]
        codes |= {c for c in left if any(map(is_code, frame[c].tolist()))}
    return sorted({*layout.padded, *result.large, *codes})


def read_exact(text: Text, layout: Layout, columns: Sequence[int]) -> dict[int, np.ndarray]:
    """Return the cells (rows,) of these columns of whole numbers.

    They are int64, or text where a number is a code or larger than int64, or where cells are
    missing (then empty). Columns with fractions are left out. Raises BadData.
    """
    if not 0 < len(columns) <= COLUMNS:
        return {}
    cells: dict[int, list[str]] = {column: [] for column in columns}
    for _, block in RowBlocks(text, layout):
        for column, column_cells in cells.items():
            column_cells += ["" if kind_of(c).missing else c.strip() for c in block[column]]
    return {c: read for c in cells if (read := _exact(cells[c])) is not None}


def _exact(cells: list[str]) -> np.ndarray | None:
    """Return int64 or text, None if a number is not whole."""
    texts = [_without_zeros(cell) for cell in cells]
    if any(text is None for text in texts):
        return None
    return _texts(texts) if "" in cells or any(map(is_code, cells)) else integers(texts)


def _without_zeros(cell: str) -> str | None:
    """Return a whole number without zeros behind its point, as in 123.0; None for a fraction."""
    try:
        return cell if not cell or cell.lstrip("+-").isdigit() else str(_integer(cell))
    except (InvalidOperation, OverflowError, ValueError):
        return None


def is_code(cell: str) -> bool:
    """Whether leading zeros are a part of the cell, as in 007."""
    return bool(_CODE.match(cell))


def integers(cells: list[str]) -> np.ndarray:
    """Return int64, or the text where an integer is too large for it or a cell is none."""
    try:
        return np.array([_integer(cell) for cell in cells], np.int64)
    except (InvalidOperation, OverflowError, ValueError):
        return _texts(cells)


def _is_whole(column: np.ndarray) -> bool:
    return column.dtype.kind in "ui" or not (column % 1).any()


def _may_have_codes(text: Text, layout: Layout) -> bool:
    """Return whether anything in the text could be a code: to ask this takes a tenth of the time
    of reading all cells as text.
    """
    with text.open() as stream:
        for _ in range(layout.lines):
            stream.readline()
        before = b"\n"
        while block := stream.read(BLOCK):
            if _CODE_IN_TEXT.search(before + block):
                return True
            before = block[-3:]
    return False


def _frames(text: Text, layout: Layout, columns: list[int]) -> Iterator[pd.DataFrame]:
    """Yield these columns as text, some rows at a time; nothing if there are none."""
    if not columns:
        return
    with text.open() as stream:
        yield from pd.read_csv(
            stream,
            header=None,
            skiprows=layout.lines,
            usecols=sorted(columns),
            dtype="str",
            sep=r"\s+" if layout.delimiter == SPACES else layout.delimiter,
            na_filter=False,
            engine="c",
            chunksize=max(1, chunks.CELLS // layout.width),
        )


def _texts(cells: list[str]) -> np.ndarray:
    return np.array(cells, object)


def _integer(cell: str) -> int:
    number = Decimal(cell)
    if number != int(number):
        raise ValueError(cell)
    return int(number)
