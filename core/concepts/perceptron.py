"""Rosenblatt's perceptron rule beside gradient descent on the logistic loss. NumPy float64 only.

Inputs X (N, 3) have a constant 1 in the last column, so that the last weight is the bias; labels y
(N,) are 1 or −1. Both start at w = 0.
"""

from dataclasses import dataclass

import numpy as np

SAMPLES = 24
DIRECTION = np.array([0.8, 0.6, 0.0])  # the line that separates the classes before the overlap


@dataclass(frozen=True)
class PerceptronProblem:
    """Samples of two classes, and a line that separates them, if there is one."""

    x: np.ndarray
    y: np.ndarray
    separator: np.ndarray | None

    @property
    def bound(self) -> float | None:
        """The largest number of updates that the perceptron rule can make, (R/γ)²: R is the norm
        of the longest input, γ the smallest distance from the separating plane (Novikoff 1962).
        None for classes that overlap.
        """
        if self.separator is None:
            return None
        distances = self.y * (self.x @ self.separator) / np.linalg.norm(self.separator)
        return float((self.x**2).sum(1).max() / distances.min() ** 2)


def make_problem(gap: float, seed: int = 0) -> PerceptronProblem:
    """Return SAMPLES samples whose classes are separated by a strip of width 2·`gap`, gap > 0; a
    negative gap makes them overlap by that much.
    """
    generator = np.random.default_rng(seed)
    labels = np.where(np.arange(SAMPLES) % 2, 1.0, -1.0)
    across = labels * (gap + np.abs(generator.normal(0, 0.8, SAMPLES)))
    along = generator.normal(0, 1.2, SAMPLES)
    u, v = DIRECTION[:2]
    x = np.stack([u * across - v * along, v * across + u * along, np.ones(SAMPLES)], axis=1)
    separable = bool((labels * (x @ DIRECTION) > 0).all())
    return PerceptronProblem(x, labels, DIRECTION if separable else None)


def perceptron(problem: PerceptronProblem, passes: int) -> np.ndarray:
    """Return the weights before the first sample and after each one, (passes·N + 1, 3). The rule
    changes them only for a sample on the wrong side, y w·x ≤ 0: w ← w + y x.
    """
    weights = np.zeros(3)
    path = [weights]
    for _ in range(passes):
        for x, y in zip(problem.x, problem.y, strict=True):
            if y * (weights @ x) <= 0:
                weights = weights + y * x
            path.append(weights)
    return np.array(path)


def gradient_descent(
    problem: PerceptronProblem, passes: int, learning_rate: float = 1.0
) -> np.ndarray:
    """Return the weights before the first pass and after each one, (passes + 1, 3): one step per
    pass, down the gradient of the mean of log(1 + exp(−y w·x)).
    """
    weights = np.zeros(3)
    path = [weights]
    for _ in range(passes):
        margins = problem.y * (problem.x @ weights)
        slopes = -problem.y / (1 + np.exp(margins))  # of each loss by its score
        weights = weights - learning_rate * slopes @ problem.x / len(problem.y)
        path.append(weights)
    return np.array(path)


def count_errors(problem: PerceptronProblem, weights: np.ndarray) -> int:
    """Return how many samples are not on the right side: y w·x ≤ 0."""
    return int((problem.y * (problem.x @ weights) <= 0).sum())


def count_updates(path: np.ndarray) -> int:
    """Return how often the weights of a path changed."""
    return int((np.diff(path, axis=0) != 0).any(1).sum())
