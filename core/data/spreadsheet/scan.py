"""Scan: what the cells of a column are, counted, and the style of its numbers."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from core.data.spreadsheet.cells import EVERY, STYLES, Kinds, Style


@dataclass
class Group:
    """Equal kinds of cells: their number, and the first one with its row."""

    count: int
    row: int
    cell: str


@dataclass
class ColumnScan:
    """The cells of one column by their styles and kinds of gap. `keeps_words`: in a column without
    numbers, words such as NA are texts.
    """

    groups: dict[tuple[Style, str], Group] = field(default_factory=dict)
    bytes_only: bool = True
    exact: bool = False
    keeps_words: bool = False

    def add(self, cells: Sequence[str], rows: Sequence[int], kinds: Kinds) -> None:
        """Count further cells of these rows of the sheet."""
        for cell, count in Counter(cells).items():  # in the order of first occurrence
            kind = kinds[cell]
            self.bytes_only &= kind.byte
            self.exact |= kind.exact
            group = self.groups.get((kind.styles, kind.missing))
            if group is None:
                group = Group(count, rows[cells.index(cell)], cell)
                self.groups[kind.styles, kind.missing] = group
            else:
                group.count += count

    @property
    def cells(self) -> int:
        """All cells."""
        return sum(group.count for group in self.groups.values())

    @property
    def numbers(self) -> int:
        """Cells that are a number in some style."""
        return sum(group.count for (styles, _), group in self.groups.items() if styles)

    def is_missing(self, missing: str) -> bool:
        """Whether a gap of this kind counts in this column; "-" is a text where all is text."""
        is_word = missing == "always" and not self.keeps_words
        return missing == "blank" or is_word or (bool(missing) and self.numbers > 0)

    @property
    def missing(self) -> int:
        """Cells without a value."""
        return sum(g.count for (_, gap), g in self.groups.items() if self.is_missing(gap))

    @property
    def texts(self) -> int:
        """Cells that are neither a number nor missing."""
        return self.cells - self.numbers - self.missing

    @property
    def is_text(self) -> bool:
        """Whether there are more texts than numbers."""
        return self.texts > self.numbers

    @property
    def styles(self) -> Style:
        """The styles on which all numbers agree; none if they contradict each other."""
        agreed = EVERY
        for styles, _ in self.groups:
            agreed &= styles or EVERY
        return agreed

    @property
    def decimals(self) -> set[str]:
        """The possible decimal signs; both if no cell shows which one it is."""
        return {style.decimal for style in STYLES if style & self.styles}

    def is_ambiguous(self) -> bool:
        """Whether the separators may be decimal signs as well as thousands separators."""
        decimal = self.styles & (Style.POINT | Style.COMMA)  # not only spaces between thousands
        if decimal == Style.POINT | Style.COMMA:  # no separator at all, as in 5e6
            return False
        return bool(decimal) and len(self.decimals) > 1

    def style(self, decimal: str = "") -> Style:
        """Return the style, of several that of this decimal sign; the commonest if none fits."""
        fitting = [style for style in STYLES if style & self.styles]
        preferred = [style for style in fitting if style.decimal == decimal]
        if fitting:
            return (preferred or fitting)[0]
        return max(STYLES, key=self.count)

    def count(self, style: Style) -> int:
        """Return how many cells are numbers in this style."""
        return sum(group.count for (styles, _), group in self.groups.items() if styles & style)

    def first(self, condition: Callable[[Style, str], bool]) -> tuple[int, str] | None:
        """Return row and text of the first cell whose styles and kind of gap fulfil it."""
        found = [g for (styles, gap), g in self.groups.items() if condition(styles, gap)]
        first = min(found, key=lambda group: group.row, default=None)
        return (first.row, first.cell) if first else None


def scan_columns(
    rows: Sequence[tuple[int, Sequence[str]]], width: int, kinds: Kinds
) -> list[ColumnScan]:
    """Scan (row number, cells) of a few rows; shorter rows count for the columns they have."""
    scans = [ColumnScan() for _ in range(width)]
    whole = [row for row in rows if len(row[1]) >= width]
    numbers = [number for number, _ in whole]
    for scan, column in zip(scans, zip(*(cells for _, cells in whole), strict=False), strict=False):
        scan.add(column, numbers, kinds)
    for number, cells in rows:
        if len(cells) < width:
            for scan, cell in zip(scans, cells, strict=False):
                scan.add((cell,), (number,), kinds)
    return scans


def decimal_sign(scans: Iterable[ColumnScan]) -> str:
    """Return the decimal sign that the columns of one file show; empty if none or both."""
    signs = {sign for scan in scans if len(scan.decimals) == 1 for sign in scan.decimals}
    return signs.pop() if len(signs) == 1 else ""
