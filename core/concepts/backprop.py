"""Forward and backward pass through a network of linear layers with sigmoids between them and a
softmax at the end, with every value and its gradient. NumPy float64 only.

N: samples, d_l: units of layer l. X = A₀ (N, d₀), W_l (d_l, d_{l−1}), b_l (d_l,).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Quantity:
    """An intermediate value and the gradient of the loss with respect to it, of equal shape."""

    name: str
    value: np.ndarray
    gradient: np.ndarray


def random_layers(widths: Sequence[int], seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw weights with variance 1/d_{l−1} and zero biases for these widths, input first."""
    generator = np.random.default_rng(seed)
    return [
        (generator.normal(0, inputs**-0.5, (units, inputs)), np.zeros(units))
        for inputs, units in pairwise(widths)
    ]


def cross_entropy_gradients(
    probabilities: np.ndarray, labels: Sequence[int]
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the loss L = −(1/N) Σ log A_c of softmax outputs A (N, C), its gradient by A,
    −Y/(N·A), and its gradient by the scores Z, (A − Y)/N.
    """
    targets = np.eye(probabilities.shape[1])[list(labels)]
    samples = len(probabilities)
    loss = -float((targets * np.log(probabilities)).sum()) / samples
    return loss, -targets / (samples * probabilities), (probabilities - targets) / samples


def mean_probability(probabilities: np.ndarray, labels: Sequence[int]) -> float:
    """Return the mean of the probabilities of the correct classes: what the loss becomes when its
    −log is forgotten, a common slip. It rises as the network improves.
    """
    return float(probabilities[np.arange(len(labels)), list(labels)].mean())


def backprop(
    x: np.ndarray, labels: Sequence[int], layers: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[float, tuple[Quantity, ...]]:
    """Return the loss, and X, W1, b1, Z1, A1, W2 … with their gradients, in forward order."""
    inputs, scores, outputs = [], [], x
    for number, (weight, bias) in enumerate(layers, 1):
        inputs.append(outputs)
        scores.append(outputs @ weight.T + bias)
        outputs = _softmax(scores[-1]) if number == len(layers) else _sigmoid(scores[-1])
    loss, output_gradient, score_gradient = cross_entropy_gradients(outputs, labels)
    quantities: list[Quantity] = []
    for number in range(len(layers), 0, -1):
        weight, bias = layers[number - 1]
        layer_input = inputs[number - 1]
        quantities[:0] = [
            Quantity(f"W{number}", weight, score_gradient.T @ layer_input),
            Quantity(f"b{number}", bias, score_gradient.sum(0)),
            Quantity(f"Z{number}", scores[number - 1], score_gradient),
            Quantity(f"A{number}", outputs, output_gradient),
        ]
        outputs, output_gradient = layer_input, score_gradient @ weight
        score_gradient = output_gradient * layer_input * (1 - layer_input)
    return loss, (Quantity("X", x, output_gradient), *quantities)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(z / 2))


def _softmax(z: np.ndarray) -> np.ndarray:
    exponentials = np.exp(z - z.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)
