"""Decoding: the bytes of a text file as UTF-8, whatever they were before, watched for damage.

UTF-16 is known by its mark, Windows-1252 only on demand: every byte would pass for it. Knows
nothing of rows and columns.
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

UNPACKED_LIMIT = 512 * 2**20  # bytes that a file may unpack to; a bomb of 500 kB unpacks to as much
LEGACY = "cp1252"  # what Excel on Windows saves as "CSV"
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

DAMAGE = (  # what gzip and zipfile raise on bytes that are not theirs
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


class Unpacked(io.RawIOBase):
    """Passes bytes through; BadData past the limit, or where the packing is damaged."""

    def __init__(self, file: BinaryIO, name: str, kind: str):
        self.file, self.name, self.kind, self.passed = file, clip(name), kind, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        try:
            chunk = self.file.read(len(buffer))
        except DAMAGE as error:
            found = clip(str(error)) or "it ends early"
            raise BadData(
                f"{self.name} is damaged {self.kind} ({found}): pack or download it again."
            ) from None
        self.passed += len(chunk)
        if self.passed > UNPACKED_LIMIT:
            raise BadData(
                f"{self.name} unpacks to more than {UNPACKED_LIMIT >> 20} MB: give a smaller "
                "file, or a plain CSV."
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)


class Recoded(io.RawIOBase):
    """Text of another encoding, passed on as UTF-8; BadData, with the line, where it is none."""

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
            kind = "UTF-16" if self.encoding == "utf-16" else "UTF-8 nor Windows-1252"
            rule = f"that is {'no' if self.encoding == 'utf-16' else 'neither'} {kind}"
            found = f"has a byte (0x{error.object[error.start]:02X}) in line {line} {rule}"
            raise BadData(f"{self.name} {found}: save it as CSV (UTF-8).") from None
        self.line += text.count("\n")
        return text


class Clean(io.RawIOBase):
    """Passes UTF-8 through; BadData at a NUL byte, which no text has."""

    def __init__(self, file: BinaryIO, name: str):
        self.file, self.name, self.passed = file, clip(name), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        chunk = self.file.read(len(buffer))
        if b"\0" in chunk:
            place = self.passed + chunk.index(b"\0")
            raise BadData(
                f"{self.name} has a NUL byte at byte {place}, so it is no text: save it as "
                "CSV (UTF-8)."
            )
        self.passed += len(chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)


def decoded(file: io.BufferedReader, name: str, encoding: str | None = None) -> io.BufferedReader:
    """The file from its start as UTF-8 without mark; `encoding` as found by its mark where None."""
    head = file.peek(4)
    mark, marked = next((m for m in MARKS if head.startswith(m[0])), (b"", None))
    encoding = marked or encoding or "utf-8"
    if encoding == "utf-8":
        file.read(len(mark))
    else:
        file = Recoded(file, name, encoding)
    return io.BufferedReader(Clean(file, name), 1 << 18)
