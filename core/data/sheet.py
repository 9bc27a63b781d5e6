"""Sheet: one sheet of a workbook as CSV text. Runs as a process of its own, under limits.

    python -I sheet.py '{"sheet": "", "seconds": 60, …}' < book.xlsx > table.csv 2> report

calamine reads cells fast, but a cell far from the others ends its whole process, and no limit can
be given to it. So this file knows the standard library and calamine, nothing of the lab; it tells
facts in JSON, one a line, the last one counts. Blank rows stand as blank lines and columns start
at the sheet's first used one, so that rows and columns keep the numbers that the sheet shows.
"""

import csv
import errno
import json
import re
import signal
import sys
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, TextIO

CHUNK = 1 << 20  # bytes of XML looked at in one go
OVERLAP = 1 << 14  # bytes that a cell may stand across two chunks

_REF = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_ERROR = re.compile(
    rb'<(?:\w+:)?c ([^>]*\bt="e"[^>]*)>(?:(?!</(?:\w+:)?c>).){0,4000}?<(?:\w+:)?v>([^<]{1,20})',
    re.S,
)
_NO_VALUE = re.compile(  # a formula without its last result: written by a program, never opened
    rb'<(?:\w+:)?c ((?:(?!\bt="str")[^>])*)><(?:\w+:)?f\b[^>]*(?:/>|>([^<]*)</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_SPANNED = re.compile(rb'number-(?:columns|rows)-spanned="(?!1")')


class Fault(Exception):
    """Why the sheet is not read, and the facts that the sentence about it needs."""

    def __init__(self, fault: str, **facts: Any):
        super().__init__(fault)
        self.facts = {"fault": fault, **facts}


def convert(
    book: BinaryIO, table: TextIO, report: TextIO, *, sheet: str, rows: int, columns: int
) -> dict[str, Any]:
    """Writes the sheet of that name, or the first visible one with values, as CSV. Raises Fault."""
    import python_calamine as calamine

    try:
        workbook = calamine.load_workbook(book)
        name, cells = _choose(workbook, sheet, report, book)
    except calamine.PasswordError:
        raise Fault("password") from None
    (top, left), (bottom, right) = cells.start, cells.end
    if bottom >= rows or right - left >= columns:
        raise Fault("large", last=letters(right) + str(bottom + 1), sheet=name)
    for (r0, c0), (r1, c1) in cells.merged_cell_ranges or ():
        if r0 <= bottom and r1 >= top and c0 <= right and c1 >= left:
            raise Fault("merged", sheet=name, cells=f"{_ref(r0, c0)}:{_ref(r1, c1)}")
    write(cells.iter_rows(), table)
    names = workbook.sheet_names
    return {"sheet": name, "others": [n for n in names if n != name], "column": left}


def _choose(workbook: Any, wanted: str, report: TextIO, book: BinaryIO) -> tuple[str, Any]:
    """Name and cells of the sheet, looked at for what calamine does not tell before it is read."""
    names = workbook.sheet_names
    known = {m.name: m for m in workbook.sheets_metadata}
    if wanted and wanted not in names:
        raise Fault("no such sheet", sheet=wanted, sheets=names)
    sheets = [n for n in names if str(known[n].typ).endswith("WorkSheet")]
    visible = [n for n in sheets if str(known[n].visible).endswith(".Visible")]
    for name in [wanted] if wanted else visible:
        look(book, name, report)
        cells = workbook.get_sheet_by_name(name)
        if cells.end is not None:
            return name, cells
    if not wanted and len(visible) < len(sheets):
        raise Fault("hidden", sheets=[n for n in sheets if n not in visible])
    raise Fault("empty", sheets=[wanted] if wanted else visible)


def write(rows: Iterable[list], table: TextIO) -> None:
    """Whole numbers without `.0`, an empty row as a blank line."""
    writer = csv.writer(table, lineterminator="\n")
    for row in rows:
        kinds = set(map(type, row))
        if kinds == {float}:  # the fast way: repr of a whole float ends in .0
            line = ",".join(map(repr, row)) + "\n"
            table.write(line.replace(".0,", ",").replace(".0\n", "\n"))
        elif kinds == {str} and not any(row):
            table.write("\n")
        else:
            writer.writerow([_text(cell) for cell in row])


def _text(cell: Any) -> str:
    if type(cell) is float:
        return repr(cell).removesuffix(".0")
    if type(cell) is bool:
        return str(cell).upper()
    return cell if type(cell) is str else str(cell)  # dates and times as ISO 8601 writes them


# --- what calamine does not tell, from the XML itself


def look(book: BinaryIO, name: str, report: TextIO) -> None:
    """Tells how far the sheet reaches. Fault at an error, a formula without value, merged cells."""
    with zipfile.ZipFile(book) as parts:
        if "content.xml" in parts.namelist():
            if any(_SPANNED.search(chunk) for chunk in _chunks(parts, "content.xml")):
                _find_span(parts, name)
            return
        path = _path(parts, name)
        if path is None:
            return
        row, column = 0, 0
        for chunk in _chunks(parts, path):
            if b't="e"' in chunk and (found := _ERROR.search(chunk)):
                text = found[2].decode("utf-8", "replace")
                raise Fault("error", sheet=name, cell=_cell(found[1]), text=text)
            if b"f>" in chunk and (found := _NO_VALUE.search(chunk)):
                text = "=" + (found[2] or b"").decode("utf-8", "replace")
                raise Fault("formula", sheet=name, cell=_cell(found[1]), text=text)
            for last_row, last_column in _row_ends(chunk):
                row, column = max(row, last_row), max(column, last_column)
    if row:
        tell(report, {"sheet": name, "last": f"{letters(column)}{row}"})


def _chunks(parts: zipfile.ZipFile, path: str) -> Iterator[bytes]:
    with parts.open(path) as file:
        tail = b""
        while chunk := file.read(CHUNK):
            yield tail + chunk
            tail = chunk[-OVERLAP:]


def _row_ends(chunk: bytes) -> Iterator[tuple[int, int]]:
    """(row, column from 0) of the last cell with a value in every row that ends in this chunk."""
    end = chunk.find(b"</row>")
    while end >= 0:
        closed = chunk.rfind(b"</c>", max(0, end - OVERLAP), end)
        start = chunk.rfind(b"<c ", max(0, closed - OVERLAP), closed) if closed >= 0 else -1
        if start >= 0 and (found := _REF.search(chunk, start, closed)):
            yield int(found[2]), number(found[1].decode())
        end = chunk.find(b"</row>", end + 1)


def _path(parts: zipfile.ZipFile, name: str) -> str | None:
    """The part that holds the sheet of this name, by workbook.xml and its relations."""
    from xml.etree import ElementTree

    def attributes(part: str, tag: str) -> Iterator[dict[str, str]]:
        root = ElementTree.fromstring(parts.read(part))
        for element in root.iter():
            if element.tag.rpartition("}")[2] == tag:
                yield {key.rpartition("}")[2]: value for key, value in element.attrib.items()}

    try:
        sheet = next(a for a in attributes("xl/workbook.xml", "sheet") if a.get("name") == name)
        relations = attributes("xl/_rels/workbook.xml.rels", "Relationship")
        target = next(a["Target"] for a in relations if a.get("Id") == sheet["id"])
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    except (KeyError, StopIteration, ElementTree.ParseError):
        return None
    return path if path in parts.namelist() else None


def _find_span(parts: zipfile.ZipFile, name: str) -> None:
    """Fault at the first merged cell of this OpenDocument sheet."""
    from xml.etree import ElementTree

    table, row, column = "", 0, 0
    with parts.open("content.xml") as file:
        for _, element in ElementTree.iterparse(file, ["start"]):
            tag = element.tag.rpartition("}")[2]
            found = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
            if tag == "table":
                table, row, column = found.get("name", ""), 0, 0
            elif tag == "table-row":
                row, column = row + int(found.get("number-rows-repeated", 1)), 0
            elif tag in ("table-cell", "covered-table-cell"):
                wide = int(found.get("number-columns-spanned", 1)) - 1
                high = int(found.get("number-rows-spanned", 1)) - 1
                if table == name and (wide or high):
                    last = _ref(row - 1 + high, column + wide)
                    raise Fault("merged", sheet=name, cells=f"{_ref(row - 1, column)}:{last}")
                column += int(found.get("number-columns-repeated", 1))


def _cell(attributes: bytes) -> str:
    found = _REF.search(attributes)
    return (found[1] + found[2]).decode() if found else "?"


def _ref(row: int, column: int) -> str:
    return f"{letters(column)}{row + 1}"


def letters(column: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA."""
    text = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        text = chr(65 + digit) + text
    return text


def number(text: str) -> int:
    """A -> 0, Z -> 25, AA -> 26."""
    value = 0
    for letter in text:
        value = value * 26 + ord(letter) - 64
    return value - 1


# --- the process


def tell(report: TextIO, facts: dict[str, Any]) -> None:
    """One line, out at once: the next thing may end this process."""
    report.write(json.dumps(facts) + "\n")
    report.flush()


def limit(memory: int, text: int, seconds: int) -> None:
    """Bytes of address space and of CSV, seconds on any clock; no core file. Not on Windows."""
    try:
        import resource
    except ImportError:
        return
    signal.alarm(seconds)  # ends this process also when nobody is left to do it
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, text),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def answer(book: BinaryIO, table: TextIO, report: TextIO, **order: Any) -> dict[str, Any]:
    """What `convert` tells, its faults, and whatever else goes wrong, as facts."""
    try:
        facts = convert(book, table, report, **order)
        table.flush()
        return facts
    except Fault as fault:
        return fault.facts
    except ImportError as error:
        return {"fault": "missing", "detail": str(error)}
    except MemoryError:
        return {"fault": "memory"}
    except OSError as error:
        full = {errno.EFBIG: "text", errno.ENOSPC: "room"}.get(error.errno, "damaged")
        return {"fault": full, "detail": str(error)}
    except BaseException as error:  # a Rust panic is none of Exception's children
        return {"fault": "damaged", "detail": str(error) or type(error).__name__}


def main() -> None:
    """One sheet from standard input to standard output, facts to standard error."""
    order = json.loads(sys.argv[1])
    limit(order.pop("memory"), order.pop("text"), order.pop("seconds"))
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    tell(sys.stderr, answer(sys.stdin.buffer, sys.stdout, sys.stderr, **order))


if __name__ == "__main__":
    main()
