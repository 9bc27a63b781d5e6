"""Label column: guess it in a single file, from titles, cells and positions."""

import math

import numpy as np

from core.base.errors import BadData
from core.base.text import clip, counted
from core.data.inspection.sample_kind import TINY, WIDE, are_names, is_grey
from core.data.inspection.shapes import shape_of
from core.data.inspection.tasks import VALUE_TITLES
from core.data.reading import Reading
from core.data.spreadsheet.layout import LABEL_NAMES
from core.data.spreadsheet.table import Table

OTHER_NAMES = (
    "species", "diagnosis", "outcome", "quality", "survived", "response", "result", "price",
    "saleprice", "medv", "medhousevalue", "median_house_value", "charges", "progression",
)  # fmt: skip
RESERVED = ("auto", "first", "last", "none")  # values of Reading.label_column that are not titles
FEW = 64  # different values up to which a column looks more like labels than pixels


def cells_of(table: Table, column: int) -> np.ndarray:
    """Return the cells of a column of the file, (rows,), exactly: numbers or text."""
    if column in table.words:
        return table.words[column]
    if column in table.exact:
        return table.exact[column]
    return np.ascontiguousarray(table.values[:, table.columns.index(column)])


def guess_label_column(
    table: Table, wanted: str, free: list[int], reading: Reading
) -> tuple[int, str, str]:
    """Return the label column, the reason, and the other candidate ("first", "last" or "").

    Raises BadData.
    """
    if wanted in ("first", "last"):
        return (free[0] if wanted == "first" else free[-1]), "", ""
    named = find_by_title(table, wanted)
    if named is not None:
        return named, "recognized by its title" if wanted == "auto" else "", ""
    fits_shape = bool(reading.shape) and math.prod(reading.shape) == len(free) - 1
    is_guess = reading.form == "auto" and not fits_shape
    tabular = reading.form == "table" or (is_guess and _tabular(table, free))
    words = [c for c in free if c in table.words]
    if len(words) == 1:
        other = "last" if tabular and words[0] != free[-1] else ""
        return words[0], "the only text column", other
    ends = {"first": free[0], "last": free[-1]}
    fit = {end: column for end, column in ends.items() if _could_be_labels(table, column)}
    if fit and (fits_shape or shape_of(len(free) - 1) or tabular):
        unlike = {end: _unlike_labels(table, column) for end, column in fit.items()}
        best = min(fit, key=lambda end: (tabular and end == "first", unlike[end]))
        other = next((end for end in fit if end != best and not unlike[end][0]), "")
        different = len(np.unique(cells_of(table, fit[best])))
        reason = f"the {best} column, with {counted(different, 'different value')}"
        return fit[best], reason, other
    if tabular and len(free) > 1:
        return free[-1], "the last column by default", "first"
    raise BadData(
        f"{table.name} has {counted(len(free), 'column')}, and none of them is recognizable as the "
        "label column. Add a file with labels, or enter the name of the label column.",
        tuple({"label_column": end} for end in ("first", "last")),
        code="label_column_not_found",
    )


def _tabular(table: Table, free: list[int]) -> bool:
    """Whether the columns cannot be pixels, with or without a label column among them."""
    if table.header and are_names([table.header[c] for c in free]):
        return True
    if shape_of(len(free)) or shape_of(len(free) - 1):
        return len(free) < TINY and not is_grey(table.values)
    return len(free) < WIDE or table.values.min(initial=0) < 0


def find_by_title(table: Table, wanted: str) -> int | None:
    """Return the column of that title; with "auto", the one with a common label title."""
    titles = [name.lower() for name in table.header or ()]
    guess = wanted in RESERVED
    candidates = (*LABEL_NAMES, *OTHER_NAMES) if guess else (wanted.lower(),)
    index = next((titles.index(name) for name in candidates if name in titles), None)
    if index is None and guess and titles and titles[-1].replace(" ", "_") in VALUE_TITLES:
        return len(titles) - 1
    if index is None and not guess:
        raise BadData(
            f"{table.name} has no column named {clip(wanted)!r}. Enter first, last, or a name from "
            "its first row.",
            code="label_column_unknown",
        )
    return index


def _could_be_labels(table: Table, column: int) -> bool:
    """Whether a column has few different whole numbers with few gaps, unlike most edge pixels."""
    if column in table.words:
        return True
    values = np.unique(cells_of(table, column)).astype(np.float64)
    return (
        not (values % 1).any()
        and 1 < len(values) <= max(2, len(table) // 2)
        and values[-1] - values[0] < 2 * len(values)
    )


def _unlike_labels(table: Table, column: int) -> tuple[bool, float]:
    """Return a sort key that is small for labels: few different values, about equally frequent.

    Edge pixels of drawings are nearly always dark; those of photographs take all values.
    """
    sizes = np.unique(cells_of(table, column), return_counts=True)[1]
    fractions = sizes / sizes.sum()
    evenness = float(
        np.exp(-(fractions * np.log(fractions)).sum()) / len(sizes)
    )  # 1 where all are equal
    return len(sizes) > FEW, -evenness
