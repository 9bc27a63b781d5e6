"""A drawing as strokes of a pen, checked and rendered as an image. The drawing pad sends
strokes instead of pixels: they are small, exact at any resolution and can be undone.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

GRID = 280  # units of a side of the pad
PEN = 22.0  # units, the width of a stroke
MOST_NUMBERS = 20_000  # coordinates of a drawing: half an hour with a steady hand
FINE = 2  # pixels of a side that are rendered for each unit, and averaged

Strokes = list[list[int]]  # each [x, y, x, y, …] in units from the upper left corner


def check_strokes(value: Any) -> Strokes:
    """Return the strokes in `value`, which a browser sent: lists of whole coordinates on the pad.
    Whatever is none is left out, and so are strokes beyond MOST_NUMBERS.

    >>> check_strokes([[1, 2, 3, 4], [1], "x", [5, 999]])
    [[1, 2, 3, 4]]
    """
    strokes: Strokes = []
    left = MOST_NUMBERS
    for stroke in value if isinstance(value, list) else []:
        if _is_stroke(stroke) and len(stroke) <= left:
            strokes.append(stroke)
            left -= len(stroke)
    return strokes


def _is_stroke(value: Any) -> bool:
    if not isinstance(value, list) or not value or len(value) % 2:
        return False
    return all(type(number) is int and 0 <= number <= GRID for number in value)


def render_small(strokes: Strokes, side: int) -> np.ndarray:
    """Return the drawing (side, side), from 0 to 1: each pixel is the mean of a square of the pad.
    `side` divides GRID.
    """
    size = GRID // side
    return render(strokes).reshape(side, size, side, size).mean((1, 3))


def render(strokes: Strokes, *, pen: float = PEN) -> np.ndarray:
    """Return the drawing (GRID, GRID) float32, from 0 (nothing) to 1 (ink); `pen` in units."""
    canvas = Image.new("L", (GRID * FINE, GRID * FINE))
    draw, radius = ImageDraw.Draw(canvas), pen * FINE / 2 - 0.5  # Pillow fills the edges too
    for stroke in strokes:
        pairs = zip(stroke[::2], stroke[1::2], strict=True)
        points = [(x * FINE - 0.5, y * FINE - 0.5) for x, y in pairs]  # centres of pixels
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
        for ends in pairwise(points):
            draw.line(ends, fill=1, width=max(1, round(2 * radius + 1)))
    fine = np.asarray(canvas, np.float32).reshape(GRID, FINE, GRID, FINE)
    return fine.mean((1, 3))
