"""Source: the bytes of a spreadsheet, gzip undone; what is no text is refused by name.

Knows nothing of rows and columns.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.data.wording import clip
from core.errors import BadData, NotFound

Source = Path | bytes
UNPACKED_LIMIT = 512 * 2**20  # bytes that a .gz may unpack to; a bomb of 500 kB unpacks to as much

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_MAGIC = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a sound, film or WebP file"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (XLS)"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"PAR1", "a Parquet file"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
_MARKUP = ((b"<", "a web page or XML"), (b"{", "JSON"), (b"[", "JSON"))


@contextmanager
def packed(source: Source, name: str) -> Iterator[BinaryIO]:
    """The bytes as they lie there. NotFound where a path leads to no file."""
    if not isinstance(source, Path):
        yield io.BytesIO(source)
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise NotFound(
            f"{clip(name)} cannot be opened ({error.strerror}): check the path."
        ) from None
    with file:
        yield file


@contextmanager
def text(source: Source, name: str) -> Iterator[BinaryIO]:
    """The bytes of the table itself: unpacked, without byte order mark.

    BadData where they are no text.
    """
    with packed(source, name) as file:
        head = file.read(4096)
        file.seek(0)
        limit = None
        if head.startswith(_GZIP):
            file, limit = gzip.GzipFile(fileobj=file), UNPACKED_LIMIT
        stream = io.BufferedReader(_Checked(file, name, limit), 1 << 18)
        head = stream.peek(4096)
        refuse(head, name)
        if head.startswith(_BOM):
            stream.read(len(_BOM))
        yield stream


def refuse(head: bytes, name: str) -> None:
    """BadData when the first bytes are those of a known format that is no CSV."""
    found = next((what for magic, what in _MAGIC if head.startswith(magic)), None)
    if found == "a ZIP file" and (b"xl/" in head or b"[Content_Types].xml" in head):
        found = "an Excel workbook (XLSX)"
    found = found or next((what for sign, what in _MARKUP if head.lstrip().startswith(sign)), None)
    if found or b"\0" in head:
        raise BadData(
            f"{clip(name)} is {found or 'a binary file'}, not a table: save it as CSV "
            "(UTF-8) and give that."
        )


class _Checked(io.RawIOBase):
    """Passes bytes through; BadData at a NUL byte, past the limit, or where gzip is damaged."""

    def __init__(self, file: BinaryIO, name: str, limit: int | None):
        self.file, self.name, self.limit, self.passed = file, clip(name), limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        try:
            chunk = self.file.read(len(buffer))
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BadData(
                f"{self.name} is damaged gzip ({error}): pack or download it again."
            ) from None
        if self.passed and b"\0" in chunk:  # the first block gets a better name from `refuse`
            place = self.passed + chunk.index(b"\0")
            raise BadData(
                f"{self.name} has a NUL byte at byte {place}, so it is no text: save it as "
                "CSV (UTF-8)."
            )
        self.passed += len(chunk)
        if self.limit and self.passed > self.limit:
            raise BadData(
                f"{self.name} unpacks to more than {self.limit >> 20} MB: give a smaller "
                "file, or a plain CSV."
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)
