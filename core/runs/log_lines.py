"""The lines of an event log: sealed JSON objects, appended one by one to a file that others read
meanwhile. A torn last line and lines that were damaged are left out.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from typing import BinaryIO

from core.base.seal import seal, unseal


def append_line(file: BinaryIO, line: str) -> None:
    """Append a JSON object to a file opened with "ab+"."""
    append_lines(file, [line])


def append_lines(file: BinaryIO, lines: Iterable[str]) -> None:
    """Append JSON objects in one block."""
    if file.seek(0, os.SEEK_END):
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")  # the torn line of a killed writer gets an end
    file.write(b"".join(seal(line).encode() + b"\n" for line in lines))


def read_lines(file: BinaryIO, offset: int = 0) -> tuple[list[str], int]:
    """Return the complete lines after byte `offset`, and the offset after them. Lines that are not
    a JSON object, or not as they were written, are dropped.
    """
    file.seek(offset)
    block = file.read()
    whole, lines = block[: block.rfind(b"\n") + 1], []
    for line in whole.splitlines():
        with suppress(ValueError):
            text = unseal(line).decode("utf-8", "replace")
            lines += [text] if text.startswith("{") and text.endswith("}") else []
    return lines, offset + len(whole)


def last_objects(file: BinaryIO, having: str = "", count: int = 1) -> list[dict]:
    """Return up to `count` complete objects, those `having` this field, the last one first. The
    search starts at the end of the file.
    """
    size = file.seek(0, os.SEEK_END)
    found: list[dict] = []
    for reach in (4096, 1 << 20, size):
        file.seek(max(0, size - reach))
        block = file.read()
        found = []
        for line in reversed(block[: block.rfind(b"\n") + 1].splitlines()):
            with suppress(ValueError):
                event = json.loads(unseal(line))
                if not having or having in event:
                    found.append(event)
                if len(found) == count:
                    return found
        if reach >= size:
            break
    return found
