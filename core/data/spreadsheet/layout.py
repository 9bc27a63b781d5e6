"""Layout: delimiter, decimal sign, header and text columns, from the first rows of a CSV."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Literal

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip
from core.data.spreadsheet.cells import SPACE, Kinds, Style
from core.data.spreadsheet.comments import uncomment
from core.data.spreadsheet.delimiter import (
    SNIFFED,
    SPACES,
    declared_delimiter,
    find_delimiter,
    is_short_header,
    squeeze,
)
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.header import (
    has_header,
    has_suffixes,
    is_blank,
    is_second_header,
    names_columns,
    title_rows,
    unique_names,
)
from core.data.spreadsheet.scan import ColumnScan, scan_columns
from core.data.spreadsheet.source import Text

SNIFFED_CELLS = 2**16  # fewer rows are examined in wide tables

Header = Literal["auto", "yes", "no"]


@dataclass(frozen=True)
class Layout:
    """How a CSV is to be parsed.

    `lines` lines precede the first row of values, which a spreadsheet numbers `first_row`. `top`
    is the row of the header, or `first_row`. `extra` columns at the end are empty. `titles` are
    the cells of the rows above the header. `sheet_column` is as in source.Text.

    `is_plain`: all examined rows have the same width, their cells are numbers with one decimal
    sign or text, and none is missing, so that pandas may read the file; nor is there a line break
    in a cell above them, since pandas skips rows, and not lines. `padded` are columns of
    numbers with leading zeros.
    """

    delimiter: str
    decimal: str
    header: tuple[str, ...] | None
    width: int
    words: tuple[int, ...]  # text columns, from 0
    lines: int
    first_row: int
    top: int
    is_plain: bool
    extra: int = 0
    titles: tuple[str, ...] = ()
    padded: tuple[int, ...] = ()
    repeated: tuple[str, ...] = ()  # names that occur more than once
    suffixed: bool = False  # the header is a row of values with suffixes
    second: tuple[str, ...] = ()  # cells of another row of the header, such as units
    sheet_column: int | None = None

    def describe_column(self, column: int) -> str:
        """Return "column 3 ('p2')", or "column C ('p2')" for a sheet."""
        header = self.header or ()
        named = f" ({clip(header[column])!r})" if column < len(header) and header[column] else ""
        return column_name(column, self.sheet_column) + named


def records(
    stream: BinaryIO, delimiter: str, name: str, top: int = 1
) -> Iterator[tuple[int, int, list[str]]]:
    """Yield (row number in a spreadsheet, last physical line, cells) of each non-blank row.

    `top` is the first row to yield. Raises BadData, and UnicodeDecodeError if it is not UTF-8.
    """
    lines = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    clean = uncomment(lines, delimiter)
    source = squeeze(clean) if delimiter == SPACES else clean
    reader, row = csv.reader(source, delimiter=delimiter, strict=True), 0
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


def sniff(stream: io.BufferedReader, text: Text, header: Header = "auto") -> Layout:
    """Detect the layout from the first rows. Raises BadData if there is no row of values."""
    name, head = text.name, stream.peek(1 << 18)
    declared, skipped = ("", 0) if text.delimiter else declared_delimiter(head)
    delimiter = text.delimiter or declared
    if not delimiter:
        delimiter = find_delimiter(head[skipped:], is_whole=len(head) < 1 << 16)
    rows = _first_rows(stream, delimiter, name, top=2 if declared else 1)
    if not rows:
        raise BadData(
            f"{clip(name)} is empty. Provide a file with one row per sample.", code="empty_file"
        )
    full, width = _widths([cells for _, _, cells in rows])
    kinds = Kinds()
    if header != "no" and len(rows) > 1 and is_short_header(rows[0][2], width, kinds):
        rows[0] = (*rows[0][:2], ["", *rows[0][2]])
        header = "yes"
    scans = scan_columns([(row, cells) for row, _, cells in rows[1:] or rows], width, kinds)
    titled: list[Record] = []
    if header != "no":
        count = title_rows([cells for _, _, cells in rows], width, kinds)
        titled, rows = rows[:count], rows[count:]
        if count:
            scans = scan_columns([(row, cells) for row, _, cells in rows[1:]], width, kinds)
    words = [c for c, scan in enumerate(scans) if scan.is_text]
    first = [cells[:width] for _, _, cells in rows]
    named = header == "yes" or (header == "auto" and has_header(first, words, kinds))
    if named and len(rows) == 1:
        raise BadData(
            f"{clip(name)} has a header but no rows. Provide a file with one row per sample.",
            code="no_rows",
        )
    second: list[str] = []
    last = rows[0]
    if named and header == "auto" and len(rows) > 2 and is_second_header(first, kinds):
        upper, last, *others = rows
        used, unused = (upper, last) if not names_columns(first[0], first[1]) else (last, upper)
        rows, second = [used, *others], unused[2]
        scans = scan_columns([(row, cells) for row, _, cells in others], width, kinds)
    body = rows[1:] if named else rows
    if not named and len(rows) > 1:
        for scan, cell in zip(scans, rows[0][2], strict=False):
            scan.add((cell,), (rows[0][0],), kinds)
    decimal = _plain_decimal(scans, delimiter)
    regular = all(len(row) == full for _, _, row in body)
    names = rows[0][2] if named else []
    if named:
        regular &= len(names) >= width and all(map(is_blank, names[width:]))
    before = last if named else titled[-1] if titled else None
    above = [*titled, rows[0], last] if named else titled
    return Layout(
        delimiter=delimiter,
        decimal=decimal or ".",
        header=unique_names((names + [""] * width)[:width]) if named else None,
        width=width,
        words=tuple(c for c, scan in enumerate(scans) if scan.is_text),
        lines=before[1] if before else int(bool(declared)),
        first_row=body[0][0],
        top=rows[0][0],
        is_plain=bool(decimal) and regular and not any(map(_has_line_break, above)),
        extra=full - width,
        titles=tuple(cell.strip() for _, _, row in titled for cell in row if cell.strip()),
        padded=tuple(c for c, scan in enumerate(scans) if scan.exact and not scan.is_text),
        repeated=tuple(n for n, k in Counter(c.strip() for c in names).items() if n and k > 1),
        suffixed=named and has_suffixes(first),
        second=tuple(cell.strip() for cell in second if cell.strip()),
        sheet_column=text.sheet_column,
    )


Record = tuple[int, int, list[str]]  # row number, last physical line, cells


def _first_rows(stream: BinaryIO, delimiter: str, name: str, top: int) -> list[Record]:
    """Return the first rows: SNIFFED, or fewer of a wide table."""
    rows: list[Record] = []
    count = 0
    for record in islice(records(stream, delimiter, name, top), SNIFFED):
        rows.append(record)
        count += len(record[2])
        if count > SNIFFED_CELLS:
            break
    return rows


def _has_line_break(record: Record) -> bool:
    return any("\n" in cell or "\r" in cell for cell in record[2])


def _widths(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return the cells of most rows, and the same without columns at the end that are empty."""
    full = width = Counter(map(len, rows)).most_common(1)[0][0]
    while width > 1 and all(
        len(row) < width
        or (is_blank(row[width - 1]) if i == 0 else not row[width - 1].strip(SPACE))
        for i, row in enumerate(rows)
    ):
        width -= 1
    return full, width


def _plain_decimal(scans: Sequence[ColumnScan], delimiter: str) -> str:
    """Return the decimal sign with which pandas may read the file; empty if it may not."""
    if any(scan.missing or (scan.texts and scan.numbers) for scan in scans):
        return ""
    numeric = [scan for scan in scans if scan.numbers]
    doubted = [
        s for s in numeric if s.is_ambiguous() and (s.styles & Style.COMMA or delimiter != ",")
    ]
    if doubted:
        return ""
    for style in (Style.POINT, Style.COMMA):
        if all(scan.styles & style for scan in numeric):
            return style.decimal
    return ""
