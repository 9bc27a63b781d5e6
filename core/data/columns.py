"""Columns: which columns of one or two tables are numbers to learn from, and which holds the
labels.
"""

from dataclasses import dataclass, field

import numpy as np

from core.data.finding import Finding
from core.data.form import TINY, WIDE, are_names, is_grey, title
from core.data.layout import LABEL_NAMES
from core.data.shapes import shape_of
from core.data.table import Table
from core.data.tasks import VALUE_TITLES
from core.data.wording import clip, counted
from core.errors import BadData
from core.numbers import whole

COUNTING = ("", "id", "index", "unnamed: 0", "row", "no", "nr", "#")  # titles of row numbers
OTHER_NAMES = ("species", "diagnosis", "outcome", "quality", "survived", "response", "result")
FEW = 64  # different values up to which a column is liker labels than pixels


@dataclass(frozen=True)
class Columns:
    """`values` (N, F) with `titles` (F of them, or none), and `words`: column, from 0 -> cells;
    `header` is that of the whole file.

    `labels` (N,), or None, stand in `name` from `first_row` on under `label_title`; `place` is what
    Reading.label_column must say to find them again.
    """

    values: np.ndarray
    titles: tuple[str, ...]
    labels: np.ndarray | None
    name: str
    first_row: int
    label_title: str = ""
    place: str = "auto"
    words: dict[int, np.ndarray] = field(default_factory=dict)
    header: tuple[str, ...] | None = None
    findings: tuple[Finding, ...] = ()


def find_columns(images: Table, labels: Table | None, wanted: str) -> Columns:
    """Inputs and labels of a pair, or of one file (`wanted` as in Reading.label_column).

    Raises BadData.
    """
    if labels is None:
        return _split_columns(images, wanted)
    if images.width == 1 and labels.width > 1:
        raise BadData(
            f"{images.name} has one column and {labels.name} has {whole(labels.width)}: "
            "swap the two files."
        )
    cells, first_row, place, more = _label_cells(labels, wanted, images)
    if len(cells) != len(images):
        had = f"{images.name} has {counted(len(images), 'row')}"
        other = f"{labels.name} has {whole(len(cells))}"
        raise BadData(f"{had}, {other}: give one label for each row.")
    free, said = _free(images)
    values, titles = _numbers(images, free)
    label_title = labels.header[place] if labels.header else ""
    return Columns(
        values, titles, cells, labels.name, first_row, label_title, wanted,
        dict(images.words), images.header, (*said, *more),
    )  # fmt: skip


def _label_cells(
    labels: Table, wanted: str, images: Table
) -> tuple[np.ndarray, int, int, tuple[Finding, ...]]:
    """The labels in a file of their own; one row too many shows a header that looks like one."""
    if labels.width > 1:
        place = labels.width - 1 if wanted == "last" else 0 if wanted == "first" else None
        place = _named(labels, wanted) if place is None else place
        if place is None:
            had = f"{labels.name} has {counted(labels.width, 'column')}, none of them named label"
            raise BadData(
                f"{had}: give one label column, or its name.", ({"label_column": "last"},)
            )
        said = f"Column {whole(place + 1)}{title(labels.header, place)} of {labels.name} holds the "
        found = Finding("label_column", "ok", said + "labels.")
        return _cells(labels, place), labels.first_row, place, (found,)
    cells = _cells(labels, 0)
    first = str(cells[0]) if len(cells) else ""
    named = first not in cells[1:] if labels.words else bool(images.header) and float(cells[0]) == 0
    if labels.header is None and len(cells) == len(images) + 1 and named:
        said = f"The first row of {labels.name} ({clip(first)!r}) is taken for its header."
        return cells[1:], labels.first_row + 1, 0, (Finding("label_header", "info", said),)
    return cells, labels.first_row, 0, ()


def _split_columns(table: Table, wanted: str) -> Columns:
    """One file: the label column is named, or holds the words, or is the first or the last."""
    free, said = _free(table)
    place, why, other = None, "", ""
    if wanted != "none":
        place, why, other = _label_place(table, wanted, free)
        because = f": {why}" if why else ""
        words = f"Column {whole(place + 1)}{title(table.header, place)} holds the labels{because}."
        fix = ({"label_column": other}, f"Take the {other} column") if other else (None, "")
        evidence = {"column": place + 1, "columns": len(free)}
        said.append(Finding("label_column", "info" if fix[0] else "ok", words, *fix, evidence))
    values, titles = _numbers(table, [c for c in free if c != place])
    words = {c: cells for c, cells in table.words.items() if c != place}
    labels = None if place is None else _cells(table, place)
    name = table.header[place] if table.header and place is not None else ""
    ends = {free[0]: "first", free[-1]: "last"}
    again = name.lower() or ends.get(place, wanted)
    return Columns(
        values, titles, labels, table.name, table.first_row, name, again, words, table.header,
        tuple(said),
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


def _numbers(table: Table, free: list[int]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The number columns among `free`, as a view where they stand side by side."""
    places = [i for i, column in enumerate(table.columns) if column in set(free)]
    if places and places[-1] - places[0] + 1 == len(places):
        values = table.values[:, places[0] : places[-1] + 1]
    else:
        values = table.values[:, places]
    header = table.header
    return values, tuple(header[table.columns[i]] for i in places) if header else ()


def _label_place(table: Table, wanted: str, free: list[int]) -> tuple[int, str, str]:
    """Column, why, and the other candidate, as Reading.label_column names it, where there is one.
    Raises BadData.
    """
    if wanted in ("first", "last"):
        return (free[0] if wanted == "first" else free[-1]), "", ""
    named = _named(table, wanted)
    if named is not None:
        return named, "its title says so" if wanted == "auto" else "", ""
    words = [c for c in free if c in table.words]
    if len(words) == 1:
        return words[0], "the only one with words", ""
    tabular = _tabular(table, free)
    ends = {"first": free[0], "last": free[-1]}
    fit = {end: column for end, column in ends.items() if _could_be_labels(table, column)}
    if fit and (shape_of(len(free) - 1) or tabular):
        unlike = {end: _unlike_labels(table, column) for end, column in fit.items()}
        best = min(fit, key=lambda end: (tabular and end == "first", unlike[end]))
        other = next((end for end in fit if end != best and not unlike[end][0]), "")
        different = len(np.unique(_cells(table, fit[best])))
        why = f"the {best} one, with {counted(different, 'different value')}"
        return fit[best], why, other
    if tabular and len(free) > 1:
        return free[-1], "the last one, as nothing tells it otherwise", "first"
    had = f"{table.name} has {counted(len(free), 'column')} and no label column among them"
    raise BadData(f"{had}: give the file with the labels too, or name the column.")


def _tabular(table: Table, free: list[int]) -> bool:
    """Whether the columns are surely no pixels, with or without a label among them."""
    if table.header and are_names([table.header[c] for c in free]):
        return True
    if shape_of(len(free)) or shape_of(len(free) - 1):
        return len(free) <= TINY and not is_grey(table.values)
    return len(free) < WIDE


def _named(table: Table, wanted: str) -> int | None:
    """The column of that name; with "auto", of a name that labels usually have."""
    titles = [name.lower() for name in table.header or ()]
    guess = wanted in ("auto", "first", "last", "none")
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


def _cells(table: Table, column: int) -> np.ndarray:
    if column in table.words:
        return table.words[column]
    return np.ascontiguousarray(table.values[:, table.columns.index(column)])


def _could_be_labels(table: Table, column: int) -> bool:
    """A few different whole numbers without many gaps, which edge pixels mostly are not."""
    if column in table.words:
        return True
    known = np.unique(_cells(table, column)).astype(np.float64)
    return (
        not (known % 1).any()
        and 1 < len(known) <= max(2, len(table) // 2)
        and known[-1] - known[0] < 2 * len(known)
    )


def _unlike_labels(table: Table, column: int) -> tuple[bool, float]:
    """Small for labels: few different values, and those about equally often. Edge pixels of signs
    are nearly always dark, those of photographs take all values.
    """
    sizes = np.unique(_cells(table, column), return_counts=True)[1]
    shares = sizes / sizes.sum()
    alike = float(np.exp(-(shares * np.log(shares)).sum()) / len(sizes))  # 1 where all are equal
    return len(sizes) > FEW, -alike
