"""Notations: columns of numbers in a notation of their own, alone or among plain numbers: (63) and
75- for negative numbers, 3.9K and 1.2M, and times such as 0:35:48.
"""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from core.data.spreadsheet.cells import Kinds, kind_of
from core.data.spreadsheet.scan import ColumnScan

_NUMBER = r"\d(?:[\d.,'\u2019\s]*\d)?|\.\d+"
_NEGATIVE = re.compile(rf"\(\s*({_NUMBER})\s*\)|({_NUMBER})[-\u2212]")
_LARGE = re.compile(rf"([+\-\u2212]?(?:{_NUMBER}))([kKMB])")
_TIME = re.compile(r"(?:(\d+) days?,? )?(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?", re.ASCII)
_FACTORS = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}

Split = Callable[[str], tuple[str, float] | None]  # the number of a cell as text, and its factor


def read_notation(cells: np.ndarray, decimal: str) -> tuple[np.ndarray, str, float] | None:
    """Return the numbers (N,) float64, NaN where one is missing, and an example with its number.

    None for other text cells (N,), and where the separators may be read in two ways. `decimal` is
    the decimal sign that the user chose, or "".
    """
    distinct = [cell for cell in pd.unique(cells) if not kind_of(cell).missing]
    if times := _read_times(distinct):
        return _take(cells, times), distinct[0], times[distinct[0]]
    for split in (_negative, _large):
        found = {cell: split(cell) for cell in distinct if not kind_of(cell).styles}
        if not found or not all(found.values()):
            continue
        parts = {cell: found.get(cell) or (cell, 1.0) for cell in distinct}
        scan = ColumnScan()
        scan.add([number for number, _ in parts.values()], range(len(parts)), Kinds())
        if scan.texts or not scan.styles or (scan.is_ambiguous() and not decimal):
            return None
        style = scan.style(decimal)
        numbers = {cell: style.parse(number) * factor for cell, (number, factor) in parts.items()}
        example = next(iter(found))
        return _take(cells, numbers), example, numbers[example]
    return None


def _negative(cell: str) -> tuple[str, float] | None:
    match = _NEGATIVE.fullmatch(cell.strip())
    return ((match[1] or match[2]).strip(), -1.0) if match else None


def _large(cell: str) -> tuple[str, float] | None:
    match = _LARGE.fullmatch(cell.strip())
    return (match[1].strip(), _FACTORS[match[2]]) if match else None


def _read_times(distinct: list[str]) -> dict[str, float]:
    """Return the seconds of h:mm:ss and of m:ss. A time of day such as 14:35, which cannot be told
    from the latter, becomes its minutes.
    """
    matches = {cell: _TIME.fullmatch(cell.strip()) for cell in distinct}
    if not matches or not all(matches.values()):
        return {}
    seconds = {}
    for cell, match in matches.items():
        days, hours, minutes, rest = (float(part or 0) for part in match.groups())
        total = (24 * days + hours) * 60 + minutes
        seconds[cell] = total if match[4] is None else 60 * total + rest
    return seconds


def _take(cells: np.ndarray, numbers: dict[str, float]) -> np.ndarray:
    return np.array([numbers.get(cell, np.nan) for cell in cells], np.float64)
