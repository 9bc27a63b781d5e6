"""Column table: what each column of a file contains, what it is used for, and its problem."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
import pandas as pd

from core.base.numbers import short
from core.base.text import clip
from core.data.gaps import Fill, Strategy, fit_fills
from core.data.inspection.column_cells import is_missing, to_numbers, to_texts
from core.data.inspection.column_choices import column_keys
from core.data.inspection.column_problems import content_type
from core.data.inspection.columns import Columns
from core.data.inspection.encoding import text_kind
from core.data.inspection.unlikely_labels import cells_of
from core.data.reading import ColumnChoice
from core.data.spreadsheet.table import Table

MAX_COLUMNS = 200  # of a wider file, only columns with a choice or a problem are described
EXAMPLES = 3  # values that are shown
EXAMPLE = 30  # characters of all of them

Role = Literal["input", "label", "split", "split_key", "ignore"]


@dataclass(frozen=True)
class ColumnFacts:
    """One row of the column table, as plain data.

    `number` counts from 1. `key` names the column in `Reading.columns`. `type` is number, text,
    mixed, date, file name or empty. `problem` is a predicate such as "has 3 missing values", empty
    if there is none. `fill` is how missing values are filled, with the value that all rows of the
    file give; a training computes it from its own training set. `encoding` is how the texts of an
    input become numbers: one_hot or ordinal, empty for numbers.
    """

    number: int
    key: str
    name: str
    type: str
    example: str
    missing: int
    distinct: int
    role: Role
    problem: str = ""
    fill: str = ""
    encoding: str = ""

    def plain(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self)

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Self:
        """Decode `plain`."""
        return cls(**content)


def describe_columns(
    table: Table,
    columns: Columns | None,
    choices: Mapping[int, ColumnChoice],
    problems: Mapping[int, str] | None = None,
) -> tuple[ColumnFacts, ...]:
    """Return the facts of the columns of a file, in its order.

    `columns` says which of them are inputs and labels, None if that could not be found out.
    """
    problems = problems or {}
    described = list(range(table.width))
    if table.width > MAX_COLUMNS:
        described = [c for c in described if c in problems or c in choices]
    keys = column_keys(table.header, table.width)
    return tuple(
        _describe(
            table,
            c,
            keys[c],
            _role(c, keys[c], columns, choices),
            problems.get(c, ""),
            choices.get(c, ColumnChoice()),
        )
        for c in described
    )


def _role(
    column: int, key: str, columns: Columns | None, choices: Mapping[int, ColumnChoice]
) -> Role:
    role = choices[column].role if column in choices else "auto"
    if role != "auto":
        return role
    if columns is None or column in columns.indices or column in columns.words:
        return "input"
    if column == columns.label_index or key in columns.label_roles:
        return "label"
    return "ignore" if key in columns.left_out or columns.split is None else "split"


def _describe(
    table: Table, column: int, key: str, role: Role, problem: str, choice: ColumnChoice
) -> ColumnFacts:
    cells = cells_of(table, column)
    gaps = is_missing(cells)
    values = pd.unique(cells[~gaps])
    is_input = role == "input" and not problem
    numbers = np.zeros(0)  # in place of exact cells, which are text where a code is among them
    kind = text_kind(cells if column in table.words else numbers, choice)
    return ColumnFacts(
        number=column + 1,
        key=key,
        name=table.header[column] if table.header else "",
        type=content_type(numbers if column in table.exact else cells) if len(values) else "empty",
        example=_examples(to_texts(np.asarray(values[:EXAMPLES])).tolist()),
        missing=int(gaps.sum()),
        distinct=len(values),
        role=role,
        problem=problem,
        fill=describe_fill(cells, choice) if is_input else "",
        encoding=kind if is_input and kind else "",
    )


def _examples(texts: list[str]) -> str:
    """Return as many of these texts as fit, and "…" where a part of the first one does not."""
    line = clip(texts[0]) if texts else ""
    for text in texts[1:]:
        if len(longer := f"{line}, {clip(text)}") > EXAMPLE:
            break
        line = longer
    return line if len(line) <= EXAMPLE else f"{line[: EXAMPLE - 1]}…"


def describe_fill(cells: np.ndarray, choice: ColumnChoice) -> str:
    """Return how the missing cells of a column (N,) are filled: "median 38, indicator"; empty
    where none is.
    """
    strategy = choice.missing.removesuffix("_indicator")
    if strategy not in get_args(Strategy):
        return ""
    if text_kind(cells, choice):
        texts = to_texts(cells)
        texts, counts = np.unique(texts[texts != ""].astype(str), return_counts=True)
        value = str(texts[counts.argmax()]) if len(texts) else ""
    else:
        fill = Fill(0, strategy)
        value = short(float(fit_fills(to_numbers(cells)[:, None], slice(None), [fill])[0]), 4)
    words = f"{strategy.replace('_', ' ')} {clip(value)}".strip()
    return f"{words}, indicator" if choice.missing != strategy else words
