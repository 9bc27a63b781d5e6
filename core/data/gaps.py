"""Gaps: missing values of a table, NaN, and the values of the training set that fill them.

They are fitted after the split, as the normalization is: validation and test rows have no
influence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.data.spreadsheet.growing_array import map_rows

Strategy = Literal["mean", "median", "most_frequent"]


@dataclass(frozen=True)
class Fill:
    """How the gaps of the inputs from `start` on are filled: one input, or the `width` inputs of a
    one-hot encoded text, which are missing together.
    """

    start: int
    strategy: Strategy
    width: int = 1


def fit_fills(inputs: np.ndarray, rows: np.ndarray | slice, fills: Sequence[Fill]) -> np.ndarray:
    """Return the values (F,) float32 that fill gaps of the inputs (N, F), fitted to `rows` (n,).

    Of several most frequent values, the smallest counts. A column without any value in these rows
    is filled with 0, as by `SimpleImputer(keep_empty_features=True)` of scikit-learn.
    """
    values = np.zeros(inputs.shape[1], np.float32)
    for fill in fills:
        places = slice(fill.start, fill.start + fill.width)
        block = np.asarray(inputs[rows, places], np.float64)
        block = block[~np.isnan(block[:, 0])]
        if len(block):
            values[places] = _FITS[fill.strategy](block)
    return values


def fill_gaps(inputs: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return inputs (N, F) with `values` (F,) in place of NaN; a large result is memory-mapped."""
    return map_rows(inputs, lambda rows: np.where(np.isnan(rows), values, rows))


def _most_frequent(block: np.ndarray) -> np.ndarray:
    """Return the most frequent row of (n, width), which is one-hot if it has several inputs."""
    if block.shape[1] > 1:
        return np.eye(block.shape[1])[block.sum(axis=0).argmax()]
    values, counts = np.unique(block, return_counts=True)
    return values[[counts.argmax()]]


_FITS = {
    "mean": lambda block: block.mean(axis=0),
    "median": lambda block: np.median(block, axis=0),
    "most_frequent": _most_frequent,
}
