"""Layout: what the first rows of a CSV tell: delimiter, decimal sign, header, columns of words."""

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

SNIFFED = 64  # rows looked at
LABEL_NAMES = ("label", "labels", "class", "classes", "target", "y", "category", "digit")

COUNTED = 16  # columns from which a row that counts up is a header, not four values
SPACE = " \t\r\n\v\f"  # what pandas takes for it; str.strip takes more
_SIGNS = ((",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", "."), (" ", "."))
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?(e[+-]?\d+)?", re.ASCII | re.I)
_TOLD = re.compile(rb"sep=([,;\t|])[\r\n]+", re.I)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Layout:
    """`lines` lines come before the first row of values, a spreadsheet's row `first_row`.

    `top` is the row of the header, or `first_row`. `sheet_column`: as in source.Text.
    """

    delimiter: str
    decimal: str
    header: tuple[str, ...] | None
    width: int
    words: tuple[int, ...]  # columns, from 0, that hold no numbers
    lines: int
    first_row: int
    top: int
    even: bool  # every row looked at has the same number of values
    sheet_column: int | None = None

    def place(self, column: int) -> str:
        """ "column 3 ('p2')", or as a spreadsheet says it "column C ('p2')"."""
        header = self.header or ()
        named = f" ({clip(header[column])!r})" if column < len(header) and header[column] else ""
        return column_name(column, self.sheet_column) + named


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether both we and the fast parser take the cell for a finite decimal number."""
    cell = cell.strip(SPACE)
    return bool(_NUMBER.fullmatch(cell.replace(",", ".") if decimal == "," else cell))


def records(
    stream: BinaryIO, delimiter: str, name: str, top: int = 1
) -> Iterator[tuple[int, int, list[str]]]:
    """(row as a spreadsheet counts it, last physical line, cells) of every row but blank ones.

    `top` is the first row that is told. Raises BadData, and UnicodeDecodeError where it is not
    UTF-8.
    """
    lines = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    reader, row = csv.reader(lines, delimiter=delimiter, strict=True), 0
    try:
        for row, cells in enumerate(reader, 1):
            filled = len(cells) > 1 or (cells and (cells[0] == "" or cells[0].strip(SPACE)))
            if filled and row >= top:
                yield row, reader.line_num, cells
    except csv.Error as error:
        rule = "has a quotation mark that is not closed or stands wrong: close it, or take it out"
        if "limit" in str(error):
            most = f"{whole(csv.field_size_limit())} characters"
            rule = f"has a cell of more than {most}: close a quotation mark, or shorten the cell"
        raise BadData(f"{clip(name)}, row {row + 1} {rule}.") from None
    finally:
        lines.detach()


def sniff(
    stream: BinaryIO,
    name: str,
    header: Literal["auto", "yes", "no"] = "auto",
    sheet_column: int | None = None,
) -> Layout:
    """The layout from the first rows. BadData when there is no row of values."""
    head = stream.peek(1 << 16)
    told = _TOLD.match(head)  # "sep=;", which Excel writes and reads
    delimiter, decimal = (",", ".") if sheet_column is not None else _delimiter(head, told)
    rows = list(islice(records(stream, delimiter, name, 2 if told else 1), SNIFFED))
    if not rows:
        raise BadData(f"{clip(name)} is empty: give a file with one row for each sample.")
    cells = [row for _, _, row in rows]
    words = _words(cells, decimal)
    named = header == "yes" or (header == "auto" and _has_header(cells, words, decimal))
    if named and len(rows) == 1:
        raise BadData(
            f"{clip(name)} has a header but no rows: give a file with one row for each sample."
        )
    return Layout(
        delimiter=delimiter,
        decimal=decimal,
        header=tuple(cell.strip() for cell in cells[0]) if named else None,
        width=len(cells[0]),
        words=words if named or len(rows) > 1 else _words([*cells, *cells], decimal),
        lines=rows[0][1] if named else int(bool(told)),
        first_row=rows[1][0] if named else rows[0][0],
        top=rows[0][0],
        even=len({len(row) for row in cells}) == 1,
        sheet_column=sheet_column,
    )


def _delimiter(head: bytes, told: re.Match | None) -> tuple[str, str]:
    """Delimiter and decimal sign with the largest share of numbers in a line, then most cells."""
    signs = _SIGNS
    if told:
        head, sign = head[told.end() :], told[1].decode()
        signs = tuple((sign, decimal) for decimal in ".," if decimal != sign)
    lines = head.decode("utf-8", "replace").splitlines()[:SNIFFED]
    lines = [line for line in lines if line.strip()]
    if not told and _one_column(lines if len(head) < 1 << 16 else lines[:-1]):
        return ";", ","
    last = lines[-2] if len(lines) > 2 else (lines or [""])[-1]  # the last one may be cut
    best, found = (0.0, 0), signs[0]
    for delimiter, decimal in signs:
        cells = last.split(delimiter)
        share = sum(is_number(cell, decimal) for cell in cells) / len(cells)
        if (share, len(cells)) > best and share > 0 and (delimiter != " " or share == 1):
            best, found = (share, len(cells)), (delimiter, decimal)
    return found


def _one_column(lines: list[str]) -> bool:
    """A name without comma over numbers with one or none: decimal commas, or rows of two lengths.

    Spreadsheet programs of half of Europe write a column of prices so.
    """
    body = [line.strip() for line in lines[1:]]
    commas = any("," in line for line in body)
    return commas and "," not in lines[0] and all(map(_DECIMAL_COMMA.fullmatch, body))


def _words(rows: list[list[str]], decimal: str) -> tuple[int, ...]:
    """Columns where most cells after the first row are no numbers."""
    body = rows[1:]
    columns = range(max((len(row) for row in body), default=0))
    cells = [[row[column].strip() for row in body if column < len(row)] for column in columns]
    return tuple(
        c
        for c, column in enumerate(cells)
        if sum(_strange(x, decimal) for x in column) * 2 > len(column)
    )


def _strange(cell: str, decimal: str) -> bool:
    return bool(cell) and not is_number(cell, decimal)


def _has_header(rows: list[list[str]], words: tuple[int, ...], decimal: str) -> bool:
    """Most cells must be names, or one must name the label: a bad pixel makes no header."""
    first = [cell.strip() for cell in rows[0]]
    strange = [c for c, cell in enumerate(first) if not is_number(cell, decimal)]
    # "y" may also be a class of letters, or yes
    titles = [cell.lower() for c, cell in enumerate(first) if c not in words or len(cell) > 1]
    if any(title in LABEL_NAMES for title in titles):
        return True
    if _counts_up([cell for cell in first if cell.isdigit()]):
        return True
    if len(rows) == 1:
        return len(strange) == len(first)
    return any(c not in words for c in strange) and len(strange) * 2 > len(first)


def _counts_up(cells: list[str]) -> bool:
    """0, 1, 2 … or 1, 2, 3 …: the numbers that pandas writes above columns without names."""
    return (
        len(cells) >= COUNTED
        and cells[0] in ("0", "1")
        and cells == [str(int(cells[0]) + i) for i in range(len(cells))]
    )
