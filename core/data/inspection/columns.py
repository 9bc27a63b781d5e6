"""Columns: which columns of one or two tables are inputs, and which one holds the labels."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.inspection.column_choices import resolve_choices
from core.data.inspection.identifiers import find_identifiers
from core.data.inspection.input_columns import (
    TrainedColumns,
    check_repeated_titles,
    find_inputs,
)
from core.data.inspection.label_columns import find_label
from core.data.inspection.label_file import read_label_file
from core.data.inspection.label_guess import guess_by_title
from core.data.inspection.parts_column import TRAIN, FileSplit
from core.data.inspection.unlikely_labels import cells_of
from core.data.reading import ColumnChoice, Reading
from core.data.split_keys import SplitKeys
from core.data.spreadsheet.table import Table


@dataclass(frozen=True)
class Columns:
    """The input columns and the labels of one or two tables.

    `values` (N, F) come from the file's columns `indices`, counted from 0, under `titles` (empty
    without a header). `words` maps a text column to its cells. `header` is the whole file's.

    `labels` (N,), or None, come from the file `name`, under `label_title`, from its column
    `label_index`; `label_column` is the value of Reading.label_column that finds them again.

    `rows` and `label_rows` are the spreadsheet's row numbers of the inputs and of the labels (N,).
    `choices` are those of the reading for the columns of the first file. `task` is as in Reading,
    `split` is the part of the data that a file assigns to each row, if it does, `keys` are the
    values by which the rows are split,
    `label_roles` are the choices that find one-hot labels again, and `left_out` are the keys of
    the columns that are not used, such as identifiers. `gap_words` are words, such as NA, that are
    read as missing in columns of text.
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
    task: str = "auto"
    split: FileSplit | None = None
    keys: SplitKeys | None = None
    label_roles: dict[str, dict[str, str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    gap_words: dict[int, str] = field(default_factory=dict)

    @property
    def train(self) -> np.ndarray | None:
        """The rows to which encodings are fitted, as a mask (N,); None means all rows."""
        return None if self.split is None else self.split.parts == TRAIN

    @property
    def unused(self) -> tuple[str, ...]:
        """The keys of the columns that are neither inputs nor labels: left out, or identifiers."""
        chosen = [f.evidence["columns"] for f in self.findings if f.code == "columns_left_out"]
        return (*self.left_out, *(key for keys in chosen for key in keys))

    @property
    def trained(self) -> TrainedColumns:
        """What a test file must have in common with this one."""
        return TrainedColumns(len(self.indices) + len(self.words), self.titles, self.left_out)

    def choice(self, column: int) -> ColumnChoice:
        """Return the choice for a column of the first file, from 0."""
        return self.choices.get(column, ColumnChoice())


def find_columns(
    images: Table,
    labels: Table | None,
    reading: Reading,
    *,
    strict: bool = True,
    trained: TrainedColumns | None = None,
) -> Columns:
    """Find inputs and labels in a pair of tables, or in one table.

    Choices for columns that a table does not have are ignored unless `strict`. `trained` are the
    columns of the training file, if this is a test file. Raises BadData.
    """
    choices = _choices(images, labels, reading, strict=strict)
    if labels is None:
        return _split_columns(images, reading, choices, trained)
    if any(choice.role == "label" for choice in choices.values()):
        raise BadData(
            f"The labels come from {labels.name}, but a column of {images.name} is chosen as the "
            "label too. Remove one of the two choices.",
            code="labels_twice",
        )
    _refuse_exchanged(images, labels)
    found = read_label_file(
        labels,
        images,
        reading.label_column,
        input_choices=choices,
        label_choices=resolve_choices(
            reading.columns, labels.header, labels.width, name=labels.name, strict=False
        ),
    )
    inputs = find_inputs(images, choices, trained)
    check_repeated_titles(images, trained)
    joined = found.joined.columns[0] if found.joined else None
    used = joined is not None and choices.get(joined, ColumnChoice()).role == "input"
    free = inputs.free if used else [c for c in inputs.free if c != joined]
    values, indices, titles = _numbers(images, free, trained)
    return Columns(
        values,
        indices,
        titles,
        labels=found.cells,
        name=labels.name,
        rows=images.row_numbers,
        label_rows=found.rows,
        label_title=found.title,
        label_column=reading.label_column,
        words={c: cells for c, cells in images.words.items() if c in free},
        header=images.header,
        findings=(*inputs.findings(images, joined), *found.findings),
        sheet_column=images.sheet_column,
        choices=choices,
        task=found.task,
        split=inputs.split or found.split,
        keys=inputs.keys or found.keys,
        left_out=inputs.left_out(images),
        gap_words=gap_words(images),
    )


def _choices(
    images: Table, labels: Table | None, reading: Reading, *, strict: bool
) -> dict[int, ColumnChoice]:
    """Return the choices for the inputs' columns. Raises BadData if no file has such a column."""
    header, width, name = images.header, images.width, images.name
    for key, choice in reading.columns.items() if strict and labels is not None else ():
        one = {key: choice}
        if not resolve_choices(one, labels.header, labels.width, name=name, strict=False):
            resolve_choices(one, header, width, name=name)
    strict = strict and labels is None
    return resolve_choices(reading.columns, header, width, name=name, strict=strict)


def _refuse_exchanged(images: Table, labels: Table) -> None:
    """Raise BadData if the first file holds the labels, or both files hold the same."""
    narrow = images.width <= 2 and labels.width > 2 * images.width + 1
    has_id = images.width == 2 and bool(find_identifiers(images, [0, 1, -1]))
    if narrow and (images.width == 1 or has_id or guess_by_title(images, [0, 1]) is not None):
        raise BadData(
            f"{images.name} has {counted(images.width, 'column')} and {labels.name} has "
            f"{whole(labels.width)}. The first file must contain the inputs and the second the "
            "labels: swap the two files.",
            ({"swap": True},),
            code="files_swapped",
        )
    if images.width == labels.width == 1 and _same(images, labels):
        raise BadData(
            f"{images.name} and {labels.name} contain the same labels. Choose the images or the "
            "table as the first file and the labels as the second.",
            code="labels_twice",
        )


def _same(images: Table, labels: Table) -> bool:
    return np.array_equal(*(cells_of(table, 0) for table in (images, labels)))


def _split_columns(
    table: Table,
    reading: Reading,
    choices: dict[int, ColumnChoice],
    trained: TrainedColumns | None,
) -> Columns:
    """Split one file into the inputs and the label column, or one-hot label columns."""
    inputs = find_inputs(table, choices, trained)
    label = find_label(table, reading, choices, inputs.free, trained)
    check_repeated_titles(table, trained)
    free = [c for c in inputs.free if c not in label.columns]
    values, indices, titles = _numbers(table, free, trained)
    rows = table.row_numbers
    words = {c: cells for c, cells in table.words.items() if c in inputs.free}
    return Columns(
        values,
        indices,
        titles,
        labels=label.cells,
        name=table.name,
        rows=rows,
        label_rows=rows,
        label_index=label.columns[0] if len(label.columns) == 1 else None,
        label_title=label.title,
        label_column=label.settled.get("label_column", reading.label_column),
        label_roles=label.settled.get("columns", {}),
        words={c: cells for c, cells in words.items() if c not in label.columns},
        header=table.header,
        findings=(*inputs.findings(table), *label.findings),
        sheet_column=table.sheet_column,
        choices=choices,
        task=label.task,
        split=inputs.split,
        keys=inputs.keys,
        left_out=inputs.left_out(table),
        gap_words=gap_words(table),
    )


def gap_words(table: Table) -> dict[int, str]:
    """Return the first word, such as NA, that is read as missing in each column of text."""
    words = {c: table.reports[c] for c in table.words if c in table.reports}
    first = {c: r.first_missing[1].strip() for c, r in words.items() if r.first_missing}
    return {c: clip(word) for c, word in first.items() if word and not words[c].numbers}


def _numbers(
    table: Table, free: list[int], trained: TrainedColumns | None
) -> tuple[np.ndarray, tuple[int, ...], tuple[str, ...]]:
    """Return the numeric columns among `free`, their indices in the file, and their titles, in the
    order of the training file if it has the same titles.

    Adjacent columns are returned as a view, without a copy.
    """
    wanted = set(free)
    positions = [i for i, column in enumerate(table.columns) if column in wanted]
    if positions and positions[-1] - positions[0] + 1 == len(positions):
        values = table.values[:, positions[0] : positions[-1] + 1]
    else:
        values = table.values[:, positions]
    indices = tuple(table.columns[i] for i in positions)
    titles = tuple(table.header[c] for c in indices) if table.header else ()
    if trained and titles != trained.titles and sorted(titles) == sorted(trained.titles):
        order = [titles.index(title) for title in trained.titles]
        return values[:, order], tuple(indices[i] for i in order), trained.titles
    return values, indices, titles
