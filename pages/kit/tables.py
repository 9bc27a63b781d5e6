"""Tables of a page: numbers are written as in its sentences and charts, and sorted by value."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from core.base.numbers import MISSING, exact, short, whole

INFLUENCES = "Influential columns"  # the title of a column of long texts
WRAPPED = {  # the look of a table with them: up to three lines in a row
    "row_height": 76,
    "column_config": {INFLUENCES: st.column_config.TextColumn(width=430)},
}

Rows = pd.DataFrame | Sequence[Mapping[str, Any]]
Format = Callable[[Any], str]


def show_table(rows: Rows | Styler, **look: Any) -> Any:
    """Draw a table without an index; `look` is passed to `st.dataframe`."""
    table = rows if isinstance(rows, Styler) else styled(rows)
    return st.dataframe(table, hide_index=True, placeholder=MISSING, **look)


def styled(
    rows: Rows, formats: Mapping[str, Format] | None = None, number: Format | None = None
) -> Styler:
    """Return the rows with their numbers as text: by `formats` for a column, else by `number`, else
    grouped whole numbers, and others with two digits.
    """
    frame = pd.DataFrame(rows)
    numbers = frame.select_dtypes("number")
    known = {name: number or (whole if is_whole(numbers[name]) else short) for name in numbers}
    return frame.style.format(known | dict(formats or {}), na_rep=MISSING)


def as_stored(rows: Rows) -> Styler:
    """Return rows of a dataset with their numbers as in its file: a year or an identifier keeps its
    digits.
    """
    return styled(rows, number=exact)


def is_whole(column: pd.Series) -> bool:
    """Whether all numbers are whole; a gap makes pandas store them as floats."""
    return bool((column.dropna() % 1 == 0).all())
