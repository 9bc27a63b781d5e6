"""Scratch: an array that grows some rows at a time: in memory while small, then in an unnamed file.

The file is mapped into memory and vanishes with the array; the system takes its pages back when
memory is short, so a table may be larger than memory. Lies where TMPDIR says.
"""

import tempfile
from collections.abc import Callable

import numpy as np

from core.base.errors import Unavailable

LIMIT = 64 * 2**20  # bytes up to which an array is kept in memory
PIECE = 2**22  # bytes of rows that are changed together


class Scratch:
    """Rows of one width and dtype. Used by `with`, which closes the file; the array outlives it."""

    def __init__(self) -> None:
        self.pieces: list[np.ndarray] = []
        self.file = None
        self.rows = self.bytes = 0

    def __enter__(self) -> "Scratch":
        return self

    def __exit__(self, *_: object) -> None:
        if self.file:
            self.file.close()

    def add(self, piece: np.ndarray) -> None:
        """Rows (n, width) in C order. Raises Unavailable when the disk is full."""
        self.pieces.append(piece)
        self.rows += len(piece)
        self.bytes += piece.nbytes
        if self.bytes > LIMIT:
            self._spill()

    def array(self) -> np.ndarray:
        """All rows, (rows, width); read-only where they are mapped. At least one piece is there."""
        if self.file is None:
            return self.pieces[0] if len(self.pieces) == 1 else np.concatenate(self.pieces)
        shape = (self.rows, *self.pieces[0].shape[1:])
        return np.memmap(self.file, self.pieces[0].dtype, mode="r", shape=shape)

    def _spill(self) -> None:
        try:
            if self.file is None:
                self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `with` above
            for piece in self.pieces:
                self.file.write(piece.data)
            self.file.flush()
        except OSError as error:
            raise Unavailable(
                f"{tempfile.gettempdir()} cannot take a table of {self.bytes >> 20} MB "
                f"({error.strerror}): make room there, or set TMPDIR to another folder."
            ) from None
        self.pieces = [self.pieces[-1][:0]]


def changed(rows: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """`change` of (N, …), some rows at a time: the result is mapped where it is large."""
    step = max(1, PIECE // max(rows[:1].nbytes, 1))
    with Scratch() as scratch:
        for start in range(0, max(len(rows), 1), step):
            scratch.add(np.ascontiguousarray(change(rows[start : start + step])))
        return scratch.array()
