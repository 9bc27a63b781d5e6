"""Paper: the uneven light on a photographed page is removed, so that only ink is left."""

import numpy as np

GRID = 64  # points of a side at which the paper is measured
ROUNDS = 8  # fits, each without the points that are darker than the last one: ink
OUTLIER = 2.0  # robust standard deviations below the paper from which a point is ink


def fit_paper(brightness: np.ndarray) -> np.ndarray:
    """Return the brightness of the paper (h, w) under an image (h, w) from 0 to 255: a quadratic
    surface through the points without ink, by trimmed least squares.
    """
    rows, columns = (np.linspace(-1, 1, length) for length in brightness.shape)
    every = [max(1, length // GRID) for length in brightness.shape]
    some = brightness[:: every[0], :: every[1]].astype(np.float64)
    basis = _quadratic(rows[:: every[0]], columns[:: every[1]])
    points, values = basis.reshape(-1, basis.shape[-1]), some.ravel()
    used = values >= np.median(values) - 1
    for _ in range(ROUNDS):
        weights = np.linalg.lstsq(points[used], values[used], rcond=None)[0]
        residuals = values - points @ weights
        spread = 1.4826 * np.median(np.abs(residuals[used]))
        used = residuals >= -OUTLIER * max(spread, 1.0)
    return (_quadratic(rows, columns) @ weights).clip(1, 255)


def _quadratic(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return 1, y, x, y², xy, x² at each point, (h, w, 6)."""
    y, x = np.meshgrid(rows, columns, indexing="ij")
    return np.stack([np.ones_like(y), y, x, y * y, x * y, x * x], axis=-1)
