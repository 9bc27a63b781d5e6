"""Encoding: how each column of a table becomes inputs. It is fitted to the training file, so that
test rows and later rows are encoded with the same values.

Missing values to be filled stay NaN: `core.data.gaps` fills them after the split, with values of
the training set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from core.data.gaps import Fill, Strategy
from core.data.inspection.column_cells import (
    cells_of_column,
    is_all_numbers,
    is_missing,
    is_mostly_numbers,
    to_numbers,
    to_texts,
)
from core.data.inspection.columns import Columns
from core.data.reading import ColumnChoice

Kind = Literal["number", "one_hot", "ordinal"]
UNSEEN = -1.0  # the ordinal of a text that the training rows do not have


@dataclass(frozen=True)
class ColumnEncoding:
    """How one column becomes inputs; `index` is its place in the training file, from 0.

    A missing value is filled as `strategy` says, and `indicator` adds an input that marks it. Texts
    are encoded by their place among `categories`: one-hot, where others give zeros, or ordinal,
    where others give −1. `title` and `occurrence` find the column in another file: occurrence 1 is
    the second column of that title. `fill` is the value that fills gaps in datasets stored up to
    version 0.1, whose arrays have none left.
    """

    title: str
    occurrence: int
    index: int
    kind: Kind = "number"
    categories: tuple[str, ...] = ()
    fill: float | str | None = None
    indicator: bool = False
    strategy: Strategy | None = None

    @property
    def fills_gaps(self) -> bool:
        """Whether missing values are filled, now or after the split."""
        return self.strategy is not None or self.fill is not None

    @property
    def name(self) -> str:
        """The name of the input, and the beginning of the names of several."""
        return self.title or f"column {self.index + 1}"

    @property
    def names(self) -> list[str]:
        """The names of the inputs, without the indicator."""
        if self.kind == "one_hot":
            return [f"{self.name}={category}" for category in self.categories]
        return [self.name]


def fit_encoding(
    columns: Columns, index: int, choice: ColumnChoice, train: np.ndarray | None = None
) -> ColumnEncoding:
    """Fit the encoding of one column to the rows `train` (indices or a mask; None: all rows)."""
    header = columns.header or ()
    title = header[index] if header else ""
    identity = {"title": title, "occurrence": header[:index].count(title), "index": index}
    cells = cells_of_column(columns, index)
    cells = cells if train is None else cells[train]
    strategy = choice.missing.removesuffix("_indicator")
    fills = {"indicator": choice.missing.endswith("_indicator")}
    fills["strategy"] = strategy if strategy in get_args(Strategy) else None
    if kind := text_kind(cells, choice):
        categories = tuple(sorted(set(to_texts(cells).tolist()) - {""}))
        return ColumnEncoding(**identity, kind=kind, categories=categories, **fills)
    return ColumnEncoding(**identity, **fills)


def text_kind(cells: np.ndarray, choice: ColumnChoice) -> Literal["one_hot", "ordinal"] | None:
    """Return how the texts of a column are encoded; None for numbers.

    A column that mixes numbers with text counts as numbers where its missing values are to be
    filled and nothing was chosen for its texts.
    """
    if choice.text in ("one_hot", "ordinal"):
        return choice.text
    if cells.dtype.kind != "O" or (choice.missing != "auto" and is_mostly_numbers(cells)):
        return None
    if is_all_numbers(cells):  # the rows with text were left out
        return None
    return "one_hot"


def apply_encodings(
    encodings: Sequence[ColumnEncoding],
    columns: Columns,
    places: Sequence[int],
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the inputs (N, F) float32 and their names; `places` are the columns in this file.

    Numbers come first, in the order of the columns; then encoded texts; then indicators. Missing
    values stay NaN, except in datasets of version 0.1.
    """
    located = list(zip(encodings, places, strict=True))
    numbers = [(e, c) for e, c in located if e.kind == "number"]
    parts, names = [_numbers(numbers, columns)], [e.name for e, _ in numbers]
    for encoding, place in located:
        if encoding.kind != "number":
            parts.append(_encode_texts(encoding, cells_of_column(columns, place)))
            names += encoding.names
    for encoding, place in located:
        if encoding.indicator:
            cells = cells_of_column(columns, place)
            gaps = np.isnan(to_numbers(cells)) if encoding.kind == "number" else is_missing(cells)
            parts.append(gaps.astype(np.float32)[:, None])
            names.append(f"{encoding.name} (missing)")
    return np.hstack(parts) if len(parts) > 1 else parts[0], tuple(names)


def _numbers(located: Sequence[tuple[ColumnEncoding, int]], columns: Columns) -> np.ndarray:
    """Return the columns of numbers (N, F) float32: a view where they can be taken as they are."""
    places = [place for _, place in located]
    if places == list(columns.indices):
        values = np.asarray(columns.values, np.float32)
    elif all(place in columns.indices for place in places):
        position = {column: i for i, column in enumerate(columns.indices)}
        values = columns.values[:, [position[p] for p in places]].astype(np.float32)
    else:
        cells = [to_numbers(cells_of_column(columns, place)) for place in places]
        values = np.stack(cells, axis=1).astype(np.float32)
    stored = [np.nan if e.fill is None else e.fill for e, _ in located]
    return values if np.isnan(stored).all() else np.where(np.isnan(values), stored, values)


def input_fills(encodings: Sequence[ColumnEncoding]) -> tuple[Fill, ...]:
    """Return how the gaps of the inputs are filled, in the order of `apply_encodings`."""
    numbers = [encoding for encoding in encodings if encoding.kind == "number"]
    texts = [encoding for encoding in encodings if encoding.kind != "number"]
    start, fills = 0, []
    for encoding in (*numbers, *texts):
        width = len(encoding.names)
        if encoding.strategy:
            fills.append(Fill(start, encoding.strategy, width))
        start += width
    return tuple(fills)


def _encode_texts(encoding: ColumnEncoding, cells: np.ndarray) -> np.ndarray:
    """Return (N, categories) or (N, 1) float32, NaN where a missing value is to be filled."""
    texts = known_texts(to_texts(cells), encoding.categories)
    if encoding.fill is not None:
        texts[texts == ""] = encoding.fill
    gap = np.nan if encoding.strategy else UNSEEN
    if encoding.kind == "ordinal":
        order = {category: float(i) for i, category in enumerate(encoding.categories)} | {"": gap}
        return np.array([[order.get(text, UNSEEN)] for text in texts], np.float32)
    order = {category: i for i, category in enumerate(encoding.categories)}
    encoded = np.zeros((len(texts), len(order)), np.float32)
    rows = [(row, order[text]) for row, text in enumerate(texts) if text in order]
    if rows:
        encoded[tuple(np.array(rows).T)] = 1.0
    if encoding.strategy:
        encoded[texts == ""] = np.nan
    return encoded


def known_texts(texts: np.ndarray, categories: Sequence[str]) -> np.ndarray:
    """Return texts (N,) with the form of a number in place of its text, where only that form is a
    category: datasets of version 0.1 have the category 1067 for 01067.
    """
    known = {*categories, ""}
    others = {text: _number_form(text) for text in set(texts.tolist()) - known}
    renamed = {text: form for text, form in others.items() if form in known}
    return np.array([renamed.get(text, text) for text in texts], object) if renamed else texts


def _number_form(text: str) -> str:
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text
