"""Shapes: from a row of pixel values to a picture (C, H, W) and its brightness."""

import math
from collections.abc import Sequence

import numpy as np

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import counted
from core.data.spreadsheet.growing_array import changed

Shape = tuple[int, int, int]
NEAR = 0.01  # how far from a whole number still counts as one: shares are written with few digits


def shape_of(columns: int) -> Shape | None:
    """A square in one channel, or in three: 784 -> (1, 28, 28), 3072 -> (3, 32, 32).

    None where neither fits.
    """
    for channels in (1, 3):
        side = math.isqrt(columns // channels)
        if columns % channels == 0 and side * side * channels == columns and side > 1:
            return channels, side, side
    return None


def nearest_shapes(columns: int) -> list[Shape]:
    """The next smaller and larger picture, in one channel and in three, nearest first."""
    near = [
        (c, s + more, s + more)
        for c in (1, 3)
        for s in [math.isqrt(columns // c)]
        for more in (0, 1)
        if s + more > 1
    ]
    return sorted(near, key=lambda shape: abs(math.prod(shape) - columns))


def factor_shapes(columns: int) -> list[Shape]:
    """Pictures of exactly this many pixels that are no square, at most twice as long as wide."""
    found = [
        (channels, high, columns // channels // high)
        for channels in (1, 3)
        if columns % channels == 0
        for high in range(4, columns // channels // 4 + 1)
        if columns // channels % high == 0
    ]
    near = [shape for shape in found if 1 < max(shape[1:]) / min(shape[1:]) <= 2]
    return sorted(near, key=lambda shape: (max(shape[1:]) / min(shape[1:]), shape[0]))


def find_shape(columns: int, wanted: Sequence[int] | None, name: str) -> Shape:
    """The shape of a picture with this many pixel columns.

    Raises BadData that offers the nearest ones.
    """
    if wanted:
        if math.prod(wanted) != columns or min(wanted) < 1:
            pixels = f"{written(wanted)} = {whole(math.prod(wanted))} pixels"
            raise BadData(
                f"{name} has {counted(columns, 'pixel column')}, the shape asks for {pixels}: "
                "change the shape."
            )
        channels, height, width = wanted
        return channels, height, width
    if columns == 1:
        raise BadData(
            f"{name} has one column, but a picture needs one for each pixel: give pictures "
            "first, labels second."
        )
    if shape := shape_of(columns):
        return shape
    raise no_picture(columns, name)


def no_picture(columns: int, name: str) -> BadData:
    """That rows of this width are no square picture; its fixes are the other ways to read them."""
    near = ", ".join(f"{written(s)} = {whole(math.prod(s))}" for s in nearest_shapes(columns)[:3])
    exact = [{"shape": shape} for shape in factor_shapes(columns)[:2]]
    return BadData(
        f"{name} has {counted(columns, 'pixel column')}, which make no square picture (nearest: "
        f"{near}): check for a column too many or too few, give the shape, or read it as a table.",
        (*exact, {"form": "table"}),
    )


def written(shape: Sequence[int]) -> str:
    """(1, 28, 28) -> "28×28", (3, 32, 32) -> "3×32×32"."""
    return "×".join(str(n) for n in (shape[1:] if shape[0] == 1 else shape))


def white_of(highest: float) -> float:
    """The value of full brightness, from the highest in the table: 1 for shares, 16 for the 8×8
    digits, mostly 255.
    """
    if highest <= 0:
        return 255.0
    if highest <= 1:
        return 1.0
    return 255.0 if 16 < highest <= 255 else float(highest)


def brighten(values: np.ndarray, white: float, black: float = 0.0) -> np.ndarray:
    """Values with `white` moved to 255 and `black` to 0, as uint8 where they then are whole numbers
    0 to 255, else as float32.
    """
    if values.dtype == np.uint8:
        if (black, white) == (0, 255):
            return values
        table = (np.arange(256) - black) * (255 / (white - black))
        fits = black <= values.min() and values.max() <= white
        table = table.round().astype(np.uint8) if fits else table.astype(np.float32)
        return changed(values, lambda rows: table[rows])
    factor, shift = np.float32(255 / (white - black)), np.float32(black)
    try:
        return changed(values, lambda rows: _rounded((rows - shift) * factor))
    except _Finer:
        return changed(values, lambda rows: np.asarray((rows - shift) * factor, np.float32))


class _Finer(Exception):
    """Values that are no whole numbers from 0 to 255."""


def _rounded(scaled: np.ndarray) -> np.ndarray:
    rounded = scaled.round()
    if np.abs(scaled - rounded).max() > NEAR or rounded.min() < 0 or rounded.max() > 255:
        raise _Finer
    return rounded.astype(np.uint8)


def invert(pictures: np.ndarray) -> np.ndarray:
    """Dark for bright: 255 − x."""
    return changed(pictures, lambda rows: np.subtract(rows.dtype.type(255), rows))
