"""Statistics of inputs, in one pass of blocks and in float64: count, mean, spread, extremes.

Plain numpy. Inputs may be memory-mapped; what is asked for is read, never all at once.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BLOCK = 2**20  # values read at a time: 8 MB as float64, however large the set


@dataclass(frozen=True)
class Statistics:
    """Of `count` values at each place; the arrays (…) broadcast against one input.

    `square` is the sum of squared deviations from `mean`; `low` and `high` are the extremes.
    """

    count: int
    mean: np.ndarray
    square: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def std(self) -> np.ndarray:
        """Over N − 1 (Bessel's correction), as decks B and D have it; 0 for a single value."""
        return np.sqrt(self.square / max(self.count - 1, 1))

    @property
    def together(self) -> "Statistics":
        """Those of all places as one, for each place has the same count."""
        places = self.mean.size
        mean = self.mean.mean()
        square = self.square.sum() + self.count * ((self.mean - mean) ** 2).sum()
        count = self.count * places
        return Statistics(count, mean, square, self.low.min(), self.high.max())


def statistics(inputs: np.ndarray, rows: np.ndarray, *, per: str = "set") -> Statistics:
    """Of the inputs (N, …) at `rows` (n,), over all values (`per` is "set"), for each channel of
    pictures or column of rows ("channel"), or for each place ("pixel").

    Blocks are combined by the formula of Chan, Golub & LeVeque 1979, which loses no digits where
    the mean is large.
    """
    axes = _axes(inputs.ndim, per)
    places = np.array(
        [inputs.shape[axis] if axis not in axes else 1 for axis in range(inputs.ndim)]
    )
    shape = tuple(places[1:]) if per != "set" else ()
    count, mean, square = 0, np.zeros(shape), np.zeros(shape)
    low, high = np.full(shape, np.inf), np.full(shape, -np.inf)
    for block in _blocks(inputs, rows):
        size = block.size // max(mean.size, 1)
        middle = block.mean(axes, keepdims=True)
        spread = ((block - middle) ** 2).sum(axes).reshape(shape)
        middle = middle.reshape(shape)
        shift, both = middle - mean, count + size
        mean = mean + shift * (size / both)
        square = square + spread + shift**2 * (count * size / both)
        low = np.minimum(low, block.min(axes).reshape(shape))
        high = np.maximum(high, block.max(axes).reshape(shape))
        count = both
    return Statistics(count, mean, square, low, high)


def _axes(dimensions: int, per: str) -> tuple[int, ...]:
    if per == "set":
        return tuple(range(dimensions))
    pictures = dimensions == 4
    return (0, 2, 3) if per == "channel" and pictures else (0,)


def _blocks(inputs: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    step = max(1, BLOCK // math.prod(inputs.shape[1:]))
    for start in range(0, len(rows), step):
        yield inputs[rows[start : start + step]].astype(np.float64)
