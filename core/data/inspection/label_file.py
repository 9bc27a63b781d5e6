"""Label file: find the labels in a file of their own, and the row of the inputs that each one
belongs to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.inspection.identifiers import find_identifiers
from core.data.inspection.joining import Join, join_tables
from core.data.inspection.key_column import find_key, key_finding, read_keys
from core.data.inspection.label_guess import find_by_title, guess_by_title
from core.data.inspection.one_hot import class_names, count_ones, one_hot_targets
from core.data.inspection.parts_column import FileSplit, find_split, read_parts
from core.data.inspection.sample_kind import title
from core.data.inspection.unlikely_labels import cells_of
from core.data.reading import ColumnChoice
from core.data.split_keys import SplitKeys
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table


@dataclass(frozen=True)
class FileLabels:
    """Labels `cells` (N,) from the file's rows `rows` (N,), and what was found on the way.

    `split` is what a split column states, `keys` are those of a key column. `task` is "classes"
    where the file states it.
    """

    cells: np.ndarray
    rows: Sequence[int]
    title: str = ""
    task: str = "auto"
    split: FileSplit | None = None
    keys: SplitKeys | None = None
    joined: Join | None = None
    findings: tuple[Finding, ...] = ()

    def reordered(self, join: Join) -> "FileLabels":
        """Return the labels in the order of the inputs."""
        return replace(
            self,
            cells=self.cells[join.order],
            rows=np.asarray(self.rows)[join.order],
            split=self.split and self.split.take(join.order),
            keys=self.keys and self.keys.take(join.order),
            joined=join,
            findings=(join.finding, *self.findings),
        )


def read_label_file(
    labels: Table,
    inputs: Table,
    wanted: str,
    *,
    input_choices: Mapping[int, ColumnChoice],
    label_choices: Mapping[int, ColumnChoice],
) -> FileLabels:
    """Return one label for each row of the inputs, joined by identifiers if both files have them.

    Raises BadData.
    """
    rows = labels.row_numbers
    if (row := _single_row(labels, len(inputs))) is not None:
        text = f"The labels of {labels.name} are in one row: {counted(len(row), 'label')}."
        found = Finding("labels_in_a_row", "info", text, {"labels": len(row)})
        return FileLabels(row, [rows[0]] * len(row), findings=(found,))
    if labels.width == 1:
        return _check_count(_single_column(labels, inputs), labels, inputs)
    used = [
        [c for c in range(table.width) if choices.get(c, ColumnChoice()).role != "ignore"]
        for table, choices in ((inputs, input_choices), (labels, label_choices))
    ]
    join = join_tables(inputs, labels, (used[0], used[1]))
    chosen = [c for c in used[1] if label_choices.get(c, ColumnChoice()).role == "label"]
    split = next((c for c in used[1] if label_choices.get(c, ColumnChoice()).role == "split"), None)
    split = find_split(labels, used[1]) if split is None else split
    key = find_key(labels, label_choices)
    free = [c for c in used[1] if c not in (split, key, join and join.columns[1])]
    identifiers = [c for c in find_identifiers(labels, [*free, -1]) if c not in chosen]
    found = _choose(labels, wanted, chosen, [c for c in free if c not in identifiers] or free)
    found = replace(found, rows=rows)
    if split is not None:
        found = replace(found, split=read_parts(labels, split))
    if key is not None:
        keys = read_keys(labels, key)
        findings = (*found.findings, key_finding(keys, labels.name))
        found = replace(found, keys=keys, findings=findings)
    if join is not None:
        return found.reordered(join)
    if unordered := _unordered(labels, identifiers, inputs):
        found = replace(found, findings=(unordered, *found.findings))
    return _check_count(found, labels, inputs)


def _choose(labels: Table, wanted: str, chosen: list[int], free: list[int]) -> FileLabels:
    """Return the labels of the chosen, the only or the named column, or of one-hot columns."""
    columns = chosen or free
    if len(columns) > 1 and (chosen or wanted == "auto"):
        targets = one_hot_targets(labels, columns)
        if targets is not None:
            return _from_one_hot(labels, columns, targets)
    if len(columns) == 1:
        index: int | None = columns[0]
    elif wanted in ("first", "last"):
        index = columns[0] if wanted == "first" else columns[-1]
    elif wanted == "auto":
        index = guess_by_title(labels, free)
    else:
        index = find_by_title(labels, wanted)
    if index is None:
        raise _undecided(labels, columns)
    column = column_name(index, labels.sheet_column)
    text = f"C{column[1:]}{title(labels.header, index)} of {labels.name} contains the labels."
    found = Finding("label_column", "ok", text, {"column": index + 1, "columns": labels.width})
    name = labels.header[index] if labels.header else ""
    return FileLabels(cells_of(labels, index), (), name, findings=(found,))


def _undecided(labels: Table, columns: Sequence[int]) -> BadData:
    """Return the error for several columns that may hold the labels."""
    names = [labels.header[c] for c in columns] if labels.header else []
    fixes = tuple({"label_column": name.lower()} for name in names[:4] if name)
    fixes = fixes or ({"label_column": "first"}, {"label_column": "last"})
    ones = count_ones(labels, columns)
    if ones is not None:
        row = int(np.flatnonzero(ones != 1)[0])
        number = whole(int(labels.row_numbers[row]))
        return BadData(
            f"{labels.name} has {counted(len(columns), 'column')} of 0 and 1, and row "
            f"{number} has {counted(int(ones[row]), 'one')}. One-hot labels "
            "have a single one in each row; samples with several classes or none are not "
            "supported. Choose one column, which is then predicted as 0 or 1.",
            fixes,
            code="multi_label",
        )
    return BadData(
        f"{labels.name} has {counted(len(columns), 'column')} that may hold the labels, none of "
        "them named label. Choose the label column.",
        fixes,
        code="label_column_unknown",
    )


def _from_one_hot(labels: Table, columns: Sequence[int], targets: np.ndarray) -> FileLabels:
    cells, finding = decode_one_hot(labels, columns, targets)
    return FileLabels(cells, (), task="classes", findings=(finding,))


def decode_one_hot(
    table: Table, columns: Sequence[int], targets: np.ndarray
) -> tuple[np.ndarray, Finding]:
    """Return the class of each row, (rows,): integers if all names are, else text."""
    names = class_names(table, columns)
    numbers = all(name.isdecimal() and str(int(name)) == name for name in names)
    cells = np.array([int(name) for name in names]) if numbers else np.array(names, object)
    first, last = (column_name(c, table.sheet_column) for c in (columns[0], columns[-1]))
    text = (
        f"The labels of {table.name} are one-hot encoded in {counted(len(columns), 'column')} "
        f"({first} to {last}): each row has a single 1, in the column of its class."
    )
    evidence = {"columns": [c + 1 for c in columns], "classes": names}
    return cells[targets], Finding("one_hot", "ok", text, evidence)


def _single_row(labels: Table, count: int) -> np.ndarray | None:
    """Return the cells of a file with a single row of `count` labels, maybe after a title."""
    if len(labels) != 1 or count < 2 or labels.width not in (count, count + 1):
        return None
    cells = [cells_of(labels, column)[0] for column in range(labels.width - count, labels.width)]
    texts = any(isinstance(cell, str) for cell in cells)
    return np.array([str(c) for c in cells], object) if texts else np.array(cells)


def _single_column(labels: Table, inputs: Table) -> FileLabels:
    """Return the only column. One row more than there are inputs shows that a first row that looks
    like a label is a header.
    """
    cells = cells_of(labels, 0)
    rows = labels.row_numbers
    first = str(cells[0]) if len(cells) else ""
    is_text = cells.dtype.kind == "O"
    named = first not in cells[1:] if is_text else bool(inputs.header) and float(cells[0]) == 0
    if labels.header is None and len(cells) == len(inputs) + 1 and named:
        text = (
            f"The first row of {labels.name} ({clip(first)!r}) is treated as a header, because "
            f"the file has one row more than {inputs.name}."
        )
        evidence = {"rows": len(inputs), "labels": len(cells)}
        found = Finding("label_header", "info", text, evidence)
        return FileLabels(cells[1:], rows[1:], findings=(found,))
    findings = ()
    rest = set(cells[1:].tolist())
    if is_text and labels.header is None and first not in rest and 2 * len(rest) < len(cells):
        text = (
            f"The first label of {labels.name} ({clip(first)!r}) occurs in no other row. If it is "
            "a title, one label is missing and all others are one row off: check the file."
        )
        findings = (Finding("label_like_title", "warn", text, {"label": first}),)
    return FileLabels(cells, rows, labels.header[0] if labels.header else "", findings=findings)


def _check_count(found: FileLabels, labels: Table, inputs: Table) -> FileLabels:
    if len(found.cells) != len(inputs):
        raise BadData(
            f"{inputs.name} has {counted(len(inputs), 'row')}, but {labels.name} has "
            f"{counted(len(found.cells), 'label')}. Provide exactly one label for each row.",
            code="label_count",
        )
    return found


def _unordered(labels: Table, identifiers: list[int], inputs: Table) -> Finding | None:
    """Return a warning if the labels are not in the order of their identifiers, which the inputs
    do not have.
    """
    for column in identifiers:
        cells = cells_of(labels, column)
        if cells.dtype.kind != "O" and (np.diff(cells.astype(np.float64)) < 0).any():
            place = f"{column_name(column, labels.sheet_column)}{title(labels.header, column)}"
            text = (
                f"The identifiers in {place} of {labels.name} are not in rising order, and "
                f"{inputs.name} has no such column. The rows are paired by position: check that "
                "both files have the same order, or add the identifiers to the inputs."
            )
            return Finding("unordered_ids", "warn", text, {"column": column + 1})
    return None
