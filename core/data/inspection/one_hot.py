"""One-hot labels: several columns of 0 and 1, of which exactly one in each row is 1."""

import re
from collections.abc import Sequence
from itertools import takewhile

import numpy as np

from core.data.inspection.label_ranking import is_label_title
from core.data.inspection.shapes import shape_of
from core.data.inspection.unlikely_labels import cells_of
from core.data.spreadsheet.table import Table

MAX_WIDTH = 1000  # columns of a block
_TRUE, _FALSE = ("1", "true", "yes"), ("0", "false", "no")


def one_hot_targets(table: Table, columns: Sequence[int]) -> np.ndarray | None:
    """Return which of the columns is 1 in each row, (rows,); None unless exactly one always is."""
    total, targets = np.zeros(len(table), np.int64), np.zeros(len(table), np.int64)
    for position, column in enumerate(columns):
        bits = _bits(table, column)
        if bits is None:
            return None
        total += bits
        targets[bits] = position
    return targets if len(columns) > 1 and (total == 1).all() else None


def count_ones(table: Table, columns: Sequence[int]) -> np.ndarray | None:
    """Return how many of the columns are 1 in each row, (rows,); None if one is not all 0 and 1."""
    bits = [_bits(table, column) for column in columns]
    return None if any(column is None for column in bits) else np.sum(bits, axis=0)


def one_hot_block(table: Table, columns: Sequence[int]) -> list[int]:
    """Return the one-hot block at the end or at the start of the columns, or an empty list."""
    if table.header and is_label_title(table.header[columns[-1]]):
        return []
    block = _block_at_end(table, columns)
    if not block and not (table.header and is_label_title(table.header[columns[0]])):
        block = _block_at_end(table, columns[::-1])
    return sorted(block) if len(block) < len(columns) else []


def class_names(table: Table, columns: Sequence[int]) -> list[str]:
    """Return the names of one-hot columns without their common prefix; 0, 1, … without titles.

    label_cat, label_dog -> cat, dog; y0, y1 -> 0, 1.
    """
    titles = [table.header[c] for c in columns] if table.header else []
    if not titles or not all(titles) or len(set(titles)) < len(titles):
        return [str(position) for position in range(len(columns))]
    equal = takewhile(lambda letters: len(set(letters)) == 1, zip(*titles, strict=False))
    prefix = "".join(letters[0] for letters in equal)
    ends = [title[len(prefix) :] for title in titles]
    if prefix and all(end.isdecimal() for end in ends):
        digits = re.search(r"\d*$", prefix)[0]
        return [digits + end for end in ends]
    cut = re.match(r".*[_\s.\-=:]|", prefix)[0]
    return [title[len(cut) :] for title in titles]


def _block_at_end(table: Table, columns: Sequence[int]) -> list[int]:
    """Return the shortest one-hot block that ends the columns, with unused classes before it."""
    total = np.zeros(len(table), np.int64)
    block: list[int] = []
    for column in columns[: -MAX_WIDTH - 1 : -1]:
        bits = _bits(table, column)
        if bits is None or (total + bits).max(initial=0) > 1:
            return []
        total += bits
        block.append(column)
        if total.all() and _fits(table, columns, block):
            return block
    return []


def _fits(table: Table, columns: Sequence[int], block: list[int]) -> bool:
    """Whether the block is not just a binary column; in a wide file, the rest is a square."""
    wide = len(columns) > 64 and table.header is None
    return len(block) > 1 and (not wide or bool(shape_of(len(columns) - len(block))))


def _bits(table: Table, column: int) -> np.ndarray | None:
    """Return a column of 0 and 1, or of true and false, as booleans; None for any other."""
    cells = cells_of(table, column)
    if cells.dtype.kind != "O":
        return cells.astype(bool) if ((cells == 0) | (cells == 1)).all() else None
    texts = [str(cell).strip().lower() for cell in cells]
    if not set(texts) <= {*_TRUE, *_FALSE}:
        return None
    return np.array([text in _TRUE for text in texts])
