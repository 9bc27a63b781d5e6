"""Checksums of what the lab stores, so that damage by a disk or a memory is noticed.

A line of JSON ends in the CRC-32 of the rest; a file has its SHA-256 in a file beside it, in the
format of `sha256sum -c`. What earlier versions stored has neither and is read as it is.
"""

import hashlib
import re
import zlib
from functools import lru_cache
from pathlib import Path

from core.base.files import Mark, mark, write_atomic

SUM = ".sha256"  # suffix of the file with the checksum of another one
_FIELD = b',"crc32":'
_CHECKSUM = re.compile(rb'"[0-9a-f]{8}"}$')
_SEAL = 20  # bytes of the field with its checksum and the bracket


def seal(line: str) -> str:
    """Return a JSON object with a checksum as its last field.

    >>> seal('{"step":3}')
    '{"step":3,"crc32":"232fcf13"}'
    """
    return f'{line[:-1]}{_FIELD.decode()}"{zlib.crc32(line.encode()):08x}"}}'


def unseal(line: bytes) -> bytes:
    """Return the object without its checksum. Raises ValueError if it was changed."""
    if _FIELD not in line[-_SEAL:] and not _CHECKSUM.search(line):
        return line  # of an earlier version
    content = line[:-_SEAL] + b"}"
    if seal(content.decode("utf-8", "replace")).encode() != line:
        raise ValueError("the checksum of this line is wrong")
    return content


def write_with_sum(path: Path, content: bytes) -> None:
    """Replace a file and its checksum. The file comes last: with it, both are complete."""
    _write_sum(path, hashlib.sha256(content).hexdigest())
    write_atomic(path, lambda file: file.write(content))


def add_sum(path: Path) -> None:
    """Write the checksum of an existing file."""
    _write_sum(path, digest_of(path))


def is_intact(path: Path) -> bool:
    """Whether a file agrees with its checksum; True if it has none."""
    try:
        expected = sum_path(path).read_text("utf-8", "replace").split()
    except FileNotFoundError:
        return True
    return expected[:1] == [digest_of(path)]


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, which is read once as long as it stays the same."""
    return _digest(str(path), mark(str(path)))


def sum_path(path: Path) -> Path:
    """Return the path of the file with the checksum of `path`."""
    return path.with_name(path.name + SUM)


def _write_sum(path: Path, digest: str) -> None:
    text = f"{digest}  {path.name}\n"
    write_atomic(sum_path(path), lambda file: file.write(text.encode()))


@lru_cache(maxsize=256)
def _digest(path: str, stamp: Mark | None) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
