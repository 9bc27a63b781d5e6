"""Growing array: rows are added in chunks, in memory while small, then in an unnamed file.

The file is memory-mapped and disappears with the array. The system reclaims its pages when memory
is short, so a table may be larger than memory. The file is created in TMPDIR.
"""

import tempfile
from collections.abc import Callable

import numpy as np

from core.base.errors import Unavailable

LIMIT = 64 * 2**20  # bytes up to which an array stays in memory
BLOCK = 2**22  # bytes of rows that are processed in one go


class GrowingArray:
    """Rows of one width and dtype. Use it in a `with` block; the array outlives the closed file."""

    def __init__(self) -> None:
        self.chunks: list[np.ndarray] = []
        self.file = None
        self.rows = self.bytes = 0

    def __enter__(self) -> "GrowingArray":
        return self

    def __exit__(self, *_: object) -> None:
        if self.file:
            self.file.close()

    def add(self, chunk: np.ndarray) -> None:
        """Add rows (n, width) in C order. Raises Unavailable when the disk is full."""
        self.chunks.append(chunk)
        self.rows += len(chunk)
        self.bytes += chunk.nbytes
        if self.bytes > LIMIT:
            self._spill()

    def array(self) -> np.ndarray:
        """Return all rows, (rows, width), read-only if memory-mapped. Needs at least one chunk."""
        if self.file is None:
            return self.chunks[0] if len(self.chunks) == 1 else np.concatenate(self.chunks)
        shape = (self.rows, *self.chunks[0].shape[1:])
        return np.memmap(self.file, self.chunks[0].dtype, mode="r", shape=shape)

    def _spill(self) -> None:
        try:
            if self.file is None:
                self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `with` above
            for chunk in self.chunks:
                self.file.write(chunk.data)
            self.file.flush()
        except OSError as error:
            raise Unavailable(
                f"{tempfile.gettempdir()} has no room for a table of {self.bytes >> 20} MB "
                f"({error.strerror}). Free up disk space or set TMPDIR to another folder.",
                code="no_temporary_space",
            ) from None
        self.chunks = [self.chunks[-1][:0]]


def map_rows(rows: np.ndarray, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Apply `function` to (N, …) in blocks of rows; a large result is memory-mapped."""
    step = max(1, BLOCK // max(rows[:1].nbytes, 1))
    with GrowingArray() as result:
        for start in range(0, max(len(rows), 1), step):
            result.add(np.ascontiguousarray(function(rows[start : start + step])))
        return result.array()
