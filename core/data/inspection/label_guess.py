"""Label column: the one that was chosen, or the likeliest one, and how a Reading names it."""

import math
from dataclasses import dataclass
from typing import Any

from core.base.errors import BadData
from core.base.text import clip, counted
from core.data.inspection.column_choices import column_keys
from core.data.inspection.label_ranking import (
    TITLED,
    Reason,
    beside_pixels,
    by_place,
    by_title,
    is_tabular,
)
from core.data.inspection.sample_kind import TINY
from core.data.inspection.shapes import shape_of
from core.data.inspection.unlikely_labels import gap_fraction, is_constant
from core.data.reading import Reading
from core.data.spreadsheet.table import Table

RESERVED = ("auto", "first", "last", "none")  # values of Reading.label_column that are not titles


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
    ranked = by_title(table, free)
    fits_shape = bool(reading.shape) and math.prod(reading.shape) == len(free) - 1
    is_guess = reading.form == "auto" and not fits_shape
    if reading.form == "table" or (is_guess and is_tabular(table, free)):
        ranked += by_place(table, free)
    elif not ranked:
        ranked += beside_pixels(table, free, fits_shape=fits_shape)
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
    return next((column for column, _ in by_title(table, free)), None)
