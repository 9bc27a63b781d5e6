"""Columns: which columns of one or two tables are numbers to learn from, and which holds the
labels.
"""

from dataclasses import dataclass, field

import numpy as np

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.inspection.finding import Finding
from core.data.inspection.label_guess import RESERVED, by_title, cells_of, label_place
from core.data.inspection.sample_kind import title
from core.data.reading import Reading
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table

COUNTING = ("", "id", "index", "unnamed: 0", "row", "no", "nr", "#")  # titles of row numbers


@dataclass(frozen=True)
class Columns:
    """`values` (N, F) from columns `places` of the file, counted from 0, with `titles` (or none);
    `words`: column -> cells. `header` is that of the whole file.

    `labels` (N,), or None, stand in `name` from `first_row` on under `label_title`; `place` is what
    Reading.label_column must say to find them again.
    """

    values: np.ndarray
    places: tuple[int, ...]
    titles: tuple[str, ...]
    labels: np.ndarray | None
    name: str
    first_row: int
    label_title: str = ""
    place: str = "auto"
    words: dict[int, np.ndarray] = field(default_factory=dict)
    header: tuple[str, ...] | None = None
    findings: tuple[Finding, ...] = ()
    sheet_column: int | None = None  # as in source.Text


def find_columns(images: Table, labels: Table | None, reading: Reading) -> Columns:
    """Inputs and labels of a pair, or of one file. Raises BadData."""
    wanted = reading.label_column
    if labels is None:
        return _split_columns(images, wanted, reading.form)
    if images.width == 1 and labels.width > 1:
        raise BadData(
            f"{images.name} has one column and {labels.name} has {whole(labels.width)}: "
            "swap the two files."
        )
    if images.width == labels.width == 1 and _same(images, labels):
        raise BadData(
            f"{images.name} holds the labels, the same as {labels.name}: give the pictures or the "
            "table first, the labels second."
        )
    cells, first_row, place, more = _label_cells(labels, wanted, images)
    if len(cells) != len(images):
        had = f"{images.name} has {counted(len(images), 'row')}"
        other = f"{labels.name} has {whole(len(cells))}"
        raise BadData(f"{had}, {other}: give one label for each row.")
    free, said = _free(images)
    values, places, titles = _numbers(images, free)
    label_title = labels.header[place] if labels.header else ""
    return Columns(
        values, places, titles, cells, labels.name, first_row, label_title, wanted,
        dict(images.words), images.header, (*said, *more), images.sheet_column,
    )  # fmt: skip


def _same(images: Table, labels: Table) -> bool:
    return np.array_equal(*(cells_of(table, 0) for table in (images, labels)))


def _label_cells(
    labels: Table, wanted: str, images: Table
) -> tuple[np.ndarray, int, int, tuple[Finding, ...]]:
    """The labels in a file of their own; one row too many shows a header that looks like one."""
    if labels.width > 1:
        place = labels.width - 1 if wanted == "last" else 0 if wanted == "first" else None
        place = by_title(labels, wanted) if place is None else place
        if place is None:
            had = f"{labels.name} has {counted(labels.width, 'column')}, none of them named label"
            raise BadData(
                f"{had}: give one label column, or its name.", ({"label_column": "last"},)
            )
        column = column_name(place, labels.sheet_column)
        said = f"C{column[1:]}{title(labels.header, place)} of {labels.name} holds the labels."
        found = Finding("label_column", "ok", said)
        return cells_of(labels, place), labels.first_row, place, (found,)
    cells = cells_of(labels, 0)
    first = str(cells[0]) if len(cells) else ""
    named = first not in cells[1:] if labels.words else bool(images.header) and float(cells[0]) == 0
    if labels.header is None and len(cells) == len(images) + 1 and named:
        said = f"The first row of {labels.name} ({clip(first)!r}) is taken for its header."
        return cells[1:], labels.first_row + 1, 0, (Finding("label_header", "info", said),)
    return cells, labels.first_row, 0, ()


def _split_columns(table: Table, wanted: str, form: str) -> Columns:
    """One file: the label column is named, or holds the words, or is the first or the last."""
    free, said = _free(table)
    place, why, other = None, "", ""
    if wanted != "none":
        place, why, other = label_place(table, wanted, free, form)
        because = f": {why}" if why else ""
        column = column_name(place, table.sheet_column)
        words = f"C{column[1:]}{title(table.header, place)} holds the labels{because}."
        fix = ({"label_column": other}, f"Take the {other} column") if other else (None, "")
        evidence = {"column": place + 1, "columns": len(free)}
        said.append(Finding("label_column", "info" if fix[0] else "ok", words, *fix, evidence))
    values, places, titles = _numbers(table, [c for c in free if c != place])
    words = {c: cells for c, cells in table.words.items() if c != place}
    labels = None if place is None else cells_of(table, place)
    name = table.header[place] if table.header and place is not None else ""
    ends = {free[0]: "first", free[-1]: "last"}
    titled = bool(name) and name.lower() not in RESERVED
    again = name.lower() if titled else ends.get(place, wanted)
    return Columns(
        values, places, titles, labels, table.name, table.first_row, name, again,
        words, table.header, tuple(said), table.sheet_column,
    )  # fmt: skip


def _free(table: Table) -> tuple[list[int], list[Finding]]:
    """The columns that may be used: all but one in front that only counts the rows."""
    titled = table.header is not None and table.header[0].lower() in COUNTING
    if titled and table.columns[:1] == (0,) and len(table) > 1:
        numbers = table.values[:, 0].astype(np.float64)
        if (np.diff(numbers) == 1).all() and numbers[0] in (0, 1):
            said = f"The first column{title(table.header, 0)} of {table.name} only counts the rows"
            found = Finding("row_numbers", "ok", f"{said}: left out.")
            return list(range(1, table.width)), [found]
    return list(range(table.width)), []


def _numbers(table: Table, free: list[int]) -> tuple[np.ndarray, tuple[int, ...], tuple[str, ...]]:
    """The number columns among `free`, as a view where they stand side by side; which, and their
    titles.
    """
    wanted = set(free)
    places = [i for i, column in enumerate(table.columns) if column in wanted]
    if places and places[-1] - places[0] + 1 == len(places):
        values = table.values[:, places[0] : places[-1] + 1]
    else:
        values = table.values[:, places]
    found = tuple(table.columns[i] for i in places)
    return values, found, tuple(table.header[c] for c in found) if table.header else ()
