"""Identifiers: columns that name or number the rows. As inputs they could only be memorized."""

import re

import numpy as np

from core.base.finding import Action, Finding
from core.base.text import clip, few
from core.data.inspection.column_choices import column_keys
from core.data.inspection.label_ranking import is_label_title
from core.data.inspection.tasks import VALUE_TITLES
from core.data.inspection.titles import IMAGE_FILE, is_identifier_title, is_key_title, normalized
from core.data.inspection.unlikely_labels import cells_of
from core.data.spreadsheet.table import Table

CODE = re.compile(r"[A-Za-z]{1,4}[-_]?[0-9]+")  # p0001, ID-17
FEW_ROWS = 6  # rows up to which rising numbers may be chance
SPARSE = 10  # mean step from which rising numbers are sorted measurements instead of a count
QUANTITIES = {"x", "t", "time", "year", "month", "day", "hour", "week", "date", "step", "epoch"}


def find_identifiers(table: Table, columns: list[int]) -> list[int]:
    """Return the columns with one distinct value per row that rises or has an identifier's title.

    At least an input and a label are left; −1 among the columns is a label of another file.
    """
    columns, total = [c for c in columns if c >= 0], len(columns)
    named = [c for c in columns if _is_titled(table, c) and is_distinct(table, c)]
    likely = [c for c in columns if c not in named and _looks_numbered(table, c, c == columns[0])]
    if total - len(named) - len(likely) < 2:
        likely = []
    if total - len(named) < 2:
        named = [c for c in named if c not in table.words]
    return sorted(named + likely)


def identifier_finding(table: Table, columns: list[int]) -> Finding:
    """Report identifiers that are left out, with the action that uses numbers as inputs."""
    titles = [table.header[c] if table.header else "" for c in columns]
    names = few([f"{t!r}" if t else f"{c + 1}" for t, c in zip(titles, columns, strict=True)])
    plural = len(columns) > 1
    text = (
        f"Column{'s' if plural else ''} {names} of {table.name} "
        f"{'have' if plural else 'has'} a different value in every row, like an identifier. "
        f"A network could only memorize {'them' if plural else 'it'}, so "
        f"{'they are' if plural else 'it is'} not used as input."
    )
    files = [c for c in columns if are_image_files(table, c)]
    if files:
        file_title = clip(titles[columns.index(files[0])]) or "It"
        text += (
            f" {file_title} contains names of image files, and the images are not in this file: to "
            "use them, upload a ZIP file with the images and this table."
        )
    action = _use_as_input(table, [c for c in columns if c not in table.words])
    counts = all(_is_row_number(table, c) for c in columns)
    evidence = {"columns": [c + 1 for c in columns]}
    level = "ok" if counts else "info"
    return Finding("identifiers", level, text, evidence, action)


def _use_as_input(table: Table, columns: list[int]) -> Action | None:
    """Return the action that uses these columns as inputs; None without one, as for a different
    text in every row, which no encoding turns into an input.
    """
    if not columns:
        return None
    keys = column_keys(table.header, table.width)
    title = table.header[columns[0]] if table.header else ""
    label = f"Use {'these columns' if len(columns) > 1 else clip(title) or 'this column'} as input"
    return Action(label, {"columns": {keys[c]: {"role": "input"} for c in columns}})


def is_distinct(table: Table, column: int) -> bool:
    """Whether no value repeats. The first rows decide for nearly all columns of pixels."""
    cells = cells_of(table, column)
    if len(cells) < 2 or (cells.dtype == np.uint8 and len(cells) > 256):
        return False
    if cells.dtype.kind == "O":
        return len({str(cell) for cell in cells}) == len(cells)
    head = cells[:64]
    if cells.dtype.kind == "f" and (~np.isfinite(head) | (head % 1 != 0)).any():
        return False
    return len(np.unique(head)) == len(head) and len(np.unique(cells)) == len(cells)


def are_image_files(table: Table, column: int) -> bool:
    """Whether the first cells of a column are names of image files."""
    cells = table.words.get(column, ())
    return len(cells) > 0 and all(IMAGE_FILE.fullmatch(str(cell)) for cell in cells[:20])


def _is_titled(table: Table, column: int) -> bool:
    return table.header is not None and is_identifier_title(table.header[column])


def _looks_numbered(table: Table, column: int, is_first: bool) -> bool:
    """Whether a column without an identifier's title holds numbers that rise in small steps,
    codes, or names of files.
    """
    if len(table) < FEW_ROWS or not _may_count(table, column):
        return False
    title = normalized(table.header[column]) if table.header else ""
    is_quantity = title in QUANTITIES or title in VALUE_TITLES or is_label_title(title)
    if is_quantity or not is_distinct(table, column):
        return False
    if column in table.words:
        is_key = table.header is not None and is_key_title(table.header[column])
        return is_key or all(CODE.fullmatch(str(cell)) for cell in cells_of(table, column))
    cells = cells_of(table, column)
    if cells.dtype.kind == "O":
        return True  # codes such as 007
    step = np.diff(cells.astype(np.float64))
    is_counting = is_first and table.header is not None and step.mean() < SPARSE  # pixels may rise
    return bool((step > 0).all() and (is_counting or (step == 1).all()))


def _may_count(table: Table, column: int) -> bool:
    """Whether the second number is above the first; it rules out nearly all columns of pixels."""
    if column in table.words or column in table.exact:
        return True
    numbers = table.numbers(column)
    return bool(numbers[1] > numbers[0])


def _is_row_number(table: Table, column: int) -> bool:
    cells = cells_of(table, column)
    if cells.dtype.kind == "O" or cells[0] not in (0, 1):
        return False
    return bool((np.diff(cells.astype(np.float64)) == 1).all())
