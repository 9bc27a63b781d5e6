"""Image statistics: background, orientation and constant pixels of images.

`doctor.py` turns them into findings.
"""

import math

import numpy as np

SAMPLE = 2000  # images that are measured
BLOCK = 2**21  # bytes of pixels per block: a larger one would not fit in the processor's cache


def sample_rows(images: np.ndarray, most: int = SAMPLE) -> np.ndarray:
    """Return at most `most` rows, drawn at random: every k-th row fails where labels cycle."""
    if len(images) <= most:
        return images
    draw = np.random.Generator(np.random.PCG64(0))
    return images[np.sort(draw.choice(len(images), most, replace=False))]


def border(images: np.ndarray) -> np.ndarray:
    """Return the outermost pixels, corners twice: (n, H, W) -> (n, 2·(H + W))."""
    edges = [images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]]
    return np.concatenate(edges, axis=1)


def ink_ratio(images: np.ndarray) -> float:
    """Return mean height over mean width of what differs from the background of (N, C, H, W).

    Writing is taller than wide: MNIST, Arabic and 8×8 digits measure 1.18 to 1.43 upright, and the
    inverse when transposed. NaN for blank images.
    """
    grey = np.asarray(sample_rows(images), np.float32).mean(axis=1)  # (n, H, W)
    ink = np.abs(grey - np.median(border(grey))) > 0.25 * np.ptp(grey)
    heights, widths = _extent(ink.any(axis=2)), _extent(ink.any(axis=1))
    return float(heights.sum() / widths.sum()) if widths.sum() else math.nan


def _extent(marked: np.ndarray) -> np.ndarray:
    """Return the length from the first to the last True: (n, L) bool -> (n,), 0 if none."""
    length = marked.shape[1] - marked.argmax(axis=1) - marked[:, ::-1].argmax(axis=1)
    return np.where(marked.any(axis=1), length, 0)


def background(images: np.ndarray) -> tuple[float, float, float]:
    """Return the border's median, the fraction of border pixels near it, and the overall mean.

    `images` are grey, (N, 1, H, W).
    """
    grey = np.asarray(sample_rows(images)[:, 0], np.float32)
    edge = border(grey)
    middle = float(np.median(edge))
    return middle, float((np.abs(edge - middle) <= 40).mean()), float(grey.mean())


def extremes(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the lowest (F,) and highest (F,) of each column of (N, F), and the constant rows (n,).

    Works in blocks of rows: two passes over a block in the cache cost as much as one.
    """
    low, high, blank = rows[0].copy(), rows[0].copy(), []
    step = max(1, BLOCK // max(rows[:1].nbytes, 1))
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        np.minimum(low, block.min(axis=0), out=low)
        np.maximum(high, block.max(axis=0), out=high)
        blank.append(start + np.flatnonzero((block == block[:, :1]).all(axis=1)))
    return low, high, np.concatenate(blank)
