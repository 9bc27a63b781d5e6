"""Sheet XML: errors, formulas without values, merged cells and the extent of a sheet.

calamine does not report these. Runs in the process of `sheet.py`, so it imports only the standard
library.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO, TextIO

from core.data.spreadsheet.grid import letters, number, ref

CHUNK = 1 << 20  # bytes of XML searched in one go
OVERLAP = 1 << 14  # bytes repeated in the next chunk, because a cell may span two

_REF = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_ERROR = re.compile(
    rb'<(?:\w+:)?c ([^>]*\bt="e"[^>]*)>(?:(?!</(?:\w+:)?c>).){0,4000}?<(?:\w+:)?v>([^<]{1,20})',
    re.S,
)
_NO_VALUE = re.compile(  # a formula without a result: written by a program and never opened
    rb'<(?:\w+:)?c ((?:(?!\bt="str")[^>])*)><(?:\w+:)?f\b[^>]*(?:/>|>([^<]*)</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_SPANNED = re.compile(rb'number-(?:columns|rows)-spanned="(?!1")')


class Fault(Exception):
    """The reason why a sheet cannot be read, with the facts for its message."""

    def __init__(self, fault: str, **facts: Any):
        super().__init__(fault)
        self.facts = {"fault": fault, **facts}


def write_facts(report: TextIO, facts: dict[str, Any]) -> None:
    """Write one line and flush it, because the next step may end this process."""
    report.write(json.dumps(facts) + "\n")
    report.flush()


def check_sheet(book: BinaryIO, name: str, report: TextIO) -> None:
    """Report the extent of the sheet. Raises Fault for errors, missing values, merged cells."""
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
            if b't="e"' in chunk and (match := _ERROR.search(chunk)):
                text = match[2].decode("utf-8", "replace")
                raise Fault("error", sheet=name, cell=_cell(match[1]), text=text)
            if b"f>" in chunk and (match := _NO_VALUE.search(chunk)):
                text = "=" + (match[2] or b"").decode("utf-8", "replace")
                raise Fault("formula", sheet=name, cell=_cell(match[1]), text=text)
            for last_row, last_column in _row_ends(chunk):
                row, column = max(row, last_row), max(column, last_column)
    if row:
        write_facts(report, {"sheet": name, "last": f"{letters(column)}{row}"})


def _chunks(parts: zipfile.ZipFile, path: str) -> Iterator[bytes]:
    with parts.open(path) as file:
        tail = b""
        while chunk := file.read(CHUNK):
            yield tail + chunk
            tail = chunk[-OVERLAP:]


def _row_ends(chunk: bytes) -> Iterator[tuple[int, int]]:
    """Yield (row, column from 0) of the last cell with a value of each row ending in this chunk."""
    end = chunk.find(b"</row>")
    while end >= 0:
        closed = chunk.rfind(b"</c>", max(0, end - OVERLAP), end)
        start = chunk.rfind(b"<c ", max(0, closed - OVERLAP), closed) if closed >= 0 else -1
        if start >= 0 and (match := _REF.search(chunk, start, closed)):
            yield int(match[2]), number(match[1].decode())
        end = chunk.find(b"</row>", end + 1)


def _path(parts: zipfile.ZipFile, name: str) -> str | None:
    """Return the part with the sheet of this name, from workbook.xml and its relations."""
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
    """Raise Fault at the first merged cell of this OpenDocument sheet."""
    from xml.etree import ElementTree

    table, row, column = "", 0, 0
    with parts.open("content.xml") as file:
        for _, element in ElementTree.iterparse(file, ["start"]):
            tag = element.tag.rpartition("}")[2]
            attributes = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
            if tag == "table":
                table, row, column = attributes.get("name", ""), 0, 0
            elif tag == "table-row":
                row, column = row + int(attributes.get("number-rows-repeated", 1)), 0
            elif tag in ("table-cell", "covered-table-cell"):
                wide = int(attributes.get("number-columns-spanned", 1)) - 1
                high = int(attributes.get("number-rows-spanned", 1)) - 1
                if table == name and (wide or high):
                    last = ref(row - 1 + high, column + wide)
                    raise Fault("merged", sheet=name, cells=f"{ref(row - 1, column)}:{last}")
                column += int(attributes.get("number-columns-repeated", 1))


def _cell(attributes: bytes) -> str:
    match = _REF.search(attributes)
    return (match[1] + match[2]).decode() if match else "?"
