"""Workbook: one sheet of an XLSX or ODS file as CSV text, read in a separate process (sheet.py).

A malformed workbook can exhaust memory and end the process that reads it, so that process runs
under the limits below. However it ends, the result is a sheet or an error with a code.
"""

import io
import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from core.base.errors import BadData, LabError, Unavailable
from core.base.numbers import whole
from core.base.process import ROOT, run_limited
from core.base.text import clip

ROWS, COLUMNS = 200_000, 20_000
SECONDS = 60
GRACE = 5  # further seconds until this process ends the other one
MEMORY = 2 * 2**30  # bytes of address space; 10 000 × 784 cells take 0.6 GB
UNPACKED = 512 * 2**20  # bytes of all parts together
TEXT = 512 * 2**20  # bytes of CSV
RATIO = 100  # unpacked size by packed size; sheets of numbers reach 7 to 13, ZIP bombs 400
SHOWN = 5  # sheet names in a message

_CHILD = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from core.data.spreadsheet.sheet import main; main()"
)


@dataclass(frozen=True)
class Sheet:
    """CSV text in `file`; its first column is column `column` of the sheet, from 0.

    `instead_of` is an earlier sheet that was passed over, and why: "text", it has no numbers, or
    "rows", it has far fewer; two empty texts if there is none.
    """

    file: BinaryIO
    name: str
    others: tuple[str, ...]
    column: int
    instead_of: tuple[str, str] = ("", "")


@contextmanager
def open_sheet(
    file: BinaryIO, parts: zipfile.ZipFile, name: str, wanted: str = ""
) -> Iterator[Sheet]:
    """Open the sheet `wanted`, or the first visible one with values, as CSV in an unnamed file.

    Raises BadData, Unavailable.
    """
    check_size(parts, name)
    with ExitStack() as files:
        try:
            table = files.enter_context(tempfile.TemporaryFile())
            report = files.enter_context(tempfile.TemporaryFile())
            copy = files.enter_context(tempfile.TemporaryFile())
            status = _run(_on_disk(file, copy), table, report, wanted)
        except OSError as error:
            raise Unavailable(
                f"{name} cannot be unpacked ({error.strerror}). Free up disk space for temporary "
                "files.",
                code="no_temporary_space",
            ) from None
        facts = _facts(report)
        if status or "fault" in facts or "column" not in facts:
            raise _error(name, status, facts)
        table.seek(0)
        passed_over = tuple(facts["instead_of"])
        yield Sheet(table, facts["sheet"], tuple(facts["others"]), facts["column"], passed_over)


def check_size(parts: zipfile.ZipFile, name: str) -> None:
    """Raise BadData for a workbook whose declared size is too large, before unpacking it."""
    large = sum(part.file_size for part in parts.infolist())
    packed = sum(part.compress_size for part in parts.infolist())
    if large > UNPACKED:
        raise BadData(
            f"{name} unpacks to {whole(large / 2**20)} MB, but at most {UNPACKED >> 20} MB are "
            "supported. Save the sheet as CSV.",
            code="unpacks_too_large",
        )
    if large > RATIO * max(packed, 1) and large > 2**20:
        raise BadData(
            f"{name} unpacks to {whole(large / max(packed, 1))} times its size, but at most "
            f"{RATIO} times is supported. Save the sheet as CSV.",
            code="compression_ratio",
        )


def _on_disk(file: BinaryIO, copy: BinaryIO) -> BinaryIO:
    """Return a file with these bytes that can be passed to another process: itself or the copy."""
    file.seek(0)
    try:
        file.fileno()
    except (io.UnsupportedOperation, AttributeError):
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        return copy
    return file


def _run(book: BinaryIO, table: BinaryIO, report: BinaryIO, wanted: str) -> int | None:
    """Run the process. Return its exit status, −signal, or None if it exceeded its time."""
    order = {"sheet": wanted, "rows": ROWS, "columns": COLUMNS}
    order |= {"memory": MEMORY, "text": TEXT, "seconds": SECONDS}
    # -I and an explicit path: nothing is imported from the environment or the current folder
    command = [sys.executable, "-I", "-c", _CHILD, str(ROOT), json.dumps(order)]
    return run_limited(command, SECONDS + GRACE, stdin=book, stdout=table, stderr=report)


def _facts(report: BinaryIO) -> dict[str, Any]:
    """Return the reported facts; later values replace earlier ones."""
    report.seek(0)
    facts: dict[str, Any] = {}
    for line in report.read(2**20).decode("utf-8", "replace").splitlines():
        with suppress(ValueError):  # other output of the system, or a truncated line
            if line.startswith("{"):
                facts |= json.loads(line)
    return facts


def _error(name: str, status: int | None, facts: dict[str, Any]) -> LabError:
    """Return the error for the reported facts, or for the way in which the process ended."""
    by_status = {None: "time", -14: "time", -24: "time", -6: "memory"}
    fault = facts.get("fault") or by_status.get(status, "")
    place = f"{name}, sheet {clip(facts['sheet'])!r}" if facts.get("sheet") else name
    detail = clip(facts.get("detail", ""))
    if message := _messages(name, place, facts).get(fault):
        return BadData(message, code=f"workbook_{fault}")
    if fault == "room":
        return Unavailable(
            f"{name} needs disk space for temporary files. Free up some space.",
            code="no_temporary_space",
        )
    if fault == "missing":
        return Unavailable(
            f"{name} is a workbook, but the library that reads workbooks is not installed "
            f"({detail}). Install python-calamine, or save the sheet as CSV.",
            code="calamine_missing",
        )
    end = f"signal {-status}" if status is not None and status < 0 else f"status {status}"
    return BadData(
        f"{place} ended the process that reads it ({end}). Save the sheet as CSV.",
        code="workbook_crash",
    )


def _messages(name: str, place: str, facts: dict[str, Any]) -> dict[str, str]:
    """Return the message for each fault of the workbook itself."""
    sheets = _few(facts.get("sheets", []))
    remedy = "Delete the cells that are far away from the data, or save the sheet as CSV."
    extent = f"; its last cell is {facts['last']}" if facts.get("last") else ""
    return {
        "password": f"{name} is protected by a password. Save it without one.",
        "damaged": f"{name} is a damaged workbook ({clip(facts.get('detail', ''))}). Save it again "
        "as XLSX or CSV.",
        "no_such_sheet": f"{place} does not exist. Choose one of its sheets: {sheets}.",
        "empty": f"{name} has no values in {sheets}. Provide a sheet with one row per sample.",
        "hidden": f"{name} has values only in hidden sheets ({sheets}). Unhide the sheet or enter "
        "its name.",
        "large": f"{place} reaches to cell {facts.get('last')}, but at most {whole(ROWS)} rows and "
        f"{whole(COLUMNS)} columns are supported. {remedy}",
        "merged": f"{place} has merged cells ({facts.get('cells')}), but every cell needs its own "
        "value. Unmerge them.",
        "formula": f"{place}, cell {facts.get('cell')} has the formula "
        f"{clip(facts.get('text', ''))!r} without a stored value. Open the file in a spreadsheet "
        "program and save it.",
        "error": f"{place}, cell {facts.get('cell')} contains the error {facts.get('text')} "
        "instead of a value. Correct or clear the cell.",
        "memory": f"{place} needs more than {MEMORY >> 20} MB of memory{extent}. {remedy}",
        "text": f"{place} is larger than {TEXT >> 20} MB as text. Save the sheet as CSV.",
        "time": f"{place} could not be read within {SECONDS} seconds. Save the sheet as CSV.",
    }


def _few(names: list[str]) -> str:
    return ", ".join([repr(clip(n)) for n in names[:SHOWN]] + ["…"] * (len(names) > SHOWN))
