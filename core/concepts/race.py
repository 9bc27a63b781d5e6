"""Optimizers that start at one point of a surface: the classes that also train networks, with the
same torch code. Paths are NumPy float64.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from core.concepts.surfaces import LossSurface, Point
from core.optim.adaptive import Adagrad, Adam, RMSprop
from core.optim.flatness import SAM
from core.optim.momentum import SGD, AveragedMomentum, Nesterov
from core.optim.optimizer import Optimizer
from core.optim.regularizer import Regularizer

FAR = 1e6  # a path that leaves this square has diverged
CLOSE = 1e-2  # of the first distance from the minimum: reached


@dataclass(frozen=True)
class Racer:
    """An optimizer, and what changes its gradient."""

    label: str
    optimizer: Optimizer
    regularizer: Regularizer | None = None

    def at(self, learning_rate: float) -> Optimizer:
        """Return its optimizer with this learning rate."""
        return self.optimizer.model_copy(update={"learning_rate": learning_rate})


RACERS = (
    Racer("Gradient descent", SGD(momentum=0.0)),
    Racer("Momentum", SGD(momentum=0.9)),
    Racer("Averaged momentum", AveragedMomentum(momentum=0.9)),
    Racer("Nesterov", Nesterov(momentum=0.9)),
    Racer("Adagrad", Adagrad()),
    Racer("RMSprop", RMSprop(alpha=0.9)),
    Racer("Adam", Adam()),
    Racer("SAM", SGD(momentum=0.0), SAM(radius=0.3)),
)


class _Place(nn.Module):
    """The two weights."""

    def __init__(self, start: Point):
        super().__init__()
        self.weights = nn.Parameter(torch.tensor(start, dtype=torch.float64))


def run(
    surface: LossSurface,
    racer: Racer,
    start: Point,
    *,
    learning_rate: float,
    steps: int,
    noise: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """Return the place before the first step and after each one, (steps + 1, 2).

    `noise` is the standard deviation of what is added to both parts of each gradient; all racers
    with one seed get the same. A path that diverges is NaN from there on.
    """
    place = _Place(start)
    weights = place.weights
    optimizer = racer.at(learning_rate).call().make([weights])
    transform = racer.regularizer.call().make() if racer.regularizer else None
    if transform:
        transform.bind(place)
    draws = noise * np.random.default_rng(seed).normal(size=(steps, 2))
    path = np.full((steps + 1, 2), np.nan)
    path[0] = start
    for step in range(steps):

        def compute_gradient(draw: np.ndarray = draws[step]) -> None:
            slope = surface.gradient(*weights.detach().numpy())
            weights.grad = torch.from_numpy(np.asarray(slope) + draw)

        compute_gradient()
        if transform:
            transform.recompute_gradient(compute_gradient)
        optimizer.step()
        path[step + 1] = weights.detach().numpy()
        if not np.abs(path[step + 1]).max() < FAR:
            path[step + 1] = np.nan
            break
    return path


def starts(surface: LossSurface, across: int = 4, down: int = 3) -> list[Point]:
    """Return a grid of starts inside the area of the surface."""
    left, right, bottom, top = surface.area
    return [
        (left + (right - left) * (i + 0.5) / across, bottom + (top - bottom) * (j + 0.5) / down)
        for i in range(across)
        for j in range(down)
    ]


def steps_to_minimum(surface: LossSurface, path: np.ndarray) -> int | None:
    """Return the step from which on the path stays within CLOSE of its first distance from one of
    the minima; None where it does not.
    """
    best = None
    for minimum in surface.minima:
        distance = np.linalg.norm(path - minimum, axis=1)
        away = ~(distance <= CLOSE * distance[0])  # NaN is away
        first = int(away.nonzero()[0][-1]) + 1 if away.any() else 0
        if first < len(path):
            best = first if best is None else min(best, first)
    return best


@dataclass(frozen=True)
class Convergence:
    """How plain gradient descent converges near the minimum, where the curvatures λ lie between
    `low` and `high`: each step multiplies the error by at most `factor`.
    """

    low: float
    high: float
    learning_rate: float

    @property
    def condition(self) -> float:
        return self.high / self.low

    @property
    def factor(self) -> float:
        """max |1 − ηλ|; above 1 it diverges."""
        return max(abs(1 - self.learning_rate * self.low), abs(1 - self.learning_rate * self.high))

    @property
    def limit(self) -> float:
        """The learning rate 2/λmax from which on it diverges."""
        return 2 / self.high

    @property
    def best_rate(self) -> float:
        """The learning rate 2/(λmin + λmax) with the smallest factor."""
        return 2 / (self.low + self.high)

    @property
    def best_factor(self) -> float:
        """1 − 2/(κ + 1) = (κ − 1)/(κ + 1) (Nesterov 2004, theorem 2.1.15)."""
        return 1 - 2 / (self.condition + 1)


def convergence(surface: LossSurface, learning_rate: float) -> Convergence:
    """Return how gradient descent converges at the global minimum of the surface."""
    return Convergence(*surface.curvatures(), learning_rate)
