"""Least squares of power laws with an offset, y = a·x^−b + c with a, c ≥ 0 and b among POWERS, for
many curves together. For a fixed b the law is linear in a and c, so each b has a closed form.
"""

import numpy as np

POWERS = np.geomspace(0.05, 2.0, 128)  # the values of b that are tried


def fit_power_laws(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, powers: np.ndarray = POWERS
) -> tuple[np.ndarray, ...]:
    """Weighted least squares of y (D, S) over x (S,): a, b and c (D,)."""
    best = np.full(len(y), np.inf)
    found = np.zeros((3, len(y)))
    total = weights.sum()
    mean_y = (y * weights).sum(1) / total
    for power in powers:
        z = x**-power
        mean_z = (z * weights).sum() / total
        a = ((y - mean_y[:, None]) * (z - mean_z) * weights).sum(1)
        a = np.maximum(a / ((z - mean_z) ** 2 * weights).sum(), 0.0)
        c = mean_y - a * mean_z
        alone = (y * z * weights).sum(1) / (z * z * weights).sum()  # with c = 0
        a, c = np.where(c < 0, alone, a), np.maximum(c, 0.0)
        loss = ((a[:, None] * z + c[:, None] - y) ** 2 * weights).sum(1)
        better = loss < best
        best = np.where(better, loss, best)
        found = np.where(better, np.stack([a, np.full_like(a, power), c]), found)
    return tuple(found)
