"""Exact cells: integers and codes that an array of floats cannot represent.

float32 holds all integers up to 2²⁴ and float64 up to 2⁵³, and no number holds the zeros of 007.
Labels and identifiers are therefore read once more as text, where a column needs it.
"""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from core.data.spreadsheet import chunks
from core.data.spreadsheet.layout import LABEL_NAMES, Layout
from core.data.spreadsheet.source import Text

MANY_CELLS = 2**22  # whole numbers up to which every column is examined
ENDS = 2  # columns at either end of a larger table that are examined
LIMIT = 2**53  # below it float64 holds every integer; float32 does so below 2**24

_CODE = re.compile(r"\s*[+-]?0\d")  # 007, but not 0 or 0.7


def exact_columns(
    text: Text, layout: Layout, values: np.ndarray, *, wanted: str = ""
) -> dict[int, np.ndarray]:
    """Return the cells (rows,) of the columns that `values` (rows, number columns) do not hold.

    int64 where all cells are such integers, else text. `wanted` is the title of a column to
    examine besides the likely ones.
    """
    numeric = [c for c in range(layout.width) if c not in layout.words]
    candidates = [(i, c) for i, c in enumerate(numeric) if _is_whole(values[:, i])]
    if len(candidates) * len(values) > MANY_CELLS:
        titles = [title.lower() for title in layout.header or ()]
        named = {titles.index(n) for n in (*LABEL_NAMES, wanted.lower()) if n in titles}
        chosen = {*numeric[:ENDS], *numeric[-ENDS:], *named}
        candidates = [(i, c) for i, c in candidates if c in chosen]
    limit = LIMIT if values.dtype == np.float64 else 2**24
    large = {c for i, c in candidates if np.abs(values[:, i]).max() >= limit}
    codes = _code_columns(text, layout, [c for _, c in candidates])
    cells: dict[int, list[str]] = {c: [] for c in sorted(large | codes)}
    for frame in _frames(text, layout, list(cells)):
        for column in cells:
            cells[column] += frame[column].str.strip().tolist()
    return {
        column: _texts(column_cells) if column in codes else integers(column_cells)
        for column, column_cells in cells.items()
    }


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


def _code_columns(text: Text, layout: Layout, columns: list[int]) -> set[int]:
    codes: set[int] = set()
    for frame in _frames(text, layout, columns):
        codes |= {c for c in columns if c not in codes and any(map(is_code, frame[c].tolist()))}
    return codes


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
            sep=layout.delimiter,
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
