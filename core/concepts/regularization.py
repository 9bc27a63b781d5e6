"""What an L2 or L1 penalty does: to a classifier of one input, to two weight vectors with the same
score, and to the solution of least squares. NumPy only.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Norm = Literal["l1", "l2"]
INPUTS = np.array([-2.0, -1.4, -0.9, -0.5, 0.5, 0.8, 1.5, 2.1])
SIGNS = np.where(INPUTS > 0, 1.0, -1.0)  # the classes, which a threshold at 0 separates
EXAMPLE = np.ones(4)
VECTORS = (np.array([1.0, 0.0, 0.0, 0.0]), np.full(4, 0.25))


def classifier_loss(weight: np.ndarray | float, strength: float) -> np.ndarray:
    """Return the mean of log(1 + exp(−y w x)) over the samples plus λw², for one or more w."""
    w = np.asarray(weight, float)
    margins = SIGNS * INPUTS * w[..., None]
    return np.logaddexp(0, -margins).mean(-1) + strength * w**2


def best_weight(strength: float, highest: float = 1e3) -> float:
    """Return the w with the smallest loss, by bisection of its derivative; infinite for λ = 0,
    because the classes are separable.
    """
    if not strength:
        return np.inf
    low, high = 0.0, highest
    for _ in range(200):
        w = (low + high) / 2
        low, high = (w, high) if _slope(w, strength) < 0 else (low, w)
    return w


def _slope(w: float, strength: float) -> float:
    margins = SIGNS * INPUTS
    pulls = margins * np.exp(-np.logaddexp(0, margins * w))  # margin times the remaining doubt
    return float(-pulls.mean() + 2 * strength * w)


def probability(x: np.ndarray, weight: float) -> np.ndarray:
    """Return the probability of the positive class at x; for an infinite weight a cliff at 0."""
    if np.isinf(weight):
        return np.where(x > 0, 1.0, np.where(x < 0, 0.0, 0.5))
    return np.exp(-np.logaddexp(0, -weight * x))


@dataclass(frozen=True)
class VectorFacts:
    """The score w · x of a weight vector and its penalties."""

    weights: tuple[float, ...]
    score: float
    l2: float
    l1: float


def vector_facts(x: np.ndarray = EXAMPLE) -> tuple[VectorFacts, ...]:
    """Return the facts of the two weight vectors of the lecture."""
    return tuple(
        VectorFacts(tuple(w.tolist()), float(w @ x), float(w @ w), float(np.abs(w).sum()))
        for w in VECTORS
    )


@dataclass(frozen=True)
class LeastSquares:
    """f(w) = ½ (w − w*)ᵀ H (w − w*), two weights with minimum w* and curvature H."""

    minimum: tuple[float, float] = (1.6, 0.5)
    curvature: tuple[tuple[float, float], tuple[float, float]] = ((1.0, 0.45), (0.45, 1.2))

    def value(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return f at (x, y)."""
        dx, dy = x - self.minimum[0], y - self.minimum[1]
        (a, b), (_, c) = self.curvature
        return (a * dx**2 + 2 * b * dx * dy + c * dy**2) / 2

    def solve(self, strength: float, norm: Norm) -> np.ndarray:
        """Return the w with the smallest f(w) + λ‖w‖² or f(w) + λ‖w‖₁ (2,)."""
        h, target = np.array(self.curvature), np.array(self.minimum)
        if norm == "l2":
            return np.linalg.solve(h + 2 * strength * np.eye(2), h @ target)
        w = target.copy()
        for _ in range(500):  # coordinate descent with soft thresholds (Friedman et al. 2010)
            for i in range(2):
                other = 1 - i
                pull = h[i] @ target - h[i, other] * w[other]
                w[i] = np.sign(pull) * max(abs(pull) - strength, 0.0) / h[i, i]
        return w

    def path(self, norm: Norm, strengths: np.ndarray) -> np.ndarray:
        """Return the solutions for these λ, (n, 2)."""
        return np.array([self.solve(float(strength), norm) for strength in strengths])


def ball(radius: float, norm: Norm) -> np.ndarray:
    """Return the edge of {w: ‖w‖ ≤ radius} as a closed line (n, 2)."""
    angles = np.linspace(0, 2 * np.pi, 5 if norm == "l1" else 121)
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
