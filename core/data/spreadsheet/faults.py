"""Faults: the first cell of a table that is missing, or not a number among numbers, as an error."""

import math
import re

from core.base.errors import BadData
from core.base.text import clip
from core.data.spreadsheet.careful import ColumnReport
from core.data.spreadsheet.cells import DATE, SPACE
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def first_fault(table: Table) -> BadData | None:
    """Return the error for the first bad cell in reading order, None if there is none.

    A missing cell is a fault, except a word such as NA among text. A text is a fault in a column
    with at least as many numbers.
    """
    faults = [
        (row, column, cell)
        for column, report in table.reports.items()
        for row, cell in _candidates(report)
    ]
    if not faults:
        return None
    row, column, cell = min(faults)
    header = table.header or ()
    named = f" ({clip(header[column])!r})" if column < len(header) and header[column] else ""
    code, message = _message(cell)
    place = f"{table.name}, row {row}, {column_name(column, table.sheet_column)}{named}"
    return BadData(f"{place} {message}", ({"form": "table"},), code=code)


def _candidates(report: ColumnReport) -> list[tuple[int, str]]:
    found = []
    if report.first_missing and (report.is_numeric or not report.first_missing[1].strip(SPACE)):
        found.append(report.first_missing)
    if report.first_text and report.is_numeric:
        found.append(report.first_text)
    return found


def _message(cell: str) -> tuple[str, str]:
    """Return the code and the message for a bad cell."""
    text = cell.strip(SPACE)
    if not text:
        return "empty_cell", "is empty. Fill it in or remove the row."
    if DATE.match(text):
        remedy = "Format the column as numbers or remove it."
        return "date_cell", f"contains {clip(cell)!r}, a date instead of a number. {remedy}"
    remedy = "Correct it or remove the row."
    if _NUMBER.fullmatch(text.replace(",", ".")) and math.isinf(float(text.replace(",", "."))):
        return "number_too_large", f"contains {clip(cell)}, which is too large. {remedy}"
    return "not_a_number", f"contains {clip(cell)!r}, which is not a number. {remedy}"
