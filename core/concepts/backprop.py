"""Forward and back through a network of linear layers, sigmoids between them and a softmax at the
end, with every value and its gradient (C3). NumPy float64 only.

N: samples, d_l: units of layer l. X = A₀ (N, d₀), W_l (d_l, d_{l−1}), b_l (d_l,).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Quantity:
    """A value on the way, and ∂L by it, of the same shape."""

    name: str
    value: np.ndarray
    gradient: np.ndarray


def seeded(widths: Sequence[int], seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases for these widths, input first: normal with σ² = 1/d_{l−1}, and 0."""
    draw = np.random.default_rng(seed)
    return [
        (draw.normal(0, fan**-0.5, (units, fan)), np.zeros(units))
        for fan, units in pairwise(widths)
    ]


def at_the_end(answers: np.ndarray, labels: Sequence[int]) -> tuple[float, np.ndarray, np.ndarray]:
    """For softmax answers A (N, C): L = −(1/N) Σ log A_c, ∂L/∂A = −Y/(N·A), ∂L/∂Z = (A − Y)/N."""
    asked = np.eye(answers.shape[1])[list(labels)]
    count = len(answers)
    loss = -float((asked * np.log(answers)).sum()) / count
    return loss, -asked / (count * answers), (answers - asked) / count


def backprop(
    x: np.ndarray, labels: Sequence[int], layers: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[float, tuple[Quantity, ...]]:
    """The loss, and X, W1, b1, Z1, A1, W2 … with their gradients, in the order of the way there."""
    inputs, scores, answers = [], [], x
    for number, (weight, bias) in enumerate(layers, 1):
        inputs.append(answers)
        scores.append(answers @ weight.T + bias)
        answers = _softmax(scores[-1]) if number == len(layers) else _sigmoid(scores[-1])
    loss, by_answers, by_scores = at_the_end(answers, labels)
    way: list[Quantity] = []
    for number in range(len(layers), 0, -1):
        weight, bias = layers[number - 1]
        before = inputs[number - 1]
        way[:0] = [
            Quantity(f"W{number}", weight, by_scores.T @ before),
            Quantity(f"b{number}", bias, by_scores.sum(0)),
            Quantity(f"Z{number}", scores[number - 1], by_scores),
            Quantity(f"A{number}", answers, by_answers),
        ]
        answers, by_answers = before, by_scores @ weight
        by_scores = by_answers * before * (1 - before)
    return loss, (Quantity("X", x, by_answers), *way)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(z / 2))


def _softmax(z: np.ndarray) -> np.ndarray:
    shares = np.exp(z - z.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)
