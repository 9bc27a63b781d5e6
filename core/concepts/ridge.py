"""Ridge regression (Hoerl & Kennard 1970) in closed form, in both conventions, and by gradient
descent on the same data. NumPy float64 only.

X: rows of numbers (n, d), y: values (n,), w: weights (d,), λ: the strength. No intercept: centre
the columns, or give X a column of ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Convention = Literal["sum", "mean"]


@dataclass(frozen=True)
class Ridge:
    """`sum`: L(w) = ‖Xw − y‖² + λ‖w‖², as in textbooks, minimized by w = (XᵀX + λI)⁻¹Xᵀy.

    `mean`: L(w) = (1/2n)‖Xw − y‖² + λ‖w‖², as in training code, where 2nλ replaces λ.
    """

    strength: float
    convention: Convention = "sum"

    def shift(self, n: int) -> float:
        """Return what is added to the diagonal of XᵀX: λ or 2nλ."""
        return self.strength if self.convention == "sum" else 2 * n * self.strength

    def loss(self, x: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
        """Return L(w)."""
        residual = x @ w - y
        factor = 1 if self.convention == "sum" else 1 / (2 * len(x))
        return float(factor * residual @ residual + self.strength * w @ w)

    def gradient(self, x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
        """Return ∇L(w), (d,)."""
        factor = 2 if self.convention == "sum" else 1 / len(x)
        return factor * x.T @ (x @ w - y) + 2 * self.strength * w

    def solve(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the w with the smallest loss, (d,); for λ = 0 the shortest of them."""
        shift = self.shift(len(x))
        if not shift:
            return np.linalg.lstsq(x, y, rcond=None)[0]
        return np.linalg.solve(x.T @ x + shift * np.eye(x.shape[1]), x.T @ y)

    def curvature(self, x: np.ndarray) -> np.ndarray:
        """Return the eigenvalues of the Hessian of L, (d,), smallest first."""
        factor = 2 if self.convention == "sum" else 1 / len(x)
        return factor * eigenvalues(x) + 2 * self.strength

    def condition(self, x: np.ndarray) -> float:
        """Return the ratio of the largest to the smallest curvature: the number of steps that
        gradient descent needs is proportional to it. Infinite if XᵀX + shift is singular.
        """
        curvatures = self.curvature(x)
        rounding = len(curvatures) * np.finfo(float).eps * curvatures[-1]
        return float(curvatures[-1] / curvatures[0]) if curvatures[0] > rounding else np.inf

    def descend(
        self, x: np.ndarray, y: np.ndarray, *, steps: int, learning_rate: float | None = None
    ) -> np.ndarray:
        """Run gradient descent from 0 and return w before and after each step, (steps + 1, d).

        The default learning rate, 2/(largest + smallest curvature), shrinks the error by a factor
        of (κ−1)/(κ+1) in each step.
        """
        curvatures = self.curvature(x)
        learning_rate = learning_rate or 2 / (curvatures[0] + curvatures[-1])
        path = np.zeros((steps + 1, x.shape[1]))
        for step in range(steps):
            path[step + 1] = path[step] - learning_rate * self.gradient(x, y, path[step])
        return path


def eigenvalues(x: np.ndarray) -> np.ndarray:
    """Return the eigenvalues of XᵀX, (d,), smallest first; none below 0."""
    return np.linalg.eigvalsh(x.T @ x).clip(min=0)


@dataclass(frozen=True)
class RidgeRow:
    """Results at one strength: the shift of the diagonal, the condition number, ‖w‖², and the mean
    squared error on the data.
    """

    strength: float
    shift: float
    condition: float
    squared_norm: float
    error: float


def ridge_table(
    x: np.ndarray, y: np.ndarray, strengths: Sequence[float], convention: Convention = "sum"
) -> tuple[RidgeRow, ...]:
    """Return a row for each λ: as λ grows, the condition number falls and the error rises."""
    rows = []
    for strength in strengths:
        ridge = Ridge(strength, convention)
        w = ridge.solve(x, y)
        error = float(np.mean((x @ w - y) ** 2))
        rows.append(
            RidgeRow(strength, ridge.shift(len(x)), ridge.condition(x), float(w @ w), error)
        )
    return tuple(rows)


def sample_data(correlation: float = 0.95, rows: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Draw two correlated columns X (n, 2), and noisy values y (n,) that depend on both; centred,
    with a fixed seed.
    """
    generator = np.random.default_rng(3)
    first, independent, noise = generator.normal(size=(3, rows))
    second = correlation * first + (1 - correlation**2) ** 0.5 * independent
    x = np.stack([first, second], axis=1)
    x -= x.mean(0)
    y = x @ np.array([1.0, -0.5]) + 0.3 * noise
    return x, y - y.mean()


def relative_distances(x: np.ndarray, y: np.ndarray, ridge: Ridge, steps: int) -> list[float]:
    """Return ‖w − w*‖/‖w*‖ before each step of gradient descent from 0, and after the last."""
    solution = ridge.solve(x, y)
    errors = ridge.descend(x, y, steps=steps) - solution
    return (np.linalg.norm(errors, axis=1) / np.linalg.norm(solution)).tolist()
