"""Rows as the content of a CSV or XLSX file: text of people in it is never a formula (OWASP ASVS
1.2.10).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from core.base.errors import BadInput
from core.base.numbers import whole

FORMULA = ("=", "+", "-", "@", "\t", "\r")
MOST_ROWS = 2**20 - 1  # of a sheet, below its header

Rows = Iterable[Sequence[Any]]


def plain(text: str) -> str:
    """Prefix the text with an apostrophe if a spreadsheet program would evaluate it. A number stays
    as it is.

    >>> plain("=1+1"), plain("-1"), plain("-a")
    ("'=1+1", '-1', "'-a")
    """
    return f"'{text}" if text.startswith(FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip() == text


def csv_text(head: Sequence[str], rows: Rows) -> str:
    """Return a CSV file with these titles and rows; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([plain(title) for title in head])
    for row in rows:
        writer.writerow([plain(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def xlsx_content(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Return a workbook with one sheet of these titles and rows. Text is stored as text, so that it
    needs no apostrophe; characters that the format does not allow become `·`.
    """
    from openpyxl import Workbook  # takes 0.2 s
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if len(rows) > MOST_ROWS:
        raise BadInput(
            f"There are {whole(len(rows))} rows, but a sheet of a workbook has room for "
            f"{whole(MOST_ROWS)}. Save them as CSV.",
            code="too_many_rows",
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Answers")
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        if not isinstance(value, str) or not (
            value.startswith(("=", "#")) or ILLEGAL_CHARACTERS_RE.search(value)
        ):
            return value  # other text is never a formula or an error
        text = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("·", value))
        text.data_type = "s"
        return text

    for row in (head, *rows):
        sheet.append([cell(value) for value in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
