"""Gaps of a new file that training did not have, and columns that it lacks: filled with values of
the training set, as people choose.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import numpy as np

from core.base.errors import BadData
from core.base.text import clip
from core.data.gaps import Strategy
from core.data.inspection.column_choices import column_keys, resolve_choices
from core.data.inspection.column_matching import find_column
from core.data.inspection.column_table import ColumnFacts
from core.data.inspection.encoding import ColumnEncoding
from core.data.inspection.inspect import Inspection
from core.data.reading import POSITIONS, ColumnChoice, Reading
from core.data.spreadsheet.table import Table

MODE = "most_frequent"
ROWS = "rows"
LISTED = 5  # problems of columns in one sentence


def with_chosen_fills(like: Inspection, reading: Reading) -> Inspection:
    """Return the inspection of the training files with the fills that `reading` chooses for columns
    without gaps in training. A column with gaps in training is filled as there.
    """
    choices = _choices(like, reading)

    def filled(encoding: ColumnEncoding) -> ColumnEncoding:
        strategy = choices.get(encoding.index, ColumnChoice()).missing
        if encoding.fills_gaps or strategy not in ways_to_fill(encoding):
            return encoding
        return replace(encoding, strategy=strategy)

    return replace(like, encodings=tuple(map(filled, like.encodings)))


def with_chosen_columns(table: Table, like: Inspection, reading: Reading) -> Table:
    """Return the table of a new file with an empty column for each one that it lacks and for which
    `reading` chooses a fill.
    """
    if not table.header or table.is_array:
        return table
    choices = _choices(like, reading)
    titles = [
        encoding.title
        for encoding in like.encodings
        if encoding.title
        and find_column(encoding, table.header) is None
        and choices.get(encoding.index, ColumnChoice()).missing in get_args(Strategy)
    ]
    if not titles:
        return table
    kind = table.values.dtype if table.values.dtype.kind == "f" else np.float32
    empty = np.full((len(table), len(titles)), np.nan, kind)
    return replace(
        table,
        values=np.hstack([np.asarray(table.values, kind), empty]),
        header=(*table.header, *titles),
        columns=(*table.columns, *range(table.width, table.width + len(titles))),
    )


def ways_to_fill(encoding: ColumnEncoding) -> tuple[str, ...]:
    """Return the fills that a column allows: that of training, if it had gaps."""
    if encoding.fills_gaps:
        return (encoding.strategy or MODE,)
    return ("median", "mean", MODE) if encoding.kind == "number" else (MODE,)


def with_way_out(error: BadData, name: str, like: Inspection) -> BadData:
    """Return the error with fixes that work here: the training file stays as it is."""
    fixes, gaps, column = (), {}, like.settled.label_column
    problems = [facts for facts in error.column_table if facts.problem]
    ways = {key: ways_to_fill(encoding) for key, encoding in _keyed(like).items()}
    if error.code == "test_labels_missing":
        wanted = "label column" if column in POSITIONS else f"column named {clip(column)!r}"
        text = (
            f"{name} has no {wanted} to compare the predictions with. Name the column with "
            "--label, or add a file with one label per row."
        )
        fixes = error.fixes
    elif error.code == "missing_values" and problems:
        facts = _described(problems)
        text = (
            f"{name} cannot be read like the training data: {facts}. Choose how to fill them, or "
            "leave their rows out."
        )
        gaps = {facts.key: (*ways.get(facts.key, (MODE,)), ROWS) for facts in problems}
        fixes = tuple(_fix(gaps, place) for place in (0, -1))
    elif error.code == "column_missing":
        text = str(error)
        # Without any of the columns, every row would get the same values and the same answer.
        is_other_table = like.input_titles <= set(error.missing)
        titles = () if is_other_table else error.missing
        gaps = {title: ways[title] for title in titles if title in ways}
        fixes = (_fix(gaps, 0),) if gaps.keys() == set(error.missing) else ()
    elif error.code in ("column_type", "columns_need_choices") and problems:
        facts = _described(problems)
        text = f"{name} cannot be read like the training data: {facts}. Correct these cells."
    else:
        return error
    changed = BadData(
        text,
        fixes,
        code=error.code,
        columns=error.columns,
        missing=error.missing,
        unmatched=error.unmatched,
        gaps=gaps,
    )
    changed.column_table = error.column_table
    return changed


def _described(problems: Sequence[ColumnFacts]) -> str:
    """Return the first problems of columns, in full."""
    facts = [f"{clip(each.name or f'column {each.number}')!r} {each.problem}" for each in problems]
    return ", ".join([*facts[:LISTED], *["…"] * (len(facts) > LISTED)])


def _fix(gaps: dict[str, tuple[str, ...]], place: int) -> dict:
    return {"columns": {key: {"missing": ways[place]} for key, ways in gaps.items()}}


def _header(like: Inspection) -> list[str]:
    """The titles of the training file, as far as its inputs have some."""
    header = [""] * max((encoding.index + 1 for encoding in like.encodings), default=0)
    for encoding in like.encodings:
        header[encoding.index] = encoding.title
    return header


def _keyed(like: Inspection) -> dict[str, ColumnEncoding]:
    """The inputs of the training file by the keys of their columns."""
    header = _header(like)
    keys = column_keys(header, len(header))
    return {keys[encoding.index]: encoding for encoding in like.encodings}


def _choices(like: Inspection, reading: Reading) -> dict[int, ColumnChoice]:
    """The choices of `reading` by the column of the training file, from 0."""
    header = _header(like)
    return resolve_choices(reading.columns, header, len(header), name="", strict=False)
