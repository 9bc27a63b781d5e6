"""Cells: whether one cell of text is a number, in which style, a missing value, or text.

A column's style is decided over all its cells (`Style.candidates` are combined by `and`), because
a single cell such as 1,059 is a thousand in English and a fraction in German.
"""

import math
import re
from dataclasses import dataclass
from enum import IntFlag
from functools import lru_cache

SPACE = " \t\r\n\v\f"  # white space for pandas; str.strip removes more
ERRORS = ("#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!")  # of spreadsheet programs
MISSING = frozenset(  # in every column
    {"", "na", "n/a", "n.a.", "#n/a", "#na", "<na>", "nan", "-nan", "null", "(null)", "<null>"}
    | {"?", "\\n", *ERRORS}  # databases export \N
)
MISSING_NUMBERS = frozenset(  # only in a column of numbers
    {"none", "nil", "-", "--", ".", "..", "...", "*", "**", "***", "missing", "unknown"}
    | {"nd", "n.d.", *("#" * width for width in range(1, 16))}  # ### is a column too narrow
)

DATE = re.compile(r"\d{4}-\d\d?-\d\d?([ T]|$)|\d\d?[./]\d\d?[./](\d{4}|\d\d)$", re.ASCII)

_EXPONENT = r"(?:[eE][+-]?\d+)?"
MINUS = "\u2212"  # the minus sign, which word processors put in place of the hyphen
_FOREIGN = str.maketrans(  # signs of numbers that float() or the patterns below do not know
    {chr(zero + n): str(n) for zero in (0x660, 0x6F0, 0x966, 0xFF10) for n in range(10)}
    | {"\u066b": ".", "\u066c": ",", "\u2013": "-"}  # Arabic separators, the en dash
)
_SIGN = f"[+{MINUS}-]?"
_PLAIN = re.compile(rf"{_SIGN}(?:\d+\.?\d*|\.\d+){_EXPONENT}", re.ASCII)
_FORTRAN = re.compile(r"[+-]?\d*\.\d+[dD][+-]?\d+", re.ASCII)  # double precision: 0.5D+01
_DIGITS = re.compile(r"[+-]?\d+", re.ASCII)
_LONG = re.compile(r"[+-]?\d{8,}\.0*", re.ASCII)  # as pandas writes whole numbers beside gaps
_GROUPS = " \u00a0\u2009\u202f'\u2019"  # space, no-break, thin and narrow space, apostrophes


class Style(IntFlag):
    """How numbers are written; the flags of a cell are all the styles that it agrees with.

    POINT 1234.5; COMMA 1234,5; ENGLISH 1,234.5; GERMAN 1.234,5; SPACED 1 234.5 or 1'234.5, also
    with a decimal comma as SPACED_COMMA.
    """

    TEXT = 0
    POINT = 1
    COMMA = 2
    ENGLISH = 4
    GERMAN = 8
    SPACED = 16
    SPACED_COMMA = 32

    @property
    def decimal(self) -> str:
        """The decimal sign of one style."""
        return "," if self & (Style.COMMA | Style.GERMAN | Style.SPACED_COMMA) else "."

    @property
    def group(self) -> str:
        """The signs that separate thousands in one style."""
        return {Style.ENGLISH: ",", Style.GERMAN: "."}.get(
            self, _GROUPS if self & (Style.SPACED | Style.SPACED_COMMA) else ""
        )

    def parse(self, cell: str) -> float:
        """Return the number in a cell that agrees with this one style."""
        text = cell.strip(SPACE).translate(_FOREIGN).replace(MINUS, "-")
        for sign in self.group:
            text = text.replace(sign, "")
        if _FORTRAN.fullmatch(text):
            text = text.lower().replace("d", "e")
        return float(text.replace(",", ".") if self.decimal == "," else text)


EVERY = Style(63)
STYLES = tuple(Style)  # single styles, in the order of preference


def _grouped(group: str, decimal: str) -> re.Pattern:
    """Numbers with every group of three digits separated: 1,234.5 but not 1234.5 or 0,123."""
    sign, rest = re.escape(group), rf"(?:{re.escape(decimal)}\d+)?"
    if len(group) > 1:
        groups = "|".join(rf"(?:{re.escape(g)}\d{{3}})+" for g in group)
        return re.compile(rf"{_SIGN}(?:\d{{1,3}}|[1-9]\d{{0,2}}(?:{groups})){rest}", re.ASCII)
    indian = rf"|[1-9]\d?(?:{sign}\d{{2}})+{sign}\d{{3}}" if group == "," else ""  # 12,34,567
    return re.compile(
        rf"{_SIGN}(?:\d{{1,3}}|[1-9]\d{{0,2}}(?:{sign}\d{{3}})+{indian}){rest}", re.ASCII
    )


_PATTERNS = {
    Style.POINT: _PLAIN,
    Style.COMMA: re.compile(rf"{_SIGN}(?:\d+(?:,\d+)?|,\d+){_EXPONENT}", re.ASCII),
    Style.ENGLISH: _grouped(",", "."),
    Style.GERMAN: _grouped(".", ","),
    Style.SPACED: _grouped(_GROUPS, "."),
    Style.SPACED_COMMA: _grouped(_GROUPS, ","),
}


@dataclass(frozen=True)
class Kind:
    """What one cell is.

    `styles` are those that it agrees with, none for text. `missing` is "blank" for an empty cell,
    "always" for words such as NA, "numbers" for signs that mean a gap only among numbers, else "".
    `byte`:
    a whole number from 0 to 255 in digits. `exact`: a whole number that float32 may change, or one
    with leading zeros.
    """

    styles: Style
    missing: str = ""
    byte: bool = False
    exact: bool = False


class Kinds(dict):
    """The kind of each different cell, found once. It forgets cells when there are too many."""

    LIMIT = 200_000

    def __missing__(self, cell: str) -> Kind:
        if len(self) >= self.LIMIT:
            self.clear()
        kind = self[cell] = kind_of(cell)
        return kind


_kind = lru_cache(maxsize=None)(Kind)  # there are few different ones, of millions of cells


def kind_of(cell: str) -> Kind:
    """Return what a cell is.

    >>> [kind_of(cell).styles.name for cell in ("red", "1e-3", "1,234,567", "1,234")]
    ['TEXT', 'POINT|COMMA', 'ENGLISH', 'COMMA|ENGLISH|GERMAN|SPACED_COMMA']
    """
    text = cell.strip(SPACE)
    if not text.isascii():
        text = text.translate(_FOREIGN)
    if _DIGITS.fullmatch(text):
        padded = len(text) > 1 and text[0] == "0"
        byte = len(text) < 4 and text.isdigit() and int(text) < 256
        return _kind(EVERY, "", byte, padded or len(text) > 7)
    lower = text.lower()
    if lower in MISSING:
        return _kind(Style.TEXT, "always" if lower else "blank")
    if lower in MISSING_NUMBERS:
        return _kind(Style.TEXT, "numbers")
    styles = Style.TEXT
    for style, pattern in _PATTERNS.items():
        if pattern.fullmatch(text):
            styles |= style
    if not styles and _FORTRAN.fullmatch(text):
        styles = Style.POINT
    if styles & Style.POINT and math.isinf(Style.POINT.parse(text)):
        return _kind(Style.TEXT)
    return _kind(styles, exact=bool(_LONG.fullmatch(text)))


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether the cell is a finite decimal number that pandas' fast parser reads, too."""
    return cell.isascii() and bool(
        kind_of(cell).styles & (Style.COMMA if decimal == "," else Style.POINT)
    )
