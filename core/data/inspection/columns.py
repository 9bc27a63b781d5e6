"""Columns: which columns of one or two tables are inputs, and which one holds the labels."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.base.errors import BadData
from core.base.finding import Action, Finding
from core.base.numbers import whole
from core.base.text import clip, counted, few
from core.data.inspection.column_choices import column_keys, resolve_choices
from core.data.inspection.label_guess import (
    RESERVED,
    cells_of,
    find_by_title,
    guess_label_column,
)
from core.data.inspection.sample_kind import title
from core.data.reading import ColumnChoice, Reading
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table

COUNTING = ("", "id", "index", "unnamed: 0", "row", "no", "nr", "#")  # titles of row numbers


@dataclass(frozen=True)
class Columns:
    """The input columns and the labels of one or two tables.

    `values` (N, F) come from the file's columns `indices`, counted from 0, under `titles` (empty
    without a header). `words` maps a text column to its cells. `header` is the whole file's.

    `labels` (N,), or None, come from the file `name`, under `label_title`, from its column
    `label_index`; `label_column` is the value of Reading.label_column that finds them again.

    `rows` and `label_rows` are the spreadsheet's row numbers of the inputs and of the labels (N,).
    `choices` are those of the reading for the columns of the first file, and `train` says which
    rows fit the values that fill gaps: all if it is None.
    """

    values: np.ndarray
    indices: tuple[int, ...]
    titles: tuple[str, ...]
    labels: np.ndarray | None
    name: str
    rows: Sequence[int]
    label_rows: Sequence[int]
    label_index: int | None = None
    label_title: str = ""
    label_column: str = "auto"
    words: dict[int, np.ndarray] = field(default_factory=dict)
    header: tuple[str, ...] | None = None
    findings: tuple[Finding, ...] = ()
    sheet_column: int | None = None  # as in source.Text
    choices: dict[int, ColumnChoice] = field(default_factory=dict)
    train: np.ndarray | None = None

    def choice(self, column: int) -> ColumnChoice:
        """Return the choice for a column of the first file, from 0."""
        return self.choices.get(column, ColumnChoice())


def find_columns(
    images: Table, labels: Table | None, reading: Reading, *, strict: bool = True
) -> Columns:
    """Find inputs and labels in a pair of tables, or in one table.

    Choices for columns that a table does not have are ignored unless `strict`. Raises BadData.
    """
    wanted = reading.label_column
    choices = resolve_choices(
        reading.columns, images.header, images.width, name=images.name, strict=strict
    )
    if labels is None:
        return _split_columns(images, reading, choices)
    if any(choice.role == "label" for choice in choices.values()):
        raise BadData(
            f"The labels come from {labels.name}, but a column of {images.name} is chosen as the "
            "label too. Remove one of the two choices.",
            code="labels_twice",
        )
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
    free, findings = _input_columns(images, choices)
    values, indices, titles = _numbers(images, free)
    return Columns(
        values,
        indices,
        titles,
        labels=cells,
        name=labels.name,
        rows=range(images.first_row, images.first_row + len(images)),
        label_rows=range(first_row, first_row + len(cells)),
        label_title=labels.header[index] if labels.header else "",
        label_column=wanted,
        words={c: cells for c, cells in images.words.items() if c in free},
        header=images.header,
        findings=(*findings, *label_findings),
        sheet_column=images.sheet_column,
        choices=choices,
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


def _split_columns(table: Table, reading: Reading, choices: dict[int, ColumnChoice]) -> Columns:
    """Split one file: the label column is named, or the only text column, or the first or last."""
    free, findings = _input_columns(table, choices)
    wanted, index, reason, other = reading.label_column, _chosen_label(table, choices), "", ""
    if index is not None or wanted != "none":
        if index is None:
            possible = [c for c in free if choices.get(c, ColumnChoice()).role != "input"]
            index, reason, other = guess_label_column(table, wanted, possible, reading)
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
        rows=range(table.first_row, table.first_row + len(table)),
        label_rows=range(table.first_row, table.first_row + len(table)),
        label_index=index,
        label_title=name,
        label_column=name.lower() if titled else ends.get(index, wanted),
        words={c: cells for c, cells in table.words.items() if c in free and c != index},
        header=table.header,
        findings=tuple(findings),
        sheet_column=table.sheet_column,
        choices=choices,
    )


def _chosen_label(table: Table, choices: dict[int, ColumnChoice]) -> int | None:
    """Return the column with the role of the label. Raises BadData if there are several."""
    chosen = [column for column, choice in choices.items() if choice.role == "label"]
    if len(chosen) > 1:
        keys = column_keys(table.header, table.width)
        raise BadData(
            f"{table.name} has {len(chosen)} columns that are chosen as the label "
            f"({few([keys[c] for c in chosen])}). Choose one label.",
            code="several_labels",
        )
    return chosen[0] if chosen else None


def _input_columns(
    table: Table, choices: dict[int, ColumnChoice]
) -> tuple[list[int], list[Finding]]:
    """Return the usable columns: all except those that are left out or hold the split, and except
    a leading one that only numbers the rows.
    """
    out = {c for c, x in choices.items() if x.role in ("ignore", "split") or x.text == "ignore"}
    free = [c for c in range(table.width) if c not in out]
    ignored = sorted(c for c in out if choices[c].role != "split")
    findings = []
    if ignored:
        keys = column_keys(table.header, table.width)
        names = [keys[c] for c in ignored]
        text = f"{counted(len(names), 'column')} of {table.name} not used: {few(names)}."
        findings.append(Finding("columns_left_out", "ok", text, {"columns": names}))
    if 0 in choices:
        return free, findings
    titled = table.header is not None and table.header[0].lower() in COUNTING
    if titled and table.columns[:1] == (0,) and len(table) > 1:
        numbers = table.values[:, 0].astype(np.float64)
        if (np.diff(numbers) == 1).all() and numbers[0] in (0, 1):
            text = (
                f"The first column{title(table.header, 0)} of {table.name} only numbers the rows. "
                "It is not used as an input."
            )
            found = Finding("row_numbers", "ok", text, {"column": 1})
            return [c for c in free if c], [*findings, found]
    return free, findings


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
