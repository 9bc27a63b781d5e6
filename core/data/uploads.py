"""Uploads: uploaded files as they came, by their SHA-256; and arrays written in blocks."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.base.files import write_atomic
from core.data.spreadsheet.source import Source

BLOCK = 2**22  # bytes that are written together


class Uploads:
    """The files in one folder, each whole or not there."""

    def __init__(self, root: Path):
        self.root = root

    def path(self, digest: str) -> Path | None:
        """Of a file that is here."""
        path = self.root / digest
        return path if digest and path.is_file() else None

    def known(self, given: Sequence[Source | None], hashes: Sequence[str]) -> tuple[str, ...]:
        """The hashes of uploads, which are bytes, and of uploads that are read again; else ""."""
        pairs = zip(given, hashes, strict=True)
        return tuple(h if isinstance(g, bytes) or self.path(h) else "" for g, h in pairs)

    def keep(self, given: Sequence[Source | None], hashes: Sequence[str]) -> None:
        """Writes the uploads that are not here yet."""
        for source, digest in zip(given, hashes, strict=True):
            if isinstance(source, bytes) and not self.path(digest):
                self.root.mkdir(parents=True, exist_ok=True)
                write_atomic(self.root / digest, lambda file, source=source: file.write(source))

    def take(self, path: Path) -> Path:
        """Moves a file of this disk in, as if it had been uploaded, unless it is here already;
        where it lies now.
        """
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.root.mkdir(parents=True, exist_ok=True)
        return self.path(digest) or path.replace(self.root / digest)


def write_array(path: Path, array: np.ndarray) -> None:
    """As np.save, but of a turned or cut-out array only some rows at a time are copied."""
    head = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
    step = max(1, BLOCK // max(array[:1].nbytes, 1))
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, head)
        for start in range(0, len(array), step):
            file.write(np.ascontiguousarray(array[start : start + step]).data)
