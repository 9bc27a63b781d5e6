"""Careful pass: read a table cell by cell where pandas may not, in two passes over the text.

It takes about five times as long. The first pass counts what the cells of each column are and so
decides over the whole column: its style of numbers, gaps, and whether it is text. Memory does not
grow with rows except for text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.spreadsheet.cells import EVERY, Kinds, Style, kind_of
from core.data.spreadsheet.chunks import NARROW, ReadProgress
from core.data.spreadsheet.growing_array import GrowingArray
from core.data.spreadsheet.header import is_blank
from core.data.spreadsheet.layout import Layout, records
from core.data.spreadsheet.scan import ColumnScan, decimal_sign
from core.data.spreadsheet.source import Text

CELLS = 2**18  # per block of rows

Block = tuple[list[int], list[Sequence[str]]]  # numbers of the rows in the sheet, and columns


@dataclass(frozen=True)
class ColumnReport:
    """The cells of a column that is not all numbers and not all text, with the first of each kind.

    Each `first_…` is (the spreadsheet's row number, cell), or None if there is no such cell.
    `style` is that of the numbers.
    """

    numbers: int
    texts: int
    missing: int
    style: Style
    first_missing: tuple[int, str] | None = None
    first_text: tuple[int, str] | None = None
    first_number: tuple[int, str] | None = None

    @property
    def is_numeric(self) -> bool:
        """Whether there are at least as many numbers as texts."""
        return self.numbers >= self.texts

    @property
    def is_mixed(self) -> bool:
        """Whether the column has numbers and texts."""
        return bool(self.numbers and self.texts)


@dataclass(frozen=True)
class CarefulResult:
    """Values (rows, number columns) and text columns as in Table; `reports` of all columns.

    `empty_rows` are rows at the end that were left out. `exact` are columns of numbers that may
    need more digits than a float has, `ambiguous` those whose separators were guessed.
    """

    values: np.ndarray
    words: dict[int, np.ndarray]
    reports: dict[int, ColumnReport]
    empty_rows: int
    exact: tuple[int, ...]
    ambiguous: tuple[int, ...]
    styles: dict[int, Style]  # of the columns of numbers with a separator


def read_carefully(
    text: Text,
    layout: Layout,
    decimal: str = "",
    progress: ReadProgress | None = None,
    *,
    keep_words: bool = False,
) -> CarefulResult:
    """Read the table; `decimal` is the user's decimal sign. Raises BadData.

    Raises it for rows of another width, and where nothing shows whether a comma is a decimal sign.
    With `keep_words`, words such as NA are values in columns of text.
    """
    scans = [ColumnScan() for _ in range(layout.width)]
    kinds = Kinds()
    blocks = RowBlocks(text, layout)
    for numbers, columns in blocks:
        for scan, column in zip(scans, columns, strict=True):
            scan.add(column, numbers, kinds)
        if progress:
            progress(0.5 * blocks.fraction)
    if not blocks.rows:
        raise BadData(
            f"{text.name} has no values. Provide a file with one row per sample.", code="no_rows"
        )
    for scan in scans:
        scan.keeps_words = keep_words and not scan.numbers and scan.texts > 0
    sign = decimal or decimal_sign(scans)
    ambiguous = {} if sign else _find_ambiguous(text.name, layout, scans)
    reports = {c: _report(scan, sign or ambiguous.get(c, "")) for c, scan in enumerate(scans)}
    numeric = [c for c, report in reports.items() if not report.texts]
    is_byte = all(scans[c].bytes_only for c in numeric)
    dtype = np.uint8 if is_byte else np.float64 if layout.width <= NARROW else np.float32
    keeping = {c for c, scan in enumerate(scans) if scan.keeps_words}
    values, words = _convert(RowBlocks(text, layout), reports, keeping, dtype, progress)
    return CarefulResult(
        values,
        words,
        {c: report for c, report in reports.items() if report.missing or report.is_mixed},
        blocks.empty_rows,
        tuple(c for c in numeric if scans[c].exact),
        tuple(ambiguous),
        {c: reports[c].style for c in numeric if scans[c].styles != EVERY},
    )


@dataclass
class RowBlocks:
    """The rows of values in blocks, checked for their width, without empty rows at the end."""

    text: Text
    layout: Layout
    rows: int = 0
    empty_rows: int = 0  # at the end; final after the iteration
    fraction: float = 0.0

    def __iter__(self) -> Iterator[Block]:
        width, name = self.layout.width, self.text.name
        limit = max(1, CELLS // width)
        numbers: list[int] = []
        rows: list[Sequence[str]] = []
        empty: list[tuple[int, Sequence[str]]] = []
        with self.text.open() as stream:
            for number, _, cells in records(stream, self.layout.delimiter, name, self.layout.top):
                if len(cells) != width:
                    cells = _fit(number, cells, self.layout, name)
                if number < self.layout.first_row:
                    continue
                if width > 1 and not any(map(str.strip, cells)):
                    empty.append((number, cells))
                    continue
                for row in (*empty, (number, cells)):
                    numbers.append(row[0])
                    rows.append(row[1])
                empty.clear()
                if len(rows) >= limit:
                    self.rows += len(rows)
                    self.fraction = min(1.0, stream.raw.passed / max(self.text.size, 1))
                    yield numbers, list(zip(*rows, strict=True))
                    numbers, rows = [], []
        self.rows, self.fraction, self.empty_rows = self.rows + len(rows), 1.0, len(empty)
        if rows:
            yield numbers, list(zip(*rows, strict=True))


def _fit(row: int, cells: list[str], layout: Layout, name: str) -> list[str]:
    """Return the cells without empty ones at the end. Raises BadData for another width."""
    width = layout.width
    if len(cells) > width and all(is_blank(cell) for cell in cells[width:]):
        return cells[:width]
    raise BadData(
        f"{name}, row {row} has {counted(len(cells), 'column')}, but most rows have "
        f"{whole(width + layout.extra)}. Correct or remove this row, or export the file again.",
        code="row_width",
    )


def _find_ambiguous(name: str, layout: Layout, scans: Sequence[ColumnScan]) -> dict[int, str]:
    """Return the decimal sign guessed for each ambiguous column. Raises BadData if none is likely.

    Programs that separate cells by commas and thousands, too, quote such cells: "1,059".
    """
    guesses: dict[int, str] = {}
    for column, scan in enumerate(scans):
        if scan.texts or not scan.is_ambiguous():
            continue
        if scan.styles & Style.COMMA and layout.delimiter != ",":
            row, cell = scan.first(lambda styles, gap: bool(styles) and styles != EVERY)
            raise BadData(
                f"{name}, row {row}, {layout.describe_column(column)} contains {clip(cell)!r}, "
                "where the comma may be a decimal sign or a thousands separator, and no other "
                "cell shows which one. Choose the decimal sign.",
                ({"decimal": "point"}, {"decimal": "comma"}),
                code="ambiguous_number",
            )
        if scan.styles & Style.COMMA or layout.delimiter != ",":
            guesses[column] = "."
    return guesses


def _report(scan: ColumnScan, decimal: str) -> ColumnReport:
    style = scan.style(decimal)
    numbers, missing = scan.count(style), scan.missing
    return ColumnReport(
        numbers=numbers,
        missing=missing,
        texts=scan.cells - numbers - missing,
        style=style,
        first_missing=scan.first(lambda styles, gap: scan.is_missing(gap)),
        first_text=scan.first(lambda styles, gap: not styles & style and not scan.is_missing(gap)),
        first_number=scan.first(lambda styles, gap: bool(styles & style)),
    )


class Numbers(dict):
    """The number in each different cell of a column, NaN for a cell that is not one."""

    def __init__(self, style: Style):
        super().__init__()
        self.style = style

    def __missing__(self, cell: str) -> float:
        if len(self) >= Kinds.LIMIT:
            self.clear()
        is_number = kind_of(cell).styles & self.style
        value = self[cell] = self.style.parse(cell) if is_number else np.nan
        return value


class Words(dict):
    """The text of each different cell of a text column: empty for a missing one, and numbers with
    a decimal point. `keeps`: words such as NA are texts where there are no numbers.
    """

    def __init__(self, report: ColumnReport, *, keeps: bool):
        super().__init__()
        self.report, self.keeps = report, keeps

    def __missing__(self, cell: str) -> str:
        if len(self) >= Kinds.LIMIT:
            self.clear()
        kind, style = kind_of(cell), self.report.style
        word = cell
        is_word = kind.missing == "always" and not self.keeps
        if kind.missing == "blank" or is_word or (kind.missing and self.report.numbers):
            word = ""
        elif kind.styles & style and (not kind.styles & Style.POINT or not cell.isascii()):
            word = repr(style.parse(cell)).removesuffix(".0")
        self[cell] = word
        return word


def _convert(
    blocks: RowBlocks,
    reports: dict[int, ColumnReport],
    keeping: set[int],
    dtype: type,
    progress: ReadProgress | None,
) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    numeric = {c: Numbers(r.style) for c, r in reports.items() if not r.texts}
    texts = {c: Words(r, keeps=c in keeping) for c, r in reports.items() if c not in numeric}
    words: dict[int, list[np.ndarray]] = {c: [] for c in texts}
    with GrowingArray() as rows:
        for numbers, columns in blocks:
            values = np.empty((len(numbers), len(numeric)), dtype)
            for i, (column, parsed) in enumerate(numeric.items()):
                values[:, i] = [parsed[cell] for cell in columns[column]]
            rows.add(values)
            for column, parts in words.items():
                cells = [texts[column][cell] for cell in columns[column]]
                parts.append(np.array(cells, object))
            if progress:
                progress(0.5 + 0.5 * blocks.fraction)
        return rows.array(), {c: np.concatenate(parts) for c, parts in words.items()}
