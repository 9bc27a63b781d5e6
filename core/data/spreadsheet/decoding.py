"""Decoding: convert the bytes of a text file to UTF-8 and detect damage.

UTF-16 is recognized by its byte order mark, or by the zero bytes between its digits. Others are
used only on demand (`encodings.py`), because almost any bytes are valid in them.
"""

import codecs
import io
import lzma
import struct
import zipfile
import zlib
from typing import BinaryIO

from core.base.errors import BadData
from core.base.text import clip
from core.data.spreadsheet.encodings import ENCODINGS

UNPACKED_LIMIT = 512 * 2**20  # bytes that a file may unpack to; a ZIP bomb of 500 kB reaches it
LEGACY = "cp1252"  # the encoding of plain "CSV" in Excel on Windows
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

DAMAGE = (  # what gzip and zipfile raise for damaged bytes
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


def unmarked_utf16(head: bytes) -> str:
    """Return the encoding of UTF-16 without a byte order mark by the first bytes: every other one
    of mostly ASCII text is zero. Empty for other text.
    """
    for encoding, zeros, others in (
        ("utf-16-le", head[1::2], head[::2]),
        ("utf-16-be", head[::2], head[1::2]),
    ):
        if len(head) > 8 and 3 * zeros.count(0) > 2 * len(zeros) and 0 not in others:
            return encoding
    return ""


class Unpacked(io.RawIOBase):
    """Pass unpacked bytes through. Raises BadData past the limit or if the archive is damaged."""

    def __init__(self, file: BinaryIO, name: str, kind: str, limit: int = 0):
        self.file, self.name, self.kind, self.passed = file, clip(name), kind, 0
        self.limit = limit or UNPACKED_LIMIT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        try:
            chunk = self.file.read(len(buffer))
        except DAMAGE as error:
            detail = clip(str(error)) or "it ends early"
            raise BadData(
                f"{self.name} is a damaged {self.kind} file ({detail}). Create or download it "
                "again.",
                code="damaged_archive",
            ) from None
        self.passed += len(chunk)
        if self.passed > self.limit:
            raise BadData(
                f"{self.name} unpacks to more than {self.limit >> 20} MB. Use a smaller file, or "
                "unpack it first.",
                code="unpacks_too_large",
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)


class Recoded(io.RawIOBase):
    """Convert text to UTF-8. Raises BadData with the line of the first invalid byte."""

    def __init__(self, file: BinaryIO, name: str, encoding: str):
        self.file, self.name, self.encoding = file, clip(name), encoding
        self.decoder, self.rest, self.line = codecs.getincrementaldecoder(encoding)(), b"", 1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        while not self.rest:
            chunk = self.file.read(1 << 16)
            self.rest = self._decode(chunk, final=not chunk).encode()
            if not chunk:
                break
        size = min(len(buffer), len(self.rest))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        return size

    def _decode(self, chunk: bytes, *, final: bool) -> str:
        try:
            text = self.decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(self.encoding, "ignore")
            line = self.line + before.count("\n")
            chosen = ENCODINGS.get(self.encoding)
            valid = (
                f"valid neither in UTF-8 nor in {chosen.label}" if chosen else "not valid UTF-16"
            )
            raise BadData(
                f"{self.name}, line {line} has a byte (0x{error.object[error.start]:02X}) that is "
                f"{valid}. Save the file as CSV (UTF-8).",
                code="encoding",
            ) from None
        self.line += text.count("\n")
        return text


class WithoutNul(io.RawIOBase):
    """Pass UTF-8 through, without the Ctrl-Z with which DOS programs end a file.

    Raises BadData at a NUL byte, which text never contains.
    """

    def __init__(self, file: BinaryIO, name: str):
        self.file, self.name, self.passed = file, clip(name), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        chunk = self.file.read(len(buffer))
        if b"\0" in chunk:
            position = self.passed + chunk.index(b"\0")
            raise BadData(
                f"{self.name} has a NUL byte at byte {position}, so it is not a text file. Save it "
                "as CSV (UTF-8).",
                code="nul_byte",
            )
        self.passed += len(chunk)
        chunk = chunk.rstrip(b"\x1a")
        buffer[: len(chunk)] = chunk
        return len(chunk)


def decoded(file: io.BufferedReader, name: str, encoding: str | None = None) -> io.BufferedReader:
    """Return the file from its start as UTF-8 without a byte order mark.

    `encoding` is overridden by a byte order mark; None means UTF-8.
    """
    head = file.peek(256)[:256]
    mark, marked = next((m for m in MARKS if head.startswith(m[0])), (b"", None))
    encoding = marked or unmarked_utf16(head) or encoding or "utf-8"
    if encoding == "utf-8":
        file.read(len(mark))
    else:
        file = Recoded(file, name, encoding)
    return io.BufferedReader(WithoutNul(file, name), 1 << 18)
