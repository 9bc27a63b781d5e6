"""Batch normalization of one feature, step by step: in training by the mean and variance of the
mini-batch, at inference by running averages of both (Ioffe & Szegedy 2015). NumPy float64 only.
"""

from dataclasses import dataclass

import numpy as np

EPSILON, MOMENTUM = 1e-5, 0.1  # the defaults of PyTorch
MEAN, STD = 3.0, 2.0  # of the distribution that the batches are drawn from


@dataclass(frozen=True)
class Running:
    """The running averages, and the number of batches that they are from."""

    mean: float = 0.0
    variance: float = 1.0
    batches: int = 0

    def update(self, batch: np.ndarray) -> "Running":
        """Return the averages after another batch (B,), B ≥ 2: r ← (1 − α) r + α·new, with the
        unbiased variance Σ(x − μ)²/(B − 1), as in PyTorch.
        """
        return Running(
            (1 - MOMENTUM) * self.mean + MOMENTUM * float(batch.mean()),
            (1 - MOMENTUM) * self.variance + MOMENTUM * float(batch.var(ddof=1)),
            self.batches + 1,
        )

    def normalize(self, values: np.ndarray) -> np.ndarray:
        """Return the values normalized as at inference."""
        return normalize(values, self.mean, self.variance)


def draw_batches(count: int, size: int, seed: int = 0) -> np.ndarray:
    """Return batches (count, size) of normally distributed values with MEAN and STD. The first
    ones do not depend on `count`.
    """
    return np.random.default_rng(seed).normal(MEAN, STD, (count, size))


def normalize(values: np.ndarray, mean: float, variance: float) -> np.ndarray:
    """Return x̂ = (x − μ)/√(σ² + ε)."""
    return (values - mean) / np.sqrt(variance + EPSILON)


def in_training(batch: np.ndarray, scale: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """Return γx̂ + β of a batch (B,), normalized by its own mean and biased variance Σ(x − μ)²/B."""
    return scale * normalize(batch, float(batch.mean()), float(batch.var())) + shift


def history(batches: np.ndarray) -> list[Running]:
    """Return the running averages before the first batch and after each one."""
    states = [Running()]
    for batch in batches:
        states.append(states[-1].update(batch))
    return states
