"""Shapes: from a row of pixel values to a picture (C, H, W), its brightness, and which way up it
stands.
"""

import math
from collections.abc import Sequence

import numpy as np

from core.errors import BadData
from core.numbers import whole

Shape = tuple[int, int, int]
SAMPLE = 2000  # pictures looked at for the way up
BLOCK = 2048  # rows
NEAR = 0.01  # how far from a whole number still counts as one: shares are written with few digits
LYING = 0.95  # mean height over mean width of the ink, below which written signs seem turned


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


def find_shape(columns: int, wanted: Sequence[int] | None, name: str) -> Shape:
    """The shape of a picture with this many pixel columns.

    Raises BadData that offers the nearest ones.
    """
    if wanted:
        if math.prod(wanted) != columns or min(wanted) < 1:
            pixels = f"{written(wanted)} = {whole(math.prod(wanted))} pixels"
            raise BadData(
                f"{name} has {whole(columns)} pixel columns, the shape asks for {pixels}: "
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
    near = ", ".join(f"{written(s)} = {whole(math.prod(s))}" for s in nearest_shapes(columns)[:3])
    raise BadData(
        f"{name} has {whole(columns)} pixel columns, which make no square picture (nearest: "
        f"{near}): check for a "
        "column too many or too few, or give the shape."
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


def brighten(values: np.ndarray, white: float) -> np.ndarray:
    """Values with `white` moved to 255, as uint8 where they then are whole numbers 0 to 255, else
    as float32.
    """
    if values.dtype == np.uint8:
        if white == 255:
            return values
        table = np.arange(256) * (255 / white)
        return (
            table.round().astype(np.uint8) if white >= values.max() else table.astype(np.float32)
        )[values]
    factor, whole = np.float32(255 / white), np.empty(values.shape, np.uint8)
    for start in range(
        0, len(values), BLOCK
    ):  # in blocks: a second table of floats would be four times the result
        scaled = values[start : start + BLOCK] * factor
        rounded = scaled.round()
        if np.abs(scaled - rounded).max() > NEAR or rounded.min() < 0 or rounded.max() > 255:
            return (values * factor).astype(np.float32, copy=False)
        whole[start : start + BLOCK] = rounded
    return whole


def ink_ratio(images: np.ndarray) -> float:
    """Mean height over mean width of what differs from the background, (N, C, H, W).

    Writing is taller than wide: MNIST, Arabic and 8×8 digits measure 1.18 to 1.43 upright, and the
    inverse when they lie. NaN where nothing is drawn.
    """
    draw = np.random.Generator(np.random.PCG64(0))  # not every k-th: labels may cycle
    chosen = np.sort(draw.choice(len(images), min(SAMPLE, len(images)), replace=False))
    pictures = np.asarray(images[chosen], np.float32).mean(axis=1)  # (n, H, W)
    border = np.concatenate(
        [pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1]], axis=1
    )
    ink = np.abs(pictures - np.median(border)) > 0.25 * np.ptp(pictures)
    heights, widths = _extent(ink.any(axis=2)), _extent(ink.any(axis=1))
    return float(heights.sum() / widths.sum()) if widths.sum() else math.nan


def _extent(marked: np.ndarray) -> np.ndarray:
    """(n, L) bool -> (n,): from the first marked place to the last, 0 where there is none."""
    length = marked.shape[1] - marked.argmax(axis=1) - marked[:, ::-1].argmax(axis=1)
    return np.where(marked.any(axis=1), length, 0)
