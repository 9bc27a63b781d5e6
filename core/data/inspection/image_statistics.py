"""Looks: measures of pictures: the ground they are drawn on, which way up, how smooth, what never
changes. Findings are made of them in `doctor.py`.
"""

import math

import numpy as np

from core.data.inspection.shapes import Shape

SAMPLE = 2000  # pictures looked at
BLOCK = 2**21  # bytes of pixels looked at together: more would fall out of the processor's cache


def some(images: np.ndarray, most: int = SAMPLE) -> np.ndarray:
    """Up to `most` of the rows, drawn: every k-th would do badly where labels cycle."""
    if len(images) <= most:
        return images
    draw = np.random.Generator(np.random.PCG64(0))
    return images[np.sort(draw.choice(len(images), most, replace=False))]


def border(pictures: np.ndarray) -> np.ndarray:
    """(n, H, W) -> (n, 2·(H + W)): the outermost pixels, corners twice."""
    edges = [pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1]]
    return np.concatenate(edges, axis=1)


def ink_ratio(images: np.ndarray) -> float:
    """Mean height over mean width of what differs from the background, (N, C, H, W).

    Writing is taller than wide: MNIST, Arabic and 8×8 digits measure 1.18 to 1.43 upright, and the
    inverse when they lie. NaN where nothing is drawn.
    """
    pictures = np.asarray(some(images), np.float32).mean(axis=1)  # (n, H, W)
    ink = np.abs(pictures - np.median(border(pictures))) > 0.25 * np.ptp(pictures)
    heights, widths = _extent(ink.any(axis=2)), _extent(ink.any(axis=1))
    return float(heights.sum() / widths.sum()) if widths.sum() else math.nan


def roughness(pixels: np.ndarray, shape: Shape) -> tuple[float, float]:
    """How much a pixel differs from the one below it, read planar and read interleaved.

    The right order of the colours is the smoother one; below, not beside: in the wrong order the
    pixel beside may be another colour of the same one.
    """
    channels, height, width = shape
    rows = np.asarray(some(pixels, 500), np.float32)
    planar = rows.reshape(-1, channels, height, width)
    interleaved = rows.reshape(-1, height, width, channels)
    below = (np.diff(planar, axis=2), np.diff(interleaved, axis=1))
    first, second = (float(np.abs(step).mean()) for step in below)
    return first, second


def _extent(marked: np.ndarray) -> np.ndarray:
    """(n, L) bool -> (n,): from the first marked place to the last, 0 where there is none."""
    length = marked.shape[1] - marked.argmax(axis=1) - marked[:, ::-1].argmax(axis=1)
    return np.where(marked.any(axis=1), length, 0)


def ground(images: np.ndarray) -> tuple[float, float, float]:
    """Of grey pictures (N, 1, H, W): the border's median, the share of border pixels near it, and
    the mean of all pixels.
    """
    pictures = np.asarray(some(images)[:, 0], np.float32)
    edge = border(pictures)
    middle = float(np.median(edge))
    return middle, float((np.abs(edge - middle) <= 40).mean()), float(pictures.mean())


def extremes(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, F) -> lowest (F,) and highest (F,) of each column, and (n,) the rows of one value only.

    In blocks of rows: two passes over a block that is in the cache cost as much as one.
    """
    low, high, blank = rows[0].copy(), rows[0].copy(), []
    step = max(1, BLOCK // max(rows[:1].nbytes, 1))
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        np.minimum(low, block.min(axis=0), out=low)
        np.maximum(high, block.max(axis=0), out=high)
        blank.append(start + np.flatnonzero((block == block[:, :1]).all(axis=1)))
    return low, high, np.concatenate(blank)
