"""Label ranking: the columns of a file that may hold the labels, the likeliest first, from their
titles, their cells and their places.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.base.text import counted, join_words
from core.data.inspection.sample_kind import TINY, WIDE, are_names, find_image, is_grey
from core.data.inspection.shapes import shape_of
from core.data.inspection.tasks import VALUE_TITLES
from core.data.inspection.titles import normalized
from core.data.inspection.unlikely_labels import UNSUITABLE, cells_of, is_constant, why_unsuitable
from core.data.spreadsheet.header import LABEL_NAMES
from core.data.spreadsheet.table import Table

OTHER_NAMES = (
    "class_label", "class_name", "class_id", "label_id", "target_class", "species", "diagnosis",
    "outcome", "purchased", "survived", "churn", "churned", "exited", "approved", "loan_status",
    "default", "fraud", "is_fraud", "spam", "is_spam", "sentiment", "emotion", "variety", "quality",
    "attrition", "stroke", "response", "result", "price", "saleprice", "medv", "medhousevalue",
    "median_house_value", "charges", "progression",
)  # fmt: skip
FEW = 64  # different values up to which a column looks more like labels than pixels


@dataclass(frozen=True)
class Reason:
    """Why a column holds the labels: what it is, "the last column", among those that are not
    `passed_over` (constant, a date, left out), and a detail.
    """

    text: str
    passed_over: tuple[str, ...] = ()
    detail: str = ""

    def __str__(self) -> str:
        others = f" that is not {join_words(self.passed_over, 'or')}" if self.passed_over else ""
        return f"{self.text}{others}{self.detail}"


TITLED = Reason("recognized by its title")
Ranked = list[tuple[int, Reason]]  # columns that may hold the labels, the likeliest first


def is_label_title(title: str) -> bool:
    """Whether a title is a common one of label columns."""
    return normalized(title) in (*LABEL_NAMES, *OTHER_NAMES)


def by_title(table: Table, free: list[int]) -> Ranked:
    """Return the columns with a common label title, the most common one first."""
    titles = {c: normalized(table.header[c]) for c in free} if table.header else {}
    names = [*LABEL_NAMES, *OTHER_NAMES]
    pair = [title for title in titles.values() if title in ("x", "y")]
    if {"x", "y", "z"} <= set(titles.values()) or (
        set(pair) == {"x", "y"} and titles[free[-1]] not in pair
    ):  # coordinates
        names.remove("y")
    found = [
        column
        for name in names
        for column, title in titles.items()
        if title == name and (name in LABEL_NAMES or not is_constant(table, column))
    ]
    if not found and titles and titles[free[-1]] in VALUE_TITLES:
        found = [free[-1]]
    return [(column, TITLED) for column in found]


def by_place(table: Table, free: list[int]) -> Ranked:
    """Rank the columns of a table: the last one, unless a headerless file has one text column."""
    usable = [c for c in free if not why_unsuitable(table, c)] or free
    words = _only_text(table, free, [c for c in usable if c in table.words])
    first, last = usable[0], usable[-1]
    likely = [c for c in (last, first) if _could_be_labels(table, c)]
    by_default = _end(table, free, last, "last", " by default")
    at_start = [(first, _reason(table, free, first, "first"))]
    if table.header is None and not words and likely and likely[0] == first:
        return [*at_start, (last, by_default)]
    at_end = [(last, _reason(table, free, last, "last") if last in likely else by_default)]
    if table.header is None:
        return [*words, *at_end, *(at_start if first in likely else [])]
    return [*at_end, *words, *at_start]


def beside_pixels(table: Table, free: list[int], *, fits_shape: bool) -> Ranked:
    """Rank the first and the last column of images, if one of them looks like labels."""
    if words := _only_text(table, free, [c for c in free if c in table.words]):
        return words
    ends = {"first": free[0], "last": free[-1]}
    fit = {end: column for end, column in ends.items() if _could_be_labels(table, column)}
    if not (fits_shape or shape_of(len(free) - 1)):
        fit = {end: column for end, column in fit.items() if _leaves_image(table, free, column)}
    if not fit:
        return []
    unlike = {end: _unlike_labels(table, column) for end, column in fit.items()}
    best, *others = sorted(fit, key=unlike.__getitem__)
    ranked = [best, *(end for end in others if not unlike[end][0])]
    return [(fit[end], _reason(table, free, fit[end], end)) for end in ranked]


def _leaves_image(table: Table, free: list[int], column: int) -> bool:
    """Whether the columns besides this one are pixels of images that are not square."""
    positions = [i for i, c in enumerate(table.columns) if c in free and c != column]
    rest = table.values[:, positions]
    return len(positions) == len(free) - 1 and is_grey(rest) and find_image(rest) is not None


def _only_text(table: Table, free: list[int], words: list[int]) -> Ranked:
    """Return the text column among `words`, if it is the only one."""
    if len(words) != 1:
        return []
    others = [c for c in table.words if c != words[0]]
    return [(words[0], Reason("the only text column", _passed_over(table, free, others)))]


def _reason(table: Table, free: list[int], column: int, end: str) -> Reason:
    cells = pd.Series(cells_of(table, column))
    different = cells[cells != ""].nunique()  # a missing value is not one
    return _end(table, free, column, end, f", with {counted(different, 'different value')}")


def _end(table: Table, free: list[int], column: int, end: str, detail: str) -> Reason:
    """Return "the last column", with the kinds of columns after it that were passed over."""
    others = range(column) if end == "first" else range(column + 1, table.width)
    return Reason(f"the {end} column", _passed_over(table, free, others), detail)


def _passed_over(table: Table, free: list[int], others: Iterable[int]) -> tuple[str, ...]:
    """Return why the labels were not looked for in these columns."""
    kinds = set()
    for c in others:
        kinds.add("left out" if c not in free else why_unsuitable(table, c) or "a date")
    return tuple(kind for kind in (*UNSUITABLE, "left out") if kind in kinds)


def is_tabular(table: Table, free: list[int]) -> bool:
    """Whether the columns cannot be pixels, with or without a label column among them."""
    if table.header and are_names([table.header[c] for c in free]):
        return True
    if shape_of(len(free)) or shape_of(len(free) - 1):
        return len(free) < TINY and not is_grey(table.values)
    if len(free) < WIDE and not table.words and beside_pixels(table, free, fits_shape=False):
        return False
    return len(free) < WIDE or table.values.min(initial=0) < 0


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
