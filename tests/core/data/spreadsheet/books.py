"""Workbooks and archives for the tests, made as spreadsheet programs make them."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

Rows = Sequence[Sequence[Any]]


def xlsx(*sheets: Rows | Callable[[Any], None], names: Sequence[str] = ()) -> bytes:
    """One sheet for each table; a function fills its sheet itself."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for place, rows in enumerate(sheets):
        sheet = book.create_sheet(names[place] if names else f"Sheet{place + 1}")
        if callable(rows):
            rows(sheet)
            continue
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods(*sheets: Rows, names: Sequence[str] = ()) -> bytes:
    """One sheet for each table; a cell (value, attributes) is written with these."""
    book = OpenDocumentSpreadsheet()
    for place, rows in enumerate(sheets):
        table = Table(name=names[place] if names else f"Sheet{place + 1}")
        for row in rows:
            line = TableRow()
            for cell in row:
                line.addElement(_cell(cell))
            table.addElement(line)
        book.spreadsheet.addElement(table)
    file = io.BytesIO()
    book.write(file)
    return file.getvalue()


def _cell(cell: Any) -> TableCell:
    value, more = cell if isinstance(cell, tuple) else (cell, {})
    if value is None:
        return TableCell(**more)
    if isinstance(value, bool):
        made = TableCell(valuetype="boolean", booleanvalue=str(value).lower(), **more)
    elif isinstance(value, int | float):
        made = TableCell(valuetype="float", value=repr(value), **more)
    else:
        made = TableCell(valuetype="string", **more)
    made.addElement(P(text=str(value)))
    return made


def zipped(**members: bytes | str) -> bytes:
    """A ZIP file; `__` in a name stands for a dot."""
    return archived({name.replace("__", "."): data for name, data in members.items()})


def archived(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP file with these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def with_part(book: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same document with one part changed."""
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        members = {part: parts.read(part) for part in parts.namelist()}
    return archived(members | {name: change(members.get(name, b""))})
