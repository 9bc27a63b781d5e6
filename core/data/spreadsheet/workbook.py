"""Workbook: one sheet of an XLSX or ODS file as CSV text, read by a process of its own (sheet.py).

A bad workbook can ask for any memory and end the process that reads it, so the limits below are
that process's; whichever way it ends, there is one sentence.
"""

import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from core.base.errors import BadData, LabError, Unavailable
from core.base.numbers import whole
from core.base.text import clip

ROWS, COLUMNS = 200_000, 20_000
SECONDS = 60
GRACE = 5  # seconds more until the process is ended from here
MEMORY = 2 * 2**30  # bytes of address space; 10 000 × 784 cells take 0.6 GB
UNPACKED = 512 * 2**20  # bytes of all parts together
TEXT = 512 * 2**20  # bytes of CSV
RATIO = 100  # unpacked by packed; sheets of numbers reach 7 to 13, bombs 400
SHOWN = 5  # sheet names in a message

_ROOT = str(Path(__file__).parents[3])
_CHILD = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from core.data.spreadsheet.sheet import main; main()"
)


@dataclass(frozen=True)
class Sheet:
    """CSV text in `file`; its first column is the sheet's `column`, from 0."""

    file: BinaryIO
    name: str
    others: tuple[str, ...]
    column: int


@contextmanager
def sheet_of(
    file: BinaryIO, parts: zipfile.ZipFile, name: str, wanted: str = ""
) -> Iterator[Sheet]:
    """The sheet `wanted`, or the first visible one with values, as CSV in an unnamed file.

    Raises BadData, Unavailable.
    """
    check(parts, name)
    with ExitStack() as files:
        try:
            table = files.enter_context(tempfile.TemporaryFile())
            report = files.enter_context(tempfile.TemporaryFile())
            copy = files.enter_context(tempfile.TemporaryFile())
            code = _run(_on_disk(file, copy), table, report, wanted)
        except OSError as error:
            raise Unavailable(
                f"{name} cannot be unpacked ({error.strerror}): make room on the disk for "
                "temporary files."
            ) from None
        facts = _facts(report)
        if code or "fault" in facts or "column" not in facts:
            raise _sentence(name, code, facts)
        table.seek(0)
        yield Sheet(table, facts["sheet"], tuple(facts["others"]), facts["column"])


def check(parts: zipfile.ZipFile, name: str) -> None:
    """BadData where a workbook says that it is larger than one is, before anything is unpacked."""
    large = sum(part.file_size for part in parts.infolist())
    packed = sum(part.compress_size for part in parts.infolist())
    if large > UNPACKED:
        raise BadData(
            f"{name} unpacks to {whole(large / 2**20)} MB, at most {UNPACKED >> 20} MB are read: "
            "save it as CSV."
        )
    if large > RATIO * max(packed, 1) and large > 2**20:
        raise BadData(
            f"{name} unpacks to {whole(large / max(packed, 1))} times its size, which no sheet of "
            f"values does (at most {RATIO}): save it as CSV."
        )


def _on_disk(file: BinaryIO, copy: BinaryIO) -> BinaryIO:
    """The same bytes in a file that another process can be given: itself, or the copy."""
    file.seek(0)
    try:
        file.fileno()
    except (io.UnsupportedOperation, AttributeError):
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        return copy
    return file


def _run(book: BinaryIO, table: BinaryIO, report: BinaryIO, wanted: str) -> int | None:
    """How the process ended: its status, minus a signal, None when its time was up."""
    order = {"sheet": wanted, "rows": ROWS, "columns": COLUMNS}
    order |= {"memory": MEMORY, "text": TEXT, "seconds": SECONDS}
    # -I and a path of our own: nothing from the environment or the current folder is imported
    command = [sys.executable, "-I", "-c", _CHILD, _ROOT, json.dumps(order)]
    process = subprocess.Popen(command, stdin=book, stdout=table, stderr=report)
    try:
        return process.wait(SECONDS + GRACE)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _facts(report: BinaryIO) -> dict[str, Any]:
    """What the process told, the later over the earlier."""
    report.seek(0)
    facts: dict[str, Any] = {}
    for line in report.read(2**20).decode("utf-8", "replace").splitlines():
        with suppress(ValueError):  # what the system wrote there besides, cut or none of ours
            if line.startswith("{"):
                facts |= json.loads(line)
    return facts


def _sentence(name: str, code: int | None, facts: dict[str, Any]) -> LabError:
    fault = facts.get("fault") or {None: "time", -14: "time", -24: "time", -6: "memory"}.get(code)
    place = f"{name}, sheet {clip(facts['sheet'])!r}" if facts.get("sheet") else name
    sheets = _few(facts.get("sheets", []))
    csv, delete = "save the sheet as CSV", "delete what stands far out"
    limits = f"at most {whole(ROWS)} × {whole(COLUMNS)} are read"
    far = f", with a cell as far out as {facts['last']}" if facts.get("last") else ""
    detail = clip(facts.get("detail", ""))
    sentences = {
        "password": f"{name} is locked with a password: save it without one.",
        "damaged": f"{name} is a damaged workbook ({detail}): save it anew as XLSX or CSV.",
        "no such sheet": f"{place} is not there, only {sheets}: choose one of these.",
        "empty": f"{name} is empty, no cell in {sheets} has a value: give a sheet with one row "
        "for each sample.",
        "hidden": f"{name} has no values but in hidden sheets ({sheets}): show the sheet, or name "
        "it.",
        "large": f"{place} reaches to cell {facts.get('last')}, {limits}: {delete}, or {csv}.",
        "merged": f"{place} has merged cells ({facts.get('cells')}), and every cell needs its own "
        "value: unmerge them.",
        "formula": f"{place}, cell {facts.get('cell')} is the formula "
        f"{clip(facts.get('text', ''))!r} without a stored value: open the file in a spreadsheet "
        "program and save it.",
        "error": f"{place}, cell {facts.get('cell')} is the error {facts.get('text')}, not a "
        "value: correct it, or clear the cell.",
        "memory": f"{place} needs more than {MEMORY >> 20} MB to be read{far}: {delete}, or {csv}.",
        "text": f"{place} is more than {TEXT >> 20} MB as text: {csv}.",
        "time": f"{place} is not read after {SECONDS} seconds: {csv}.",
    }
    if fault in sentences:
        return BadData(sentences[fault])
    if fault == "room":
        return Unavailable(f"{name} needs room on the disk for temporary files: make some.")
    if fault == "missing":
        return Unavailable(
            f"{name} is a workbook, and the reader for these is not here ({detail}): install "
            f"python-calamine, or {csv}."
        )
    way = f"signal {-code}" if code is not None and code < 0 else f"status {code}"
    return BadData(f"{place} ended the process that read it ({way}): {csv}.")


def _few(names: list[str]) -> str:
    return ", ".join([repr(clip(n)) for n in names[:SHOWN]] + ["…"] * (len(names) > SHOWN))
