"""Uploads: unchanged uploaded files, named by their SHA-256; and arrays written in blocks."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.base.files import write_atomic
from core.data.spreadsheet.source import Source

BLOCK = 2**22  # bytes that are written in one go


class Uploads:
    """The files in one folder, each complete or absent."""

    def __init__(self, root: Path):
        self.root = root

    def path(self, digest: str) -> Path | None:
        """Return the path of a stored file, None if it is not stored."""
        path = self.root / digest
        return path if digest and path.is_file() else None

    def known_hashes(
        self, sources: Sequence[Source | None], hashes: Sequence[str]
    ) -> tuple[str, ...]:
        """Return the hashes of uploads (bytes) and of stored files; "" for other paths."""
        pairs = zip(sources, hashes, strict=True)
        return tuple(h if isinstance(s, bytes) or self.path(h) else "" for s, h in pairs)

    def save(self, sources: Sequence[Source | None], hashes: Sequence[str]) -> None:
        """Write the uploads that are not stored yet."""
        for source, digest in zip(sources, hashes, strict=True):
            if isinstance(source, bytes) and not self.path(digest):
                self.root.mkdir(parents=True, exist_ok=True)
                write_atomic(self.root / digest, lambda file, source=source: file.write(source))

    def take(self, path: Path) -> Path:
        """Move a file into the folder, unless it is stored already; return its path."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.root.mkdir(parents=True, exist_ok=True)
        return self.path(digest) or path.replace(self.root / digest)


def write_array(path: Path, array: np.ndarray) -> None:
    """Write like np.save, but copy only a block of rows at a time of a non-contiguous array."""
    head = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
    step = max(1, BLOCK // max(array[:1].nbytes, 1))
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, head)
        for start in range(0, len(array), step):
            file.write(np.ascontiguousarray(array[start : start + step]).data)
