"""Gradient descent on one loss of two weights with batches of three sizes: all samples, a few, one.
NumPy float64 only.

The loss is that of linear regression, L(w) = 1/(2N) Σ (w·xₙ − yₙ)², over N = SAMPLES samples with
inputs X (N, 2) and targets y (N,). The gradient of a batch is the mean over its samples.
"""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np

from core.concepts.surfaces import LossSurface, Point

SAMPLES, SCALES, NOISE = 32, (1.0, 0.6), 0.6  # standard deviations of the inputs, of the targets
TRUE_WEIGHTS = np.array([0.9, -0.4])
FAR = 1e6  # a path that leaves this square has diverged


@cache
def samples() -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs (SAMPLES, 2) and targets (SAMPLES,), the same in every session."""
    draws = np.random.default_rng(4).normal(size=(SAMPLES, 3))
    x = draws[:, :2] * SCALES
    return x, x @ TRUE_WEIGHTS + NOISE * draws[:, 2]


def least_squares() -> Point:
    """Return the weights with the smallest loss."""
    x, y = samples()
    first, second = np.linalg.lstsq(x, y, rcond=None)[0]
    return float(first), float(second)


@dataclass(frozen=True)
class SampleLoss(LossSurface):
    """The mean squared error of all samples as a surface over the two weights."""

    kind: ClassVar[str] = "samples"
    label: ClassVar[str] = "Mean of 32 samples"
    minima: ClassVar[tuple[Point, ...]] = (least_squares(),)
    start: ClassVar[Point] = (-2.2, 1.6)

    def value(self, x, y):
        inputs, targets = samples()
        errors = np.multiply.outer(x, inputs[:, 0]) + np.multiply.outer(y, inputs[:, 1]) - targets
        return (errors**2).mean(-1) / 2

    def gradient(self, x, y):
        inputs, targets = samples()
        errors = np.multiply.outer(x, inputs[:, 0]) + np.multiply.outer(y, inputs[:, 1]) - targets
        return (errors * inputs[:, 0]).mean(-1), (errors * inputs[:, 1]).mean(-1)

    def curvatures(self, step: float = 1e-4) -> tuple[float, float]:
        inputs, _ = samples()
        low, high = np.linalg.eigvalsh(inputs.T @ inputs / len(inputs))
        return float(low), float(high)


def run(
    batch: int, start: Point, *, learning_rate: float, epochs: int, seed: int = 0
) -> np.ndarray:
    """Return the weights before the first update and after each one, (updates + 1, 2).

    Each epoch visits the samples in a new random order, in batches of `batch` of them; `batch`
    divides SAMPLES. A path that diverges is NaN from there on.
    """
    x, y = samples()
    order = np.random.default_rng(seed)
    path = np.full((epochs * (SAMPLES // batch) + 1, 2), np.nan)
    path[0] = weights = np.array(start, float)
    update = 0
    for _ in range(epochs):
        for rows in order.permutation(SAMPLES).reshape(-1, batch):
            inputs = x[rows]
            weights = weights - learning_rate * (inputs @ weights - y[rows]) @ inputs / batch
            if not np.abs(weights).max() < FAR:
                return path
            update += 1
            path[update] = weights
    return path


def gradient_deviation(batch: int, weights: Point) -> float:
    """Return the standard deviation of the gradient of a random batch around that of all samples:
    the root of the expected squared distance, for batches without repetition.

    With the covariance Σ of the gradients of single samples, it is √(tr Σ/B · (N − B)/(N − 1))
    (Cochran 1977, theorem 2.2).
    """
    x, y = samples()
    gradients = (x @ np.array(weights) - y)[:, None] * x
    variance = ((gradients - gradients.mean(0)) ** 2).sum(1).mean()
    return float(np.sqrt(variance / batch * (SAMPLES - batch) / (SAMPLES - 1)))
