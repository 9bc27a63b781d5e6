"""Units: columns whose cells are numbers with one and the same unit, such as 12.5 %, $1,234.50 or
50 cm, are read as numbers.
"""

import re

import numpy as np
import pandas as pd

from core.data.spreadsheet.cells import Kinds, Style, kind_of
from core.data.spreadsheet.scan import ColumnScan

_CELL = re.compile(
    r"([+\-\u2212]?)\s*([^\W\d_]{0,3}[$€£¥₹]?)\s*([+\-\u2212]?[\d.,](?:[\d.,'\u2019\s]*\d)?)(\s*)(\D{0,8})"
)
_SYMBOLS = re.compile(r"[$€£¥₹%‰°]?")
_CURRENCY = {"US$", "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "R$", "kr", "Rs"}
_ATTACHED = {  # units that are often written without a space
    *("mm", "cm", "m", "km", "mg", "g", "kg", "t", "ml", "cl", "l", "L", "ms", "s", "min", "h"),
    *("Hz", "kHz", "MHz", "GHz", "kB", "MB", "GB", "V", "A", "W", "kW", "kWh", "°C", "°F"),
    *_CURRENCY,
}
_SPACED = re.compile(r"[^\W\d_°]{1,6}[²³]?(/[^\W\d_]{1,4}[²³]?)?|°[CF]")


def read_unit(cells: np.ndarray, decimal: str) -> tuple[np.ndarray, str] | None:
    """Return the numbers (N,) float64, NaN where one is missing, and the unit of text cells (N,).

    None if a cell has no unit or another one, and if the separators may be read in two ways.
    `decimal` is the decimal sign that the user chose, or "".
    """
    numbers, unit = {}, None
    distinct = pd.unique(cells)
    for cell in distinct:
        if kind_of(cell).missing:
            continue
        found = _split(cell)
        if found is None or (unit is not None and found[1] != unit):
            return None
        numbers[cell], unit = found
    if unit is None:
        return None
    scan = ColumnScan()
    scan.add(list(numbers.values()), range(len(numbers)), Kinds())
    style = scan.style(decimal)
    if scan.texts or not scan.styles or (scan.is_ambiguous() and not decimal):
        return None
    return _parse(cells, numbers, style), unit


def _split(cell: str) -> tuple[str, str] | None:
    """Return the number of a cell as text, and its unit; None for other cells."""
    match = _CELL.fullmatch(cell.strip())
    if not match:
        return None
    sign, before, number, space, after = match.groups()
    after = after.strip()
    if bool(before) == bool(after):
        return None
    is_unit = (
        _SYMBOLS.fullmatch(before + after)
        or before in _CURRENCY
        or after in _ATTACHED
        or (space and _SPACED.fullmatch(after))
    )
    return (sign + number, before or after) if is_unit else None


def _parse(cells: np.ndarray, numbers: dict[str, str], style: Style) -> np.ndarray:
    values = {cell: style.parse(number) for cell, number in numbers.items()}
    return np.array([values.get(cell, np.nan) for cell in cells], np.float64)
