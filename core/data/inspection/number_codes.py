"""Codes that consist of digits, such as postcodes: a number loses their leading zeros."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.base.finding import Action, Finding
from core.base.text import clip, few
from core.data.inspection.column_cells import to_texts
from core.data.inspection.column_choices import column_keys
from core.data.inspection.column_problems import MAX_INPUTS
from core.data.inspection.columns import Columns
from core.data.reading import ColumnChoice
from core.data.spreadsheet.exact import is_code
from core.data.spreadsheet.table import Table


def read_as_text(table: Table, choices: Mapping[int, ColumnChoice]) -> Table:
    """Return the table with the text of the file in columns of numbers that are chosen to be
    encoded as text, where a number does not have all its characters: 01067, or many digits.
    """
    found = {
        column: texts
        for column, choice in choices.items()
        if choice.text in ("one_hot", "ordinal")
        and column in table.exact
        and column in table.columns
        and not np.array_equal(texts := _texts(table, column), to_texts(_numbers(table, column)))
    }
    if not found:
        return table
    rest = [i for i, column in enumerate(table.columns) if column not in found]
    return replace(
        table,
        values=table.values[:, rest],
        columns=tuple(table.columns[i] for i in rest),
        words={**table.words, **found},
    )


def check_leading_zeros(table: Table, columns: Columns) -> list[Finding]:
    """Return the question whether input columns with leading zeros are codes, not amounts."""
    keys = column_keys(table.header, table.width)
    found = {}
    for column in columns.indices:
        cells = table.exact.get(column)
        if columns.choice(column).text == "auto" and cells is not None and cells.dtype.kind == "O":
            codes = list(dict.fromkeys(cell for cell in cells.tolist() if is_code(cell)))
            if codes and len(set(cells.tolist())) <= MAX_INPUTS:
                found[keys[column]] = codes[0]
    if not found:
        return []
    listed = few([f"{clip(key)!r} (such as {code})" for key, code in found.items()])
    is_one = len(found) == 1
    text = (
        f"{'Column' if is_one else 'Columns'} {listed} {'has' if is_one else 'have'} leading "
        f"zeros, like a postcode or another code, but {'is' if is_one else 'are'} read as numbers, "
        "without the zeros. Encode codes as one-hot: their size has no meaning."
    )
    changes = {"columns": {key: {"text": "one_hot"} for key in found}}
    label = f"Encode {clip(next(iter(found))) if is_one else 'these columns'} as one-hot"
    evidence = {"columns": list(found), "examples": list(found.values())}
    return [Finding("leading_zeros", "info", text, evidence, Action(label, changes))]


def _texts(table: Table, column: int) -> np.ndarray:
    """Return the exact cells (N,) of a column as text."""
    return np.array([str(cell).strip() for cell in table.exact[column].tolist()], object)


def _numbers(table: Table, column: int) -> np.ndarray:
    return table.numbers(column)
