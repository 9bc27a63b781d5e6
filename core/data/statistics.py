"""Statistics of inputs in one pass and in float64: count, mean, standard deviation, extremes.

Inputs may be memory-mapped; they are read in blocks.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BLOCK = 2**20  # values per block, 8 MB as float64


@dataclass(frozen=True)
class Statistics:
    """Statistics of `count` values at each place; the arrays (…) broadcast against one input.

    `square` is the sum of squared deviations from `mean`; `low` and `high` are the extremes.
    """

    count: int
    mean: np.ndarray
    square: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def std(self) -> np.ndarray:
        """Standard deviation over N − 1 (Bessel's correction); 0 for a single value."""
        return np.sqrt(self.square / max(self.count - 1, 1))

    @property
    def combined(self) -> "Statistics":
        """The statistics of all places combined; each place has the same count."""
        places = self.mean.size
        mean = self.mean.mean()
        square = self.square.sum() + self.count * ((self.mean - mean) ** 2).sum()
        count = self.count * places
        return Statistics(count, mean, square, self.low.min(), self.high.max())


def statistics(inputs: np.ndarray, rows: np.ndarray, *, per: str = "set") -> Statistics:
    """Compute statistics of the inputs (N, …) at `rows` (n,).

    `per` is "set" (all values), "channel" (each image channel or table column) or "pixel" (each
    place). Blocks are combined by the formula of Chan, Golub & LeVeque (1979), which is accurate
    for large means.
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
        squares = ((block - middle) ** 2).sum(axes).reshape(shape)
        middle = middle.reshape(shape)
        shift, both = middle - mean, count + size
        mean = mean + shift * (size / both)
        square = square + squares + shift**2 * (count * size / both)
        low = np.minimum(low, block.min(axes).reshape(shape))
        high = np.maximum(high, block.max(axes).reshape(shape))
        count = both
    return Statistics(count, mean, square, low, high)


def _axes(dimensions: int, per: str) -> tuple[int, ...]:
    if per == "set":
        return tuple(range(dimensions))
    return (0, 2, 3) if per == "channel" and dimensions == 4 else (0,)


def _blocks(inputs: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    step = max(1, BLOCK // math.prod(inputs.shape[1:]))
    for start in range(0, len(rows), step):
        yield inputs[rows[start : start + step]].astype(np.float64)
