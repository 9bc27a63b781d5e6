"""Label column: rank the columns of a file that may hold the labels, from titles, cells, places."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.base.errors import BadData
from core.base.text import clip, counted, join_words
from core.data.inspection.column_choices import column_keys
from core.data.inspection.sample_kind import TINY, WIDE, are_names, find_image, is_grey
from core.data.inspection.shapes import shape_of
from core.data.inspection.tasks import VALUE_TITLES
from core.data.inspection.titles import normalized
from core.data.inspection.unlikely_labels import (
    UNSUITABLE,
    cells_of,
    gap_fraction,
    is_constant,
    why_unsuitable,
)
from core.data.reading import Reading
from core.data.spreadsheet.header import LABEL_NAMES
from core.data.spreadsheet.table import Table

OTHER_NAMES = (
    "class_label", "class_name", "class_id", "label_id", "target_class", "species", "diagnosis",
    "outcome", "purchased", "survived", "churn", "churned", "exited", "approved", "loan_status",
    "default", "fraud", "is_fraud", "spam", "is_spam", "sentiment", "emotion", "variety", "quality",
    "attrition", "stroke", "response", "result", "price", "saleprice", "medv", "medhousevalue",
    "median_house_value", "charges", "progression",
)  # fmt: skip
RESERVED = ("auto", "first", "last", "none")  # values of Reading.label_column that are not titles
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


@dataclass(frozen=True)
class Guess:
    """A label column, the reason (None if it was chosen), and the runner-up."""

    column: int
    reason: Reason | None = None
    other: int | None = None

    @property
    def is_titled(self) -> bool:
        """Whether the title of the column names labels."""
        return self.reason == TITLED


def guess_label_column(table: Table, free: list[int], reading: Reading) -> Guess:
    """Return the chosen label column, or the likeliest among the columns `free`. Raises BadData."""
    wanted = reading.label_column
    if wanted in ("first", "last"):
        return Guess(free[0] if wanted == "first" else free[-1])
    if wanted != "auto":
        return Guess(find_by_title(table, wanted))
    ranked = _by_title(table, free)
    fits_shape = bool(reading.shape) and math.prod(reading.shape) == len(free) - 1
    is_guess = reading.form == "auto" and not fits_shape
    if reading.form == "table" or (is_guess and _tabular(table, free)):
        ranked += _by_place(table, free)
    elif not ranked:
        ranked += _beside_pixels(table, free, fits_shape=fits_shape)
    reasons: dict[int, Reason] = {}
    for column, reason in ranked:
        reasons.setdefault(column, reason)
    if reasons and len(free) > 1:
        first, *others = reasons
        complete = (column for column in others if not _has_gaps(table, column))
        return Guess(first, reasons[first], other=next(complete, None))
    raise _not_found(table, free)


def _not_found(table: Table, free: list[int]) -> BadData:
    """Return the error for a file in which nothing is recognizable as the labels."""
    sheets = label_sheets(table)
    if len(free) < 2:
        cause = "that is not left out" if table.width > 1 else "of values"
        remedy = (
            "Choose another sheet, or add inputs"
            if sheets
            else "Use it as the file of labels beside a file of inputs, or separate its columns by "
            "commas, semicolons, tabs, | or spaces"
            if table.width == 1
            else "Use another column as input, or add a file with labels"
        )
        return BadData(
            f"{table.name} has one column {cause}, but inputs and labels need at least two. "
            f"{remedy}.",
            tuple(sheets),
            code="one_column",
        )
    remedy = "Choose another sheet" if sheets else "Add a file with labels"
    is_square = len(free) == table.width >= TINY and bool(shape_of(len(free)))
    is_turnable = table.width > len(table) > 1 and not is_square
    turn = ({"turn_sheet": True},) if is_turnable else ()
    ends = {"first": free[0], "last": free[-1]}  # beside all pixels of an image, none is a label
    ends = {} if is_square else {e: c for e, c in ends.items() if not is_constant(table, c)}
    samples = " If each column is a sample, swap the rows and columns." if turn else ""
    return BadData(
        f"{table.name} has {counted(len(free), 'column')}, and none of them is recognizable as the "
        f"label column. {remedy}, or enter the name of the label column.{samples}",
        (*sheets, *turn, *({"label_column": end} for end in ends)),
        code="label_column_not_found",
    )


def _has_gaps(table: Table, column: int) -> bool:
    """Whether a column has missing cells, so that rows would have no label."""
    return gap_fraction(table, column) > 0


def label_sheets(table: Table) -> list[dict[str, str]]:
    """Return changes of a Reading that take the labels, or the inputs, from another sheet."""
    for note in table.notes:
        if note.code == "sheet" and table.width == 1:
            own, others = note.evidence["sheet"], note.evidence["others"][:2]
            cells = table.words.get(0, ())
            is_prose = len(cells) > 0 and len(set(cells)) == len(cells)  # such as a "Read me"
            pairs = [{"sheet": s, "label_sheet": own} for s in others if not is_prose]
            return [*pairs, *({"sheet": s} for s in others)]
        if note.code == "sheet":
            return [{"label_sheet": sheet} for sheet in note.evidence["others"][:2]]
    return []


def label_choice(
    table: Table, column: int, free: list[int], *, as_written: bool = False
) -> dict[str, Any]:
    """Return the change of a Reading that makes this column the label: by its title in small
    letters, or `as_written` in the file; either finds it.
    """
    title = table.header[column].lower() if table.header else ""
    titles = [name.lower() for name in table.header or ()]
    if title not in ("", *RESERVED) and titles.count(title) == 1:
        return {"label_column": table.header[column] if as_written else title}
    ends = {free[0]: "first", free[-1]: "last"}
    if column in ends:
        return {"label_column": ends[column]}
    return {"columns": {column_keys(table.header, table.width)[column]: {"role": "label"}}}


def is_label_title(title: str) -> bool:
    """Whether a title is a common one of label columns."""
    return normalized(title) in (*LABEL_NAMES, *OTHER_NAMES)


def find_by_title(table: Table, wanted: str) -> int:
    """Return the column of that title. Raises BadData."""
    titles = [name.lower() for name in table.header or ()]
    if wanted.lower() not in titles:
        raise BadData(
            f"{table.name} has no column named {clip(wanted)!r}. Enter first, last, or a name from "
            "its first row.",
            code="label_column_unknown",
        )
    return titles.index(wanted.lower())


def guess_by_title(table: Table, free: list[int]) -> int | None:
    """Return the column with the most common label title, if there is one."""
    return next((column for column, _ in _by_title(table, free)), None)


def _by_title(table: Table, free: list[int]) -> Ranked:
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


def _by_place(table: Table, free: list[int]) -> Ranked:
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


def _beside_pixels(table: Table, free: list[int], *, fits_shape: bool) -> Ranked:
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


def _tabular(table: Table, free: list[int]) -> bool:
    """Whether the columns cannot be pixels, with or without a label column among them."""
    if table.header and are_names([table.header[c] for c in free]):
        return True
    if shape_of(len(free)) or shape_of(len(free) - 1):
        return len(free) < TINY and not is_grey(table.values)
    if len(free) < WIDE and not table.words and _beside_pixels(table, free, fits_shape=False):
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
