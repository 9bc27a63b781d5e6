"""Ridge regression (Hoerl & Kennard 1970) in closed form, in both conventions, and by gradient
descent on the same data (L5). NumPy float64 only.

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
    """`sum`: L(w) = ‖Xw − y‖² + λ‖w‖², as in textbooks, least at w = (XᵀX + λI)⁻¹Xᵀy.

    `mean`: deck C's L(w) = (1/2n)‖Xw − y‖² + λ‖w‖², which needs 2nλ in place of λ there.
    """

    strength: float
    convention: Convention = "sum"

    def shift(self, n: int) -> float:
        """What is added to the diagonal of XᵀX: λ or 2nλ."""
        return self.strength if self.convention == "sum" else 2 * n * self.strength

    def loss(self, x: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
        """L(w)."""
        error = x @ w - y
        share = 1 if self.convention == "sum" else 1 / (2 * len(x))
        return float(share * error @ error + self.strength * w @ w)

    def gradient(self, x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
        """∇L(w), (d,)."""
        share = 2 if self.convention == "sum" else 1 / len(x)
        return share * x.T @ (x @ w - y) + 2 * self.strength * w

    def solve(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The w with the least loss, (d,); for λ = 0 the shortest of them."""
        shift = self.shift(len(x))
        if not shift:
            return np.linalg.lstsq(x, y, rcond=None)[0]
        return np.linalg.solve(x.T @ x + shift * np.eye(x.shape[1]), x.T @ y)

    def curvature(self, x: np.ndarray) -> np.ndarray:
        """Eigenvalues of the Hessian of L, (d,), smallest first."""
        share = 2 if self.convention == "sum" else 1 / len(x)
        return share * eigenvalues(x) + 2 * self.strength

    def condition(self, x: np.ndarray) -> float:
        """Largest over smallest curvature: about how many steps descent needs. Infinite where the
        data leave a direction open.
        """
        curves = self.curvature(x)
        rounding = len(curves) * np.finfo(float).eps * curves[-1]
        return float(curves[-1] / curves[0]) if curves[0] > rounding else np.inf

    def descend(
        self, x: np.ndarray, y: np.ndarray, *, steps: int, rate: float | None = None
    ) -> np.ndarray:
        """Gradient descent from 0: w before and after each step, (steps + 1, d). The rate is by
        default 2/(largest + smallest curvature), for which the error falls by (κ−1)/(κ+1) a step.
        """
        curves = self.curvature(x)
        rate = rate or 2 / (curves[0] + curves[-1])
        path = np.zeros((steps + 1, x.shape[1]))
        for step in range(steps):
            path[step + 1] = path[step] - rate * self.gradient(x, y, path[step])
        return path


def eigenvalues(x: np.ndarray) -> np.ndarray:
    """Of XᵀX, (d,), smallest first; none below 0."""
    return np.linalg.eigvalsh(x.T @ x).clip(min=0)


@dataclass(frozen=True)
class RidgeRow:
    """At one strength: the shift of the diagonal, the condition number, ‖w‖², and the mean square
    error on the data.
    """

    strength: float
    shift: float
    condition: float
    length: float
    error: float


def ridge_table(
    x: np.ndarray, y: np.ndarray, strengths: Sequence[float], convention: Convention = "sum"
) -> tuple[RidgeRow, ...]:
    """A row for each λ: the condition number falls with it, and the error on the data rises."""
    rows = []
    for strength in strengths:
        ridge = Ridge(strength, convention)
        w = ridge.solve(x, y)
        error = float(np.mean((x @ w - y) ** 2))
        rows.append(
            RidgeRow(strength, ridge.shift(len(x)), ridge.condition(x), float(w @ w), error)
        )
    return tuple(rows)
