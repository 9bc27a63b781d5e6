"""Guess: which column of one file holds the labels, by its title, its cells and its place."""

import numpy as np

from core.base.errors import BadData
from core.base.text import clip, counted
from core.data.inspection.sample_kind import TINY, WIDE, are_names, is_grey
from core.data.inspection.shapes import shape_of
from core.data.inspection.tasks import VALUE_TITLES
from core.data.spreadsheet.layout import LABEL_NAMES
from core.data.spreadsheet.table import Table

OTHER_NAMES = (
    "species", "diagnosis", "outcome", "quality", "survived", "response", "result", "price",
    "saleprice", "medv", "medhousevalue", "median_house_value", "charges", "progression",
)  # fmt: skip
RESERVED = ("auto", "first", "last", "none")  # words of Reading.label_column, which are no titles
FEW = 64  # different values up to which a column is liker labels than pixels


def cells_of(table: Table, column: int) -> np.ndarray:
    """The cells of a column of the file, (rows,): numbers or words."""
    if column in table.words:
        return table.words[column]
    return np.ascontiguousarray(table.values[:, table.columns.index(column)])


def label_place(table: Table, wanted: str, free: list[int], form: str) -> tuple[int, str, str]:
    """Column, why, and the other candidate, as Reading.label_column names it, where there is one.
    Raises BadData.
    """
    if wanted in ("first", "last"):
        return (free[0] if wanted == "first" else free[-1]), "", ""
    named = by_title(table, wanted)
    if named is not None:
        return named, "its title says so" if wanted == "auto" else "", ""
    tabular = form == "table" or (form == "auto" and _tabular(table, free))
    words = [c for c in free if c in table.words]
    if len(words) == 1:
        other = "last" if tabular and words[0] != free[-1] else ""
        return words[0], "the only one with words", other
    ends = {"first": free[0], "last": free[-1]}
    fit = {end: column for end, column in ends.items() if _could_be_labels(table, column)}
    if fit and (shape_of(len(free) - 1) or tabular):
        unlike = {end: _unlike_labels(table, column) for end, column in fit.items()}
        best = min(fit, key=lambda end: (tabular and end == "first", unlike[end]))
        other = next((end for end in fit if end != best and not unlike[end][0]), "")
        different = len(np.unique(cells_of(table, fit[best])))
        why = f"the {best} one, with {counted(different, 'different value')}"
        return fit[best], why, other
    if tabular and len(free) > 1:
        return free[-1], "the last one, as nothing tells it otherwise", "first"
    had = f"{table.name} has {counted(len(free), 'column')} and no label column among them"
    ways = tuple({"label_column": end} for end in ("first", "last"))
    raise BadData(f"{had}: give the file with the labels too, or name the column.", ways)


def _tabular(table: Table, free: list[int]) -> bool:
    """Whether the columns are surely no pixels, with or without a label among them."""
    if table.header and are_names([table.header[c] for c in free]):
        return True
    if shape_of(len(free)) or shape_of(len(free) - 1):
        return len(free) < TINY and not is_grey(table.values)
    return len(free) < WIDE or table.values.min(initial=0) < 0


def by_title(table: Table, wanted: str) -> int | None:
    """The column of that name; with "auto", of a name that labels usually have."""
    titles = [name.lower() for name in table.header or ()]
    guess = wanted in RESERVED
    known = (*LABEL_NAMES, *OTHER_NAMES) if guess else (wanted.lower(),)
    place = next((titles.index(name) for name in known if name in titles), None)
    if place is None and guess and titles and titles[-1].replace(" ", "_") in VALUE_TITLES:
        return len(titles) - 1
    if place is None and not guess:
        raise BadData(
            f"{table.name} has no column named {clip(wanted)!r}: choose first, last, or a "
            "name in its first row."
        )
    return place


def _could_be_labels(table: Table, column: int) -> bool:
    """A few different whole numbers without many gaps, which edge pixels mostly are not."""
    if column in table.words:
        return True
    known = np.unique(cells_of(table, column)).astype(np.float64)
    return (
        not (known % 1).any()
        and 1 < len(known) <= max(2, len(table) // 2)
        and known[-1] - known[0] < 2 * len(known)
    )


def _unlike_labels(table: Table, column: int) -> tuple[bool, float]:
    """Small for labels: few different values, and those about equally often. Edge pixels of signs
    are nearly always dark, those of photographs take all values.
    """
    sizes = np.unique(cells_of(table, column), return_counts=True)[1]
    shares = sizes / sizes.sum()
    alike = float(np.exp(-(shares * np.log(shares)).sum()) / len(sizes))  # 1 where all are equal
    return len(sizes) > FEW, -alike
