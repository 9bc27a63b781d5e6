"""A drawing as strokes of a pen, checked and rendered as an image. The drawing pad of the page
Predict sends strokes instead of pixels: they are small, exact at any resolution and can be undone.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

GRID = 280  # units of a side of the pad
PEN = 22.0  # units, the width of a stroke
MOST_NUMBERS = 20_000  # coordinates of a drawing: half an hour with a steady hand
FINE = 2  # pixels rendered for each pixel of a side, which are averaged

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


def render(strokes: Strokes, *, side: int = GRID, pen: float = PEN) -> np.ndarray:
    """Return the drawing (side, side) float32: ink 255 on 0. `pen` is in units of the pad."""
    scale = side * FINE / GRID
    canvas = Image.new("L", (side * FINE, side * FINE))
    draw, radius = ImageDraw.Draw(canvas), pen * scale / 2
    for stroke in strokes:
        points = [(x * scale, y * scale) for x, y in zip(stroke[::2], stroke[1::2], strict=True)]
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        for ends in pairwise(points):
            draw.line(ends, fill=255, width=max(1, round(2 * radius)))
    fine = np.asarray(canvas, np.float32).reshape(side, FINE, side, FINE)
    return fine.mean((1, 3))
