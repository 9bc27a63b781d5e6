"""Unlikely labels: columns that hardly hold the labels, such as constants, dates and names."""

import numpy as np
import pandas as pd

from core.data.spreadsheet.cells import DATE
from core.data.spreadsheet.table import Table

UNSUITABLE = ("constant", "a date", "different in every row", "mostly empty")  # no labels
MOSTLY = 0.5  # fraction of missing cells from which a column is mostly empty
NAMED_ROWS = 10  # rows from which texts that are all different are names


def cells_of(table: Table, column: int) -> np.ndarray:
    """Return the cells of a column of the file, (rows,), exactly: numbers or text."""
    if column in table.words:
        return table.words[column]
    if column in table.exact:
        return table.exact[column]
    return np.ascontiguousarray(table.numbers(column))


def gap_fraction(table: Table, column: int) -> float:
    """Return the fraction of missing cells of a column."""
    cells = cells_of(table, column)
    return float((cells == "").mean() if column in table.words else pd.isna(cells).mean())


def is_constant(table: Table, column: int) -> bool:
    """Whether all cells of the column are equal."""
    cells = cells_of(table, column)
    return bool((cells == cells[0]).all())


def _are_dates(table: Table, column: int) -> bool:
    """Whether most cells are dates."""
    cells = table.words.get(column, ())
    return 2 * sum(bool(DATE.match(str(cell).strip())) for cell in cells) > len(cells)


def why_unsuitable(table: Table, column: int) -> str:
    """Return why a column is hardly the label: one of UNSUITABLE, or an empty text."""
    if is_constant(table, column):
        return "constant"
    if _are_dates(table, column):
        return "a date"
    cells = table.words.get(column)
    if cells is None:
        return "mostly empty" if gap_fraction(table, column) > MOSTLY else ""
    if len(cells) >= NAMED_ROWS and len(set(cells)) == len(cells):
        return "different in every row"
    return "mostly empty" if gap_fraction(table, column) > MOSTLY else ""
