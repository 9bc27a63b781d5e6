"""Layout: delimiter, decimal sign, header and text columns, from the first rows of a CSV."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Literal

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip
from core.data.spreadsheet.grid import column_name

SNIFFED = 64  # rows examined
LABEL_NAMES = ("label", "labels", "class", "classes", "target", "y", "category", "digit")

COUNTED = 16  # columns from which a row that counts up is a header, not four values
SPACE = " \t\r\n\v\f"  # white space for pandas; str.strip removes more
_SIGNS = ((",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", "."), (" ", "."))
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?(e[+-]?\d+)?", re.ASCII | re.I)
_DECLARED = re.compile(rb"sep=([,;\t|])[\r\n]+", re.I)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Layout:
    """How a CSV is to be parsed.

    `lines` lines precede the first row of values, which a spreadsheet numbers `first_row`. `top`
    is the row of the header, or `first_row`. `sheet_column` is as in source.Text.
    """

    delimiter: str
    decimal: str
    header: tuple[str, ...] | None
    width: int
    words: tuple[int, ...]  # text columns, from 0
    lines: int
    first_row: int
    top: int
    even: bool  # whether all examined rows have the same width
    sheet_column: int | None = None

    def describe_column(self, column: int) -> str:
        """Return "column 3 ('p2')", or "column C ('p2')" for a sheet."""
        header = self.header or ()
        named = f" ({clip(header[column])!r})" if column < len(header) and header[column] else ""
        return column_name(column, self.sheet_column) + named


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether this module and the fast parser both read the cell as a finite decimal number."""
    cell = cell.strip(SPACE)
    return bool(_NUMBER.fullmatch(cell.replace(",", ".") if decimal == "," else cell))


def records(
    stream: BinaryIO, delimiter: str, name: str, top: int = 1
) -> Iterator[tuple[int, int, list[str]]]:
    """Yield (row number in a spreadsheet, last physical line, cells) of each non-blank row.

    `top` is the first row to yield. Raises BadData, and UnicodeDecodeError if it is not UTF-8.
    """
    lines = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    reader, row = csv.reader(lines, delimiter=delimiter, strict=True), 0
    try:
        for row, cells in enumerate(reader, 1):
            filled = len(cells) > 1 or (cells and (cells[0] == "" or cells[0].strip(SPACE)))
            if filled and row >= top:
                yield row, reader.line_num, cells
    except csv.Error as error:
        if "limit" in str(error):
            raise BadData(
                f"{clip(name)}, row {row + 1} has a cell of more than "
                f"{whole(csv.field_size_limit())} characters. Close a quotation mark or shorten "
                "the cell.",
                code="cell_too_long",
            ) from None
        raise BadData(
            f"{clip(name)}, row {row + 1} has an unclosed or misplaced quotation mark. Close or "
            "remove it.",
            code="quotation_mark",
        ) from None
    finally:
        lines.detach()


def sniff(
    stream: BinaryIO,
    name: str,
    header: Literal["auto", "yes", "no"] = "auto",
    sheet_column: int | None = None,
) -> Layout:
    """Detect the layout from the first rows. Raises BadData if there is no row of values."""
    head = stream.peek(1 << 16)
    declared = _DECLARED.match(head)  # "sep=;", as Excel writes it
    delimiter, decimal = (",", ".") if sheet_column is not None else _delimiter(head, declared)
    rows = list(islice(records(stream, delimiter, name, 2 if declared else 1), SNIFFED))
    if not rows:
        raise BadData(
            f"{clip(name)} is empty. Provide a file with one row per sample.", code="empty_file"
        )
    cells = [row for _, _, row in rows]
    words = _words(cells, decimal)
    named = header == "yes" or (header == "auto" and _has_header(cells, words, decimal))
    if named and len(rows) == 1:
        raise BadData(
            f"{clip(name)} has a header but no rows. Provide a file with one row per sample.",
            code="no_rows",
        )
    return Layout(
        delimiter=delimiter,
        decimal=decimal,
        header=tuple(cell.strip() for cell in cells[0]) if named else None,
        width=len(cells[0]),
        words=words if named or len(rows) > 1 else _words([*cells, *cells], decimal),
        lines=rows[0][1] if named else int(bool(declared)),
        first_row=rows[1][0] if named else rows[0][0],
        top=rows[0][0],
        even=len({len(row) for row in cells}) == 1,
        sheet_column=sheet_column,
    )


def _delimiter(head: bytes, declared: re.Match | None) -> tuple[str, str]:
    """Return the delimiter and decimal sign with the most numbers, then the most cells."""
    signs = _SIGNS
    if declared:
        head, sign = head[declared.end() :], declared[1].decode()
        signs = tuple((sign, decimal) for decimal in ".," if decimal != sign)
    lines = head.decode("utf-8", "replace").splitlines()[:SNIFFED]
    lines = [line for line in lines if line.strip()]
    if not declared and _one_column(lines if len(head) < 1 << 16 else lines[:-1]):
        return ";", ","
    last = lines[-2] if len(lines) > 2 else (lines or [""])[-1]  # the last one may be cut off
    best, chosen = (0.0, 0), signs[0]
    for delimiter, decimal in signs:
        cells = last.split(delimiter)
        fraction = sum(is_number(cell, decimal) for cell in cells) / len(cells)
        if (fraction, len(cells)) > best and fraction > 0 and (delimiter != " " or fraction == 1):
            best, chosen = (fraction, len(cells)), (delimiter, decimal)
    return chosen


def _one_column(lines: list[str]) -> bool:
    """Whether the lines are one column of numbers with decimal commas under a title without one.

    Spreadsheet programs write prices like this in much of Europe.
    """
    body = [line.strip() for line in lines[1:]]
    commas = any("," in line for line in body)
    return commas and "," not in lines[0] and all(map(_DECIMAL_COMMA.fullmatch, body))


def _words(rows: list[list[str]], decimal: str) -> tuple[int, ...]:
    """Return the columns where most cells after the first row are not numbers."""
    body = rows[1:]
    columns = range(max((len(row) for row in body), default=0))
    cells = [[row[column].strip() for row in body if column < len(row)] for column in columns]
    return tuple(
        c
        for c, column in enumerate(cells)
        if sum(_is_text(x, decimal) for x in column) * 2 > len(column)
    )


def _is_text(cell: str, decimal: str) -> bool:
    return bool(cell) and not is_number(cell, decimal)


def _has_header(rows: list[list[str]], words: tuple[int, ...], decimal: str) -> bool:
    """Whether most cells are titles, or one is a label title; one bad pixel makes no header."""
    first = [cell.strip() for cell in rows[0]]
    texts = [c for c, cell in enumerate(first) if not is_number(cell, decimal)]
    # "y" may also be a class, such as a letter or "yes"
    titles = [cell.lower() for c, cell in enumerate(first) if c not in words or len(cell) > 1]
    if any(title in LABEL_NAMES for title in titles):
        return True
    if _counts_up([cell for cell in first if cell.isdigit()]):
        return True
    if len(rows) == 1:  # a single row of labels repeats some, titles are different
        return len(texts) == len(first) == len(set(first))
    if not first[0] and len(first) > 1 and _are_names_of_rows(rows[1:]):
        return True
    return any(c not in words for c in texts) and len(texts) * 2 > len(first)


def _are_names_of_rows(rows: list[list[str]]) -> bool:
    """Whether the first column has a different value in every row: pandas' index has no title."""
    cells = [row[0].strip() for row in rows if row]
    return all(cells) and len(set(cells)) == len(cells)


def _counts_up(cells: list[str]) -> bool:
    """Whether cells are 0, 1, 2, … or 1, 2, 3, …, as pandas writes above unnamed columns."""
    return (
        len(cells) >= COUNTED
        and cells[0] in ("0", "1")
        and cells == [str(int(cells[0]) + i) for i in range(len(cells))]
    )
