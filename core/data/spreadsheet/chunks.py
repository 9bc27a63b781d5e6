"""Chunks: read a table in blocks of rows with pandas' C engine, so memory does not grow with rows.

Chunks cost no time: 60 000 × 784 values take as much CPU time as in a single read, which needs
340 MB besides the array; chunks need 60 MB.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.spreadsheet.growing_array import GrowingArray
from core.data.spreadsheet.layout import Layout
from core.data.spreadsheet.source import Text

CELLS = 2**22  # per chunk
NARROW = 16  # columns up to which float64 takes little memory

ReadProgress = Callable[[float], None]  # receives the fraction of the text that has been read


class Unreadable(Exception):
    """A cell, a row or a byte is invalid; `table.py` then searches for it with a slow parser."""


@dataclass(frozen=True)
class Chunk:
    """`values` (n, number columns) of one dtype, C order; `words`: text column -> cells (n,)."""

    values: np.ndarray
    words: dict[int, np.ndarray]


def read_chunks(
    text: Text, layout: Layout, progress: ReadProgress | None = None
) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Read all values (rows, number columns) and the text columns.

    Values are uint8 if all fit, else float32, or float64 for narrow tables; many values are
    memory-mapped. Raises Unreadable.
    """
    for dtype in ("uint8", "float64" if layout.width <= NARROW else "float32"):
        try:
            return _read(text, layout, dtype, progress)
        except Unreadable:
            if dtype != "uint8":
                raise
    raise AssertionError


def _read(
    text: Text, layout: Layout, dtype: str, progress: ReadProgress | None
) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    words: dict[int, list[np.ndarray]] = {c: [] for c in layout.words}
    with GrowingArray() as rows:
        for chunk in chunks(text, layout, dtype, progress=progress):
            rows.add(chunk.values)
            for column, cells in chunk.words.items():
                words[column].append(cells)
        if not rows.rows:
            raise Unreadable
        return rows.array(), {c: np.concatenate(cells) for c, cells in words.items()}


def chunks(
    text: Text, layout: Layout, dtype: str, *, rows: int = 0, progress: ReadProgress | None = None
) -> Iterator[Chunk]:
    """Yield at most `rows` rows at a time; 0 means as many as fit into CELLS. Raises Unreadable."""
    rows = rows or max(1, CELLS // layout.width)
    types = {c: "str" if c in layout.words else dtype for c in range(layout.width)}
    with text.open() as stream, np.errstate(invalid="ignore"):
        try:  # header=None: with names, a surplus column would become row names and shift the rest
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
                yield _to_chunk(frame, layout)
                if progress:
                    progress(min(1.0, stream.raw.passed / max(text.size, 1)))
        except (ValueError, OverflowError) as error:  # ParserError, UnicodeDecodeError: ValueErrors
            raise Unreadable from error


def _to_chunk(frame: pd.DataFrame, layout: Layout) -> Chunk:
    """Check what pandas accepts: infinite numbers, and empty cells in a text column."""
    if frame.shape[1] != layout.width:
        raise Unreadable
    words = {c: frame.pop(c) for c in layout.words}
    if any((cells.str.strip() == "").any() for cells in words.values()):
        raise Unreadable
    values = np.empty((len(frame), 0), np.uint8)
    if frame.shape[1]:
        values = np.ascontiguousarray(frame.to_numpy())
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise Unreadable
    return Chunk(values, {c: cells.to_numpy(dtype=object) for c, cells in words.items()})
