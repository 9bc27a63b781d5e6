"""Loss surfaces of two weights with closed-form gradients, to race optimizers on. NumPy only.

A point is (x, y); `value` and `gradient` also take arrays.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

Point = tuple[float, float]


@dataclass(frozen=True)
class LossSurface:
    """`area` is the drawn part, (low x, high x, low y, high y); `minima` its lowest points, the
    global one first; `learning_rate` suits plain gradient descent on it.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    formula: ClassVar[str]
    about: ClassVar[str]
    area: ClassVar[tuple[float, float, float, float]] = (-3.0, 3.0, -2.2, 2.2)
    minima: ClassVar[tuple[Point, ...]] = ((0.0, 0.0),)
    start: ClassVar[Point] = (-2.4, 1.6)
    learning_rate: ClassVar[float] = 0.22

    def value(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the loss at (x, y)."""
        raise NotImplementedError

    def gradient(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return its derivatives by x and by y."""
        raise NotImplementedError

    def curvatures(self, step: float = 1e-4) -> tuple[float, float]:
        """Return the eigenvalues of the Hessian at the global minimum, smallest first, by central
        differences of the gradient.
        """
        x, y = self.minima[0]
        columns = [
            np.subtract(self.gradient(x + a, y + b), self.gradient(x - a, y - b)) / (2 * step)
            for a, b in ((step, 0.0), (0.0, step))
        ]
        hessian = np.stack(columns)
        low, high = np.linalg.eigvalsh((hessian + hessian.T) / 2)
        return float(low), float(high)


@dataclass(frozen=True)
class Quadratic(LossSurface):
    """A bowl with curvature 1 along x and κ along y; κ is its condition number."""

    kind: ClassVar[str] = "quadratic"
    label: ClassVar[str] = "Quadratic"
    formula: ClassVar[str] = r"f = \tfrac12 (x^2 + \kappa y^2)"
    about: ClassVar[str] = (
        "A bowl that is κ times as steep along y as along x. The steepest direction limits the "
        "learning rate, and the flattest one needs the most steps."
    )
    condition: float = 3.0

    def value(self, x, y):
        return (x**2 + self.condition * y**2) / 2

    def gradient(self, x, y):
        return 1.0 * x, self.condition * y

    def curvatures(self, step: float = 1e-4) -> tuple[float, float]:
        return 1.0, float(self.condition)


@dataclass(frozen=True)
class Ripples(LossSurface):
    """A bowl with waves: a local minimum in every trough."""

    kind: ClassVar[str] = "ripples"
    label: ClassVar[str] = "Many local minima"
    formula: ClassVar[str] = (
        r"f = \tfrac1{10}(x^2 + y^2) + \tfrac{3}{20}\big(2 - \cos \pi x - \cos \pi y\big)"
    )
    about: ClassVar[str] = (
        "A non-convex bowl with a local minimum in every trough. Momentum carries a path over some "
        "of the crests, and noise in the gradient over others."
    )

    def value(self, x, y):
        return (x**2 + y**2) / 10 + 0.15 * (2 - np.cos(np.pi * x) - np.cos(np.pi * y))

    def gradient(self, x, y):
        return (
            x / 5 + 0.15 * np.pi * np.sin(np.pi * x),
            y / 5 + 0.15 * np.pi * np.sin(np.pi * y),
        )


@dataclass(frozen=True)
class Rosenbrock(LossSurface):
    """A curved valley with steep walls (Rosenbrock 1960)."""

    kind: ClassVar[str] = "rosenbrock"
    label: ClassVar[str] = "Rosenbrock"
    formula: ClassVar[str] = r"f = (1 - x)^2 + 100\,(y - x^2)^2"
    about: ClassVar[str] = (
        "A curved valley: its walls are about 2 500 times as steep as its floor at the minimum "
        "(1, 1). Plain gradient descent needs a tiny learning rate for the walls and crawls along "
        "the floor."
    )
    area: ClassVar[tuple[float, float, float, float]] = (-2.0, 2.0, -1.0, 3.0)
    minima: ClassVar[tuple[Point, ...]] = ((1.0, 1.0),)
    start: ClassVar[Point] = (-1.2, 1.0)
    learning_rate: ClassVar[float] = 0.001

    def value(self, x, y):
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    def gradient(self, x, y):
        wall = y - x**2
        return -2 * (1 - x) - 400 * x * wall, 200 * wall


@dataclass(frozen=True)
class Saddle(LossSurface):
    """A saddle at the origin between two minima at (0, ±1)."""

    kind: ClassVar[str] = "saddle"
    label: ClassVar[str] = "Saddle"
    formula: ClassVar[str] = r"f = \tfrac12 x^2 - \tfrac12 y^2 + \tfrac14 y^4 + \tfrac14"
    about: ClassVar[str] = (
        "A saddle at (0, 0): a minimum along x and a maximum along y. The gradient is almost 0 "
        "near it, so paths slow down before they leave for one of the minima (0, ±1)."
    )
    minima: ClassVar[tuple[Point, ...]] = ((0.0, 1.0), (0.0, -1.0))
    start: ClassVar[Point] = (-2.4, 0.01)

    def value(self, x, y):
        return x**2 / 2 - y**2 / 2 + y**4 / 4 + 0.25

    def gradient(self, x, y):
        return 1.0 * x, y**3 - y


@dataclass(frozen=True)
class TwoMinima(LossSurface):
    """A wide minimum and a narrow, slightly deeper one, in a shallow bowl."""

    kind: ClassVar[str] = "two_minima"
    label: ClassVar[str] = "Flat and sharp"
    formula: ClassVar[str] = (
        r"f = \tfrac1{20}(x^2+y^2) - e^{-\left((x+1)^2 + y^2\right)/2} "
        r"- \tfrac{6}{5}\, e^{-10\left((x-1.2)^2 + y^2\right)}"
    )
    about: ClassVar[str] = (
        "A flat minimum on the left and a narrow, deeper one on the right. From this start, plain "
        "gradient descent ends in the narrow one. Momentum passes it, and SAM, which takes the "
        "gradient uphill of the weights, does not settle in it."
    )
    minima: ClassVar[tuple[Point, ...]] = ((1.18669, 0.0), (-0.908746, 0.0))
    start: ClassVar[Point] = (2.2, 1.4)
    learning_rate: ClassVar[float] = 0.05

    def value(self, x, y):
        flat, sharp = self._dips(x, y)
        return (x**2 + y**2) / 20 - flat - sharp

    def gradient(self, x, y):
        flat, sharp = self._dips(x, y)
        return (
            x / 10 + (x + 1) * flat + 20 * (x - 1.2) * sharp,
            y / 10 + y * flat + 20 * y * sharp,
        )

    @staticmethod
    def _dips(x, y):
        flat = np.exp(-((x + 1) ** 2 + y**2) / 2)
        return flat, 1.2 * np.exp(-10 * ((x - 1.2) ** 2 + y**2))


SURFACES: tuple[LossSurface, ...] = (Quadratic(), Ripples(), Rosenbrock(), Saddle(), TwoMinima())


def conditioned(surface: LossSurface, condition: float) -> LossSurface:
    """Return a quadratic with this condition number κ ≥ 1; other surfaces stay as they are."""
    if isinstance(surface, Quadratic):
        return replace(surface, condition=condition)
    return surface
