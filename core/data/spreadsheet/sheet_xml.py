"""What calamine does not tell of a sheet, from the XML itself: errors, formulas without a value,
merged cells, and how far it reaches. Runs in the process of sheet.py, so standard library only.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO, TextIO

from core.data.spreadsheet.grid import letters, number, ref

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


def tell(report: TextIO, facts: dict[str, Any]) -> None:
    """One line, out at once: the next thing may end this process."""
    report.write(json.dumps(facts) + "\n")
    report.flush()


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
                    last = ref(row - 1 + high, column + wide)
                    raise Fault("merged", sheet=name, cells=f"{ref(row - 1, column)}:{last}")
                column += int(found.get("number-columns-repeated", 1))


def _cell(attributes: bytes) -> str:
    found = _REF.search(attributes)
    return (found[1] + found[2]).decode() if found else "?"
