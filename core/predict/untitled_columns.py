"""Untitled columns: which columns of a file without titles were no inputs in training, such as the
label and an identifier. The number of columns allows several answers; their values decide.
"""

import numpy as np

from core.data.inspection.column_cells import to_texts
from core.data.inspection.encoding import ColumnEncoding, known_texts
from core.data.inspection.inspect import Inspection
from core.data.inspection.unlikely_labels import cells_of
from core.data.spreadsheet.table import Table


def find_other_columns(table: Table, trained: Inspection, label_column: str) -> list[int]:
    """Return the columns, from 0, that were no inputs: of the layouts that have as many columns as
    the table, the first one in which the fewest values are unlike those of training.
    """
    layouts = _layouts(table.width, trained, label_column)
    if len(layouts) < 2 or not trained.encodings:
        return layouts[0] if layouts else []
    ranges = _ranges(trained)
    return min(layouts, key=lambda others: _fraction_unlike(table, trained, ranges, others))


def _layouts(width: int, trained: Inspection, label_column: str) -> list[list[int]]:
    """Return the columns that are no inputs in each layout of so many columns, likely ones first:
    the training file with or without its label; inputs with a label; inputs with a name of the row.
    """
    columns = trained.trained
    roles = [facts.role for facts in trained.column_table]
    layouts = [
        [c for c, role in enumerate(layout) if role != "input"]
        for layout in (roles, [role for role in roles if role != "label"])
        if len(layout) == width and layout.count("input") == columns.count
    ]
    if not layouts and width == columns.count + len(columns.left_out) + 1:
        layouts.append([0 if label_column == "first" else width - 1])
    if width == columns.count + 1:
        layouts += [[width - 1], [0]]
    return layouts


def _ranges(trained: Inspection) -> dict[int, tuple[float, float]]:
    """Return the range of each column of numbers, by its place in the training file."""
    inputs = trained.samples.inputs
    numbers = [encoding.index for encoding in trained.encodings if encoding.kind == "number"]
    low, high = np.fmin.reduce(inputs, 0), np.fmax.reduce(inputs, 0)  # NaN does not count
    return {index: (float(low[i]), float(high[i])) for i, index in enumerate(numbers)}


def _fraction_unlike(
    table: Table,
    trained: Inspection,
    ranges: dict[int, tuple[float, float]],
    others: list[int],
) -> float:
    own = [c for c in range(table.width) if c not in others]
    encodings = sorted(trained.encodings, key=lambda encoding: encoding.index)
    if len(own) != len(encodings):
        return 1.0
    parts = [
        _are_unlike(cells_of(table, c), encoding, ranges)
        for c, encoding in zip(own, encodings, strict=True)
    ]
    return float(np.mean(parts))


def _are_unlike(
    cells: np.ndarray, encoding: ColumnEncoding, ranges: dict[int, tuple[float, float]]
) -> float:
    """Return the fraction of cells (N,) outside the range, or not among the texts, of training."""
    if encoding.kind != "number":
        texts = known_texts(to_texts(cells), encoding.categories)
        return float(np.mean([text not in {*encoding.categories, ""} for text in texts]))
    if cells.dtype.kind == "O":
        return 1.0
    low, high = ranges[encoding.index]
    values = cells.astype(np.float32)
    return float(np.mean((values < low) | (values > high)))
