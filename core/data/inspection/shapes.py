"""Shapes: from a row of pixel values to an image (C, H, W), and its brightness range."""

import math
from collections.abc import Sequence

import numpy as np

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.spreadsheet.growing_array import map_rows

Shape = tuple[int, int, int]
NEAR = 0.01  # distance from a whole number that is a rounding error of fractions in a CSV


def shape_of(columns: int) -> Shape | None:
    """Return the square shape in one channel or three: 784 -> (1, 28, 28), 3072 -> (3, 32, 32).

    None if neither fits.
    """
    for channels in (1, 3):
        side = math.isqrt(columns // channels)
        if columns % channels == 0 and side * side * channels == columns and side > 1:
            return channels, side, side
    return None


def nearest_shapes(columns: int) -> list[Shape]:
    """Return the next smaller and larger square, in one channel and in three, nearest first."""
    near = [
        (c, s + more, s + more)
        for c in (1, 3)
        for s in [math.isqrt(columns // c)]
        for more in (0, 1)
        if s + more > 1
    ]
    return sorted(near, key=lambda shape: abs(math.prod(shape) - columns))


def check_shape(columns: int, wanted: Sequence[int], name: str) -> Shape:
    """Return the wanted shape. Raises BadData if an image of it has another number of pixels."""
    if math.prod(wanted) != columns or min(wanted) < 1:
        raise BadData(
            f"{name} has {counted(columns, 'pixel column')}, but the image shape "
            f"{format_image_shape(wanted)} needs {whole(math.prod(wanted))}. Change the image "
            "shape.",
            code="shape_mismatch",
        )
    channels, height, width = wanted
    return channels, height, width


def no_shape(columns: int, name: str, exact: Sequence[Shape] = ()) -> BadData:
    """Return the error for rows that form no image; its fixes are `exact` shapes and a table."""
    if columns == 1:
        return BadData(
            f"{name} has one column, but images need one column per pixel. Choose the images as "
            "the first file and the labels as the second.",
            code="single_column",
        )
    near = ", ".join(
        f"{format_image_shape(s)} = {whole(math.prod(s))}" for s in nearest_shapes(columns)[:3]
    )
    return BadData(
        f"{name} has {counted(columns, 'pixel column')}, which do not form a square image "
        f"(nearest: {near}). Check for a missing or an extra column, enter the image shape, or "
        "read the file as a table.",
        (*({"shape": shape} for shape in exact), {"form": "table"}),
        code="not_square",
    )


def format_image_shape(shape: Sequence[int]) -> str:
    """Format an image shape: (1, 28, 28) -> "28 × 28", (3, 32, 32) -> "3 × 32 × 32"."""
    return " × ".join(str(n) for n in (shape[1:] if shape[0] == 1 else shape))


def parse_shape(text: str) -> Shape:
    """Parse "28 × 28" or "3x32x32". Raises BadData for anything else."""
    parts = text.lower().replace("×", "x").replace("*", "x").split("x")
    if len(parts) not in (2, 3) or not all(p.strip().isdecimal() for p in parts):
        raise BadData(
            f"{clip(text)!r} is not an image shape. Enter height × width, such as 28 × 28, or "
            "channels × height × width, such as 3 × 32 × 32.",
            code="shape_format",
        )
    channels, height, width = ([1] if len(parts) == 2 else []) + [int(p) for p in parts]
    return channels, height, width


def guess_white(highest: float) -> float:
    """Return the value of full brightness, given the highest value in the table.

    1 for fractions, 16 for the 8×8 digits, usually 255.
    """
    if highest <= 0:
        return 255.0
    if highest <= 1:
        return 1.0
    return 255.0 if 16 < highest <= 255 else float(highest)


def rescale(values: np.ndarray, white: float, black: float = 0.0) -> np.ndarray:
    """Map `black` to 0 and `white` to 255: uint8 if the results are whole numbers, else float32."""
    if values.dtype == np.uint8:
        if (black, white) == (0, 255):
            return values
        table = (np.arange(256) - black) * (255 / (white - black))
        fits = black <= values.min() and values.max() <= white
        table = table.round().astype(np.uint8) if fits else table.astype(np.float32)
        return map_rows(values, lambda rows: table[rows])
    factor, shift = np.float32(255 / (white - black)), np.float32(black)
    try:
        return map_rows(values, lambda rows: _rounded((rows - shift) * factor))
    except _NotWhole:
        return map_rows(values, lambda rows: np.asarray((rows - shift) * factor, np.float32))


class _NotWhole(Exception):
    """Values that are not whole numbers from 0 to 255."""


def _rounded(scaled: np.ndarray) -> np.ndarray:
    rounded = scaled.round()
    if np.abs(scaled - rounded).max() > NEAR or rounded.min() < 0 or rounded.max() > 255:
        raise _NotWhole
    return rounded.astype(np.uint8)


def invert(images: np.ndarray) -> np.ndarray:
    """Swap dark and bright: 255 − x."""
    return map_rows(images, lambda rows: np.subtract(rows.dtype.type(255), rows))
