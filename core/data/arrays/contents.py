"""Contents: the tables of one file. Most files have one; some bring labels and a test set along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.text import counted
from core.data.spreadsheet.growing_array import map_rows
from core.data.spreadsheet.table import Table

ORDER = ("train", "", "validation", "test")  # parts of the data; "" is not named
Part = tuple[Table, Table | None]  # inputs, and labels if there are any


@dataclass(frozen=True)
class Contents:
    """The tables of one file; a file of labels has them in `inputs`."""

    inputs: Table
    labels: Table | None = None
    test_inputs: Table | None = None
    test_labels: Table | None = None


def join_parts(parts: Mapping[str, Part], name: str, *findings: Finding) -> Contents:
    """Return training and test set from the parts in ORDER, with the findings on the inputs.

    A validation part becomes the test set if there is none, and otherwise belongs to the training
    set, of which the lab holds out a validation set. A test part without labels is left
    out. Raises BadData for parts of different shapes.
    """
    left = dict(parts)
    notes = list(findings)
    for part in ("validation", "test"):
        if part in left and left[part][1] is None and len(left) > 1:
            inputs, _ = left.pop(part)
            text = (
                f"The {counted(len(inputs), 'sample')} of the {part} part of {name} have no labels "
                "and are left out."
            )
            notes.append(Finding("unlabelled_part", "info", text, {"part": part}))
    training = next(iter(left))
    inputs, labels = left.pop(training)
    test = left.pop("test", None)
    if test is None and "validation" in left:
        test = left.pop("validation")
        text = (
            f"The validation part of {name} ({counted(len(test[0]), 'sample')}) is used as the "
            "test set. A validation set is held out from the training part."
        )
        notes.append(Finding("validation_part", "info", text, {"rows": len(test[0])}))
    for part, (more, more_labels) in left.items():
        if labels is not None and more_labels is not None:
            inputs, labels = _append(inputs, more), _append(labels, more_labels)
            text = (
                f"The {part} part of {name} ({counted(len(more), 'sample')}) belongs to the "
                "training set, of which a validation set is held out."
            )
            notes.append(Finding("validation_part", "info", text, {"rows": len(more)}))
    inputs = replace(inputs, notes=(*inputs.notes, *notes))
    return Contents(inputs, labels, *(test or (None, None)))


def take_rows(table: Table, rows: Sequence[int]) -> Table:
    """Return the table with these rows, in this order and numbered anew; a large copy is
    memory-mapped.
    """
    if list(rows) == list(range(len(table))):
        return table
    chosen = np.asarray(rows, int)
    return replace(
        table,
        values=map_rows(chosen, lambda block: table.values[block]),
        row_numbers=range(1, len(chosen) + 1),
        words={c: cells[chosen] for c, cells in table.words.items()},
        files=tuple(table.files[i] for i in rows) if table.files else (),
    )


def _append(table: Table, more: Table) -> Table:
    """Return the rows of both tables. Raises BadData if their columns differ."""
    if (
        table.width != more.width
        or table.shape != more.shape
        or table.words.keys() != more.words.keys()
    ):
        raise BadData(
            f"{more.name} has {counted(more.width, 'column')}, but {table.name} has "
            f"{table.width}. Use the same columns in both.",
            code="column_count",
        )
    return replace(
        table,
        values=np.concatenate([table.values, more.values]),
        row_numbers=range(1, len(table) + len(more) + 1),
        words={c: np.concatenate([cells, more.words[c]]) for c, cells in table.words.items()},
        files=(*table.files, *more.files),
    )
