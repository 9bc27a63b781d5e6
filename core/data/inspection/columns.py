"""Columns: which columns of one or two tables are inputs, and which one holds the labels."""

from dataclasses import dataclass, field

import numpy as np

from core.base.errors import BadData
from core.base.finding import Action, Finding
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.inspection.label_guess import (
    RESERVED,
    cells_of,
    find_by_title,
    guess_label_column,
)
from core.data.inspection.sample_kind import title
from core.data.reading import Reading
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table

COUNTING = ("", "id", "index", "unnamed: 0", "row", "no", "nr", "#")  # titles of row numbers


@dataclass(frozen=True)
class Columns:
    """The input columns and the labels of one or two tables.

    `values` (N, F) come from the file's columns `indices`, counted from 0, under `titles` (empty
    without a header). `words` maps a text column to its cells. `header` is the whole file's.

    `labels` (N,), or None, come from the file `name`, from row `first_row` on, under
    `label_title`; `label_column` is the value of Reading.label_column that finds them again.
    """

    values: np.ndarray
    indices: tuple[int, ...]
    titles: tuple[str, ...]
    labels: np.ndarray | None
    name: str
    first_row: int
    label_title: str = ""
    label_column: str = "auto"
    words: dict[int, np.ndarray] = field(default_factory=dict)
    header: tuple[str, ...] | None = None
    findings: tuple[Finding, ...] = ()
    sheet_column: int | None = None  # as in source.Text


def find_columns(images: Table, labels: Table | None, reading: Reading) -> Columns:
    """Find inputs and labels in a pair of tables, or in one table. Raises BadData."""
    wanted = reading.label_column
    if labels is None:
        return _split_columns(images, reading)
    if images.width == 1 and labels.width > 1:
        raise BadData(
            f"{images.name} has one column and {labels.name} has {whole(labels.width)}. The first "
            "file must contain the inputs and the second the labels: swap the two files.",
            code="files_swapped",
        )
    if images.width == labels.width == 1 and _same(images, labels):
        raise BadData(
            f"{images.name} and {labels.name} contain the same labels. Choose the images or the "
            "table as the first file and the labels as the second.",
            code="labels_twice",
        )
    cells, first_row, index, label_findings = _read_label_file(labels, wanted, images)
    if len(cells) != len(images):
        raise BadData(
            f"{images.name} has {counted(len(images), 'row')}, but {labels.name} has "
            f"{counted(len(cells), 'label')}. Provide exactly one label for each row.",
            code="label_count",
        )
    free, findings = _input_columns(images)
    values, indices, titles = _numbers(images, free)
    return Columns(
        values,
        indices,
        titles,
        labels=cells,
        name=labels.name,
        first_row=first_row,
        label_title=labels.header[index] if labels.header else "",
        label_column=wanted,
        words=dict(images.words),
        header=images.header,
        findings=(*findings, *label_findings),
        sheet_column=images.sheet_column,
    )


def _same(images: Table, labels: Table) -> bool:
    return np.array_equal(*(cells_of(table, 0) for table in (images, labels)))


def _read_label_file(
    labels: Table, wanted: str, images: Table
) -> tuple[np.ndarray, int, int, tuple[Finding, ...]]:
    """Return cells, first row, column and findings of a separate label file.

    One row more than there are images shows that a first row that looks like a label is a header.
    """
    if labels.width > 1:
        index = labels.width - 1 if wanted == "last" else 0 if wanted == "first" else None
        index = find_by_title(labels, wanted) if index is None else index
        if index is None:
            raise BadData(
                f"{labels.name} has {counted(labels.width, 'column')}, none of them named label. "
                "Keep a single label column, or enter the name of the label column.",
                ({"label_column": "last"},),
                code="label_column_unknown",
            )
        column = column_name(index, labels.sheet_column)
        text = f"C{column[1:]}{title(labels.header, index)} of {labels.name} contains the labels."
        found = Finding("label_column", "ok", text, {"column": index + 1, "columns": labels.width})
        return cells_of(labels, index), labels.first_row, index, (found,)
    cells = cells_of(labels, 0)
    first = str(cells[0]) if len(cells) else ""
    named = first not in cells[1:] if labels.words else bool(images.header) and float(cells[0]) == 0
    if labels.header is None and len(cells) == len(images) + 1 and named:
        text = (
            f"The first row of {labels.name} ({clip(first)!r}) is treated as a header, because "
            f"the file has one row more than {images.name}."
        )
        evidence = {"rows": len(images), "labels": len(cells)}
        found = Finding("label_header", "info", text, evidence)
        return cells[1:], labels.first_row + 1, 0, (found,)
    return cells, labels.first_row, 0, ()


def _split_columns(table: Table, reading: Reading) -> Columns:
    """Split one file: the label column is named, or the only text column, or the first or last."""
    free, findings = _input_columns(table)
    wanted, index, reason, other = reading.label_column, None, "", ""
    if wanted != "none":
        index, reason, other = guess_label_column(table, wanted, free, reading)
        because = f" ({reason})" if reason else ""
        column = column_name(index, table.sheet_column)
        text = f"C{column[1:]}{title(table.header, index)} contains the labels{because}."
        action = Action(f"Use the {other} column", {"label_column": other}) if other else None
        evidence = {"column": index + 1, "columns": len(free)}
        level = "info" if action else "ok"
        findings.append(Finding("label_column", level, text, evidence, action))
    values, indices, titles = _numbers(table, [c for c in free if c != index])
    name = table.header[index] if table.header and index is not None else ""
    ends = {free[0]: "first", free[-1]: "last"}
    titled = bool(name) and name.lower() not in RESERVED
    return Columns(
        values,
        indices,
        titles,
        labels=None if index is None else cells_of(table, index),
        name=table.name,
        first_row=table.first_row,
        label_title=name,
        label_column=name.lower() if titled else ends.get(index, wanted),
        words={c: cells for c, cells in table.words.items() if c != index},
        header=table.header,
        findings=tuple(findings),
        sheet_column=table.sheet_column,
    )


def _input_columns(table: Table) -> tuple[list[int], list[Finding]]:
    """Return the usable columns: all except a leading one that only numbers the rows."""
    titled = table.header is not None and table.header[0].lower() in COUNTING
    if titled and table.columns[:1] == (0,) and len(table) > 1:
        numbers = table.values[:, 0].astype(np.float64)
        if (np.diff(numbers) == 1).all() and numbers[0] in (0, 1):
            text = (
                f"The first column{title(table.header, 0)} of {table.name} only numbers the rows. "
                "It is not used as an input."
            )
            found = Finding("row_numbers", "ok", text, {"column": 1})
            return list(range(1, table.width)), [found]
    return list(range(table.width)), []


def _numbers(table: Table, free: list[int]) -> tuple[np.ndarray, tuple[int, ...], tuple[str, ...]]:
    """Return the numeric columns among `free`, their indices in the file, and their titles.

    Adjacent columns are returned as a view, without a copy.
    """
    wanted = set(free)
    positions = [i for i, column in enumerate(table.columns) if column in wanted]
    if positions and positions[-1] - positions[0] + 1 == len(positions):
        values = table.values[:, positions[0] : positions[-1] + 1]
    else:
        values = table.values[:, positions]
    indices = tuple(table.columns[i] for i in positions)
    return values, indices, tuple(table.header[c] for c in indices) if table.header else ()
