"""Pieces: the rows of a table some at a time, by pandas' C engine; memory does not grow with rows.

Pieces cost no time: 60 000 × 784 values take as much of the processor as when read at once, which
needs 340 MB beside the array, where pieces need 60.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.spreadsheet.growing_array import Scratch
from core.data.spreadsheet.layout import Layout
from core.data.spreadsheet.source import Text

CELLS = 2**22  # of one piece
NARROW = 16  # columns up to which float64 costs nothing worth saving

Share = Callable[[float], None]  # hears which share of the text is read


class Unfit(Exception):
    """A cell, a row or a byte is not what it must be; `table.py` looks for it again, slowly."""


@dataclass(frozen=True)
class Piece:
    """`values` (n, number columns) of one dtype, C order; `words`: column -> cells (n,)."""

    values: np.ndarray
    words: dict[int, np.ndarray]


def read_pieces(
    text: Text, layout: Layout, tell: Share | None = None
) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """All values (rows, number columns), uint8 where all fit, else float32, or float64 if narrow;
    mapped where they are many. And the columns of words. Raises Unfit.
    """
    for dtype in ("uint8", "float64" if layout.width <= NARROW else "float32"):
        try:
            return _read(text, layout, dtype, tell)
        except Unfit:
            if dtype != "uint8":
                raise
    raise AssertionError


def _read(
    text: Text, layout: Layout, dtype: str, tell: Share | None
) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    words: dict[int, list[np.ndarray]] = {c: [] for c in layout.words}
    with Scratch() as scratch:
        for piece in pieces(text, layout, dtype, tell=tell):
            scratch.add(piece.values)
            for column, cells in piece.words.items():
                words[column].append(cells)
        if not scratch.rows:
            raise Unfit
        return scratch.array(), {c: np.concatenate(cells) for c, cells in words.items()}


def pieces(
    text: Text, layout: Layout, dtype: str, *, rows: int = 0, tell: Share | None = None
) -> Iterator[Piece]:
    """At most `rows` rows at a time (as many as CELLS has, where 0). Raises Unfit."""
    rows = rows or max(1, CELLS // layout.width)
    types = {c: "str" if c in layout.words else dtype for c in range(layout.width)}
    with text.open() as stream, np.errstate(invalid="ignore"):
        try:  # header=None: with names, a surplus column becomes row names and shifts the rest
            frames = pd.read_csv(
                stream,
                header=None,
                skiprows=layout.lines,
                dtype=types if layout.words else dtype,
                sep=layout.delimiter,
                decimal=layout.decimal,
                na_filter=False,
                engine="c",
                chunksize=rows,
            )
            for frame in frames:
                yield _piece(frame, layout)
                if tell:
                    tell(min(1.0, stream.raw.passed / max(text.size, 1)))
        except (ValueError, OverflowError) as error:  # ParserError, UnicodeDecodeError: ValueErrors
            raise Unfit from error


def _piece(frame: pd.DataFrame, layout: Layout) -> Piece:
    """pandas lets two faults pass: infinite numbers, and an empty cell in a column of words."""
    if frame.shape[1] != layout.width:
        raise Unfit
    words = {c: frame.pop(c) for c in layout.words}
    if any((cells.str.strip() == "").any() for cells in words.values()):
        raise Unfit
    values = np.empty((len(frame), 0), np.uint8)
    if frame.shape[1]:
        values = np.ascontiguousarray(frame.to_numpy())
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise Unfit
    return Piece(values, {c: cells.to_numpy(dtype=object) for c, cells in words.items()})
