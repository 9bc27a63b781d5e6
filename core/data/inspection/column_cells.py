"""The cells of one column as numbers or texts, and where they are missing."""

import numpy as np
import pandas as pd

from core.data.inspection.columns import Columns


def cells_of_column(columns: Columns, index: int) -> np.ndarray:
    """Return the cells (N,) of a column: numbers with NaN, or text with "" where one is missing."""
    if index in columns.words:
        return columns.words[index]
    return columns.values[:, columns.indices.index(index)]


def is_missing(cells: np.ndarray) -> np.ndarray:
    """Return where cells (N,) are missing: NaN, or text without a character."""
    if cells.dtype.kind == "O":
        return np.array([not str(cell).strip() for cell in cells], bool)
    return np.isnan(cells) if cells.dtype.kind == "f" else np.zeros(len(cells), bool)


def to_numbers(cells: np.ndarray) -> np.ndarray:
    """Return cells (N,) as float64, NaN where a text is not a finite number."""
    if cells.dtype.kind != "O":
        return cells.astype(np.float64)
    numbers = pd.to_numeric(pd.Series(cells, dtype=object).str.strip(), errors="coerce")
    values = numbers.to_numpy(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def to_texts(cells: np.ndarray) -> np.ndarray:
    """Return cells (N,) as text without spaces around it, "" where one is missing."""
    if cells.dtype.kind == "O":
        return np.array([str(cell).strip() for cell in cells], object)
    missing = is_missing(cells)
    return np.array(
        ["" if gap else _digits(cell) for cell, gap in zip(cells.tolist(), missing, strict=True)],
        object,
    )


def _digits(number: float) -> str:
    """Return a number with 12 digits, or all of a whole one: codes have more."""
    is_long = 1e12 <= abs(number) < 2**53 and number % 1 == 0
    return f"{number:.0f}" if is_long else f"{number:.12g}"


def is_mostly_numbers(cells: np.ndarray) -> bool:
    """Whether at least half of the texts (N,) that are not missing are numbers."""
    filled = ~is_missing(cells)
    numbers = ~np.isnan(to_numbers(cells))
    return bool(numbers.any()) and 2 * int(numbers.sum()) >= int(filled.sum())


def is_all_numbers(cells: np.ndarray) -> bool:
    """Whether every text (N,) that is not missing is a number, and there is one."""
    filled = cells[~is_missing(cells)]
    return len(filled) > 0 and not np.isnan(to_numbers(filled)).any()
