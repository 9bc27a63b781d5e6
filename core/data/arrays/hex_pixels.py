"""Hexadecimal cells: numbers such as 0x1F, and colours such as #ff8000 as three columns each."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.text import clip, counted
from core.data.spreadsheet.table import Table

FEWEST = 16  # columns of hexadecimal cells from which they are pixels
_NUMBER = re.compile(r"0x[0-9a-f]{1,8}", re.I)
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.I)
_PAIR = re.compile(r"[0-9a-f]{2}", re.I)  # without a mark: may be digits only


def read_hexadecimals(table: Table) -> Table:
    """Return the table with numbers in place of hexadecimal cells. Raises BadData.

    Raises it for pairs of digits without 0x, of which some columns look like decimal numbers.
    """
    numbers = [c for c, cells in table.words.items() if _all_match(cells, _NUMBER)]
    colours = [c for c, cells in table.words.items() if _all_match(cells, _COLOUR)]
    colours = colours if len(colours) >= FEWEST else []
    pairs = [c for c, cells in table.words.items() if _all_match(cells, _PAIR)]
    if len(pairs) >= FEWEST:
        cell = clip(str(table.words[pairs[0]][0]))
        raise BadData(
            f"{table.name} has {counted(len(pairs), 'column')} of hexadecimal numbers such as "
            f"{cell!r}, which cannot be told from decimal ones where they have no letter. Write "
            "them with 0x, or as decimal numbers.",
            code="hexadecimal_pairs",
        )
    if not numbers and not colours:
        return table
    parts: dict[int, np.ndarray] = {
        c: table.values[:, [place]] for place, c in enumerate(table.columns)
    }
    for column in numbers:
        parts[column] = _parse(table.words[column])[:, None]
    for column in colours:
        colour = _parse(table.words[column])
        parts[column] = np.stack([colour // 2**16, colour // 2**8 % 2**8, colour % 2**8], axis=1)
    return _join(table, parts, numbers, colours)


def _join(
    table: Table, parts: dict[int, np.ndarray], numbers: list[int], colours: list[int]
) -> Table:
    """Return the table with these columns of numbers, three for each colour."""
    names: list[str] = []
    columns: list[int] = []
    places: dict[int, int] = {}
    for column in range(table.width):
        places[column] = len(names)
        name = table.header[column] if table.header else ""
        if column in parts:
            columns += range(len(names), len(names) + parts[column].shape[1])
        names += [f"{name} {c}".strip() for c in "rgb"] if column in colours else [name]
    values = np.hstack([parts[column] for column in sorted(parts)])
    is_byte = values.dtype.kind != "f" and values.min() >= 0 and values.max() <= 255
    kind = "colours" if colours else "numbers"
    text = (
        f"{table.name} has {counted(len(numbers) + len(colours), 'column')} of hexadecimal {kind}, "
        f"such as {clip(str(table.words[(colours or numbers)[0]][0]))!r}."
    )
    if colours:
        text += " Each becomes red, green and blue."
    note = Finding("hexadecimal", "info", text, {"numbers": len(numbers), "colours": len(colours)})
    return replace(
        table,
        values=values.astype(np.uint8) if is_byte else values.astype(np.float64),
        header=tuple(names) if table.header else None,
        columns=tuple(columns),
        words={places[c]: cells for c, cells in table.words.items() if c not in parts},
        exact={places[c]: cells for c, cells in table.exact.items()},
        reports={places[c]: report for c, report in table.reports.items() if c not in parts},
        notes=(*table.notes, note),
    )


def _all_match(cells: np.ndarray, pattern: re.Pattern) -> bool:
    return bool(len(cells)) and all(
        pattern.fullmatch(str(cell).strip()) for cell in pd.unique(cells)
    )


def _parse(cells: np.ndarray) -> np.ndarray:
    return np.array([int(str(cell).strip().lstrip("#"), 16) for cell in cells], np.int64)
