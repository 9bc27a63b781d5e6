"""Columns: which columns of one or two tables are pixels, and which holds the labels."""

from dataclasses import dataclass

import numpy as np

from core.data.finding import Finding
from core.data.layout import LABEL_NAMES
from core.data.shapes import shape_of
from core.data.table import Table
from core.data.wording import clip, counted
from core.errors import BadData
from core.numbers import whole


@dataclass(frozen=True)
class Columns:
    """`pixels` (N, columns), `labels` (N,) or None, which stand in `name` from `first_row` on."""

    pixels: np.ndarray
    labels: np.ndarray | None
    name: str
    first_row: int
    findings: tuple[Finding, ...] = ()


def find_columns(images: Table, labels: Table | None, wanted: str) -> Columns:
    """Pixels and labels of a pair, or of one file (`wanted` as in Reading.label_column).

    Raises BadData.
    """
    if labels is None:
        return _split_columns(images, wanted)
    if images.width == 1 and labels.width > 1:
        raise BadData(
            f"{images.name} has one column and {labels.name} has {whole(labels.width)}: "
            "swap the two files."
        )
    if images.words:
        column = min(images.words)
        raise BadData(
            f"{images.name}, column {column + 1} holds words "
            f"({clip(str(images.words[column][0]))!r}): take it out."
        )
    cells, first_row, more = _label_cells(labels, wanted, images)
    if len(cells) != len(images):
        had = f"{images.name} has {counted(len(images), 'row')}"
        other = f"{labels.name} has {whole(len(cells))}"
        raise BadData(f"{had}, {other}: give one label for each picture.")
    return Columns(images.values, cells, labels.name, first_row, more)


def _label_cells(
    labels: Table, wanted: str, images: Table
) -> tuple[np.ndarray, int, tuple[Finding, ...]]:
    """The labels in a file of their own; one row too many shows a header that looks like one."""
    if labels.width > 1:
        place = _named(labels, wanted)
        if place is None:
            had = f"{labels.name} has {whole(labels.width)} columns, none of them named label"
            raise BadData(f"{had}: give one label column, or its name.")
        return _cells(labels, place), labels.first_row, ()
    cells = _cells(labels, 0)
    title = str(cells[0]) if len(cells) else ""
    named = title not in cells[1:] if labels.words else bool(images.header) and float(cells[0]) == 0
    if labels.header is None and len(cells) == len(images) + 1 and named:
        said = Finding(
            "header",
            "info",
            f"The first row of {labels.name} ({clip(title)!r}) is taken for its header.",
        )
        return cells[1:], labels.first_row + 1, (said,)
    return cells, labels.first_row, ()


def _split_columns(table: Table, wanted: str) -> Columns:
    """One file: the label column is named, or holds the words, or is the first or the last."""
    drop = _row_numbers(table)
    free = [c for c in range(table.width) if c not in drop]
    said = []
    if drop:
        counts = f"The first column of {table.name} only counts the rows: left out."
        said.append(Finding("columns", "info", counts))
    place = None if wanted == "none" else _label_place(table, wanted, free)
    if place is not None:
        title = f" ({clip(table.header[place])!r})" if table.header and table.header[place] else ""
        said.append(
            Finding("label_column", "info", f"Column {whole(place + 1)}{title} holds the labels.")
        )
    strange = [c for c in table.words if c != place]
    if strange:
        cell = clip(str(table.words[strange[0]][0]))
        raise BadData(
            f"{table.name}, column {strange[0] + 1} holds words ({cell!r}) and no labels: "
            "take it out."
        )
    kept = np.isin(table.columns, [c for c in free if c != place])
    pixels = table.values if kept.all() else table.values[:, kept]
    labels = None if place is None else _cells(table, place)
    return Columns(pixels, labels, table.name, table.first_row, tuple(said))


def _label_place(table: Table, wanted: str, free: list[int]) -> int | None:
    if wanted in ("first", "last"):
        return free[0] if wanted == "first" else free[-1]
    named = _named(table, wanted)
    if named is not None:
        return named
    if len(table.words) == 1:
        return next(iter(table.words))
    if shape_of(len(free) - 1):
        ends = [c for c in (free[0], free[-1]) if _could_be_labels(table, c)]
        if ends:
            return min(ends, key=lambda c: _commonest(_cells(table, c)))
    had = f"{table.name} has {whole(len(free))} columns and no label column among them"
    raise BadData(f"{had}: give the file with the labels too, or name the column.")


def _named(table: Table, wanted: str) -> int | None:
    """The column of that name; with "auto", of a name that labels usually have."""
    titles = [title.lower() for title in table.header or ()]
    known = LABEL_NAMES if wanted in ("auto", "first", "last", "none") else (wanted.lower(),)
    place = next((titles.index(name) for name in known if name in titles), None)
    if place is None and known is not LABEL_NAMES:
        raise BadData(
            f"{table.name} has no column named {clip(wanted)!r}: choose first, last, or a "
            "name in its first row."
        )
    return place


def _cells(table: Table, column: int) -> np.ndarray:
    return (
        table.words[column]
        if column in table.words
        else table.values[:, table.columns.index(column)]
    )


def _could_be_labels(table: Table, column: int) -> bool:
    """A few different whole numbers without many gaps, which edge pixels mostly are not."""
    cells = _cells(table, column)
    known = np.unique(cells)
    whole = not (known.astype(np.float64) % 1).any()
    return (
        whole
        and 1 < len(known) <= max(2, len(cells) // 2)
        and float(known[-1]) - float(known[0]) < 2 * len(known)
    )


def _commonest(cells: np.ndarray) -> float:
    """The share of the commonest value: near 1 for an edge pixel, near 1/classes for labels."""
    return float(np.unique(cells, return_counts=True)[1].max() / len(cells))


def _row_numbers(table: Table) -> tuple[int, ...]:
    """Column 0 where it is the row count that pandas writes in front, under an empty title."""
    untitled = table.header and table.header[0] == "" and table.columns[:1] == (0,)
    return (0,) if untitled and np.array_equal(table.values[:, 0], np.arange(len(table))) else ()
