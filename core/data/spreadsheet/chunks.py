"""Chunks: read a table in blocks of rows with pandas' C engine, so memory does not grow with rows.

Chunks cost no time: 60 000 × 784 values take as much CPU time as in a single read, which needs
340 MB besides the array; chunks need 60 MB.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.spreadsheet.cells import Kinds
from core.data.spreadsheet.delimiter import SPACES
from core.data.spreadsheet.growing_array import GrowingArray
from core.data.spreadsheet.layout import Layout
from core.data.spreadsheet.source import Text

CELLS = 2**22  # per chunk
NARROW = 16  # columns up to which float64 takes little memory

ReadProgress = Callable[[float], None]  # receives the fraction of the text that has been read


class Unreadable(Exception):
    """A cell, a row or a byte is not as expected; `careful.py` then reads cell by cell."""


@dataclass(frozen=True)
class Chunk:
    """`values` (n, number columns) of one dtype, C order; `words`: text column -> cells (n,)."""

    values: np.ndarray
    words: dict[int, np.ndarray]


@dataclass(frozen=True)
class FastResult:
    """`values` and `words` as in Chunk, of the whole file; `large` are the columns of the file with
    whole numbers so large that a float may change them.
    """

    values: np.ndarray
    words: dict[int, np.ndarray]
    large: tuple[int, ...]


def read_chunks(text: Text, layout: Layout, progress: ReadProgress | None = None) -> FastResult:
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


def _read(text: Text, layout: Layout, dtype: str, progress: ReadProgress | None) -> FastResult:
    words: dict[int, list[np.ndarray]] = {c: [] for c in layout.words}
    numeric = [c for c in range(layout.width) if c not in words]
    large = np.zeros(len(numeric), bool)
    kinds = Kinds()
    with GrowingArray() as rows:
        for chunk in _chunks(text, layout, dtype, progress):
            rows.add(chunk.values)
            if dtype != "uint8":
                limit = 2 ** np.finfo(dtype).nmant
                large |= np.abs(chunk.values).max(axis=0, initial=0) > limit
            for column, cells in chunk.words.items():
                if any(
                    kinds[cell].styles or kinds[cell].missing in ("blank", "always")
                    for cell in set(cells)
                ):
                    raise Unreadable
                words[column].append(cells)
        if not rows.rows:
            raise Unreadable
        joined = {c: np.concatenate(cells) for c, cells in words.items()}
        return FastResult(rows.array(), joined, tuple(np.array(numeric, int)[large].tolist()))


def _chunks(
    text: Text, layout: Layout, dtype: str, progress: ReadProgress | None
) -> Iterator[Chunk]:
    """Yield as many rows at a time as fit into CELLS. Raises Unreadable."""
    strings = (*layout.words, *range(layout.width, layout.width + layout.extra))
    types = {c: "str" if c in strings else dtype for c in range(layout.width + layout.extra)}
    with text.open() as stream, np.errstate(invalid="ignore"):
        try:  # header=None: with names, a surplus column would become row names and shift the rest
            frames = pd.read_csv(
                stream,
                header=None,
                skiprows=layout.lines,
                dtype=types if strings else dtype,
                sep=r"\s+" if layout.delimiter == SPACES else layout.delimiter,
                decimal=layout.decimal,
                na_filter=False,
                engine="c",
                chunksize=max(1, CELLS // layout.width),
            )
            for frame in frames:
                yield _to_chunk(frame, layout)
                if progress:
                    progress(min(1.0, stream.raw.passed / max(text.size, 1)))
        except (ValueError, OverflowError) as error:  # ParserError, UnicodeDecodeError: ValueErrors
            raise Unreadable from error


def _to_chunk(frame: pd.DataFrame, layout: Layout) -> Chunk:
    """Check what pandas accepts: infinite numbers, and cells in the empty columns at the end."""
    if frame.shape[1] != layout.width + layout.extra:
        raise Unreadable
    for column in range(layout.width, layout.width + layout.extra):
        if (frame.pop(column).str.strip() != "").any():
            raise Unreadable
    words = {c: frame.pop(c) for c in layout.words}
    values = np.empty((len(frame), 0), np.uint8)
    if frame.shape[1]:
        values = np.ascontiguousarray(frame.to_numpy())
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise Unreadable
    return Chunk(values, {c: cells.to_numpy(dtype=object) for c, cells in words.items()})
