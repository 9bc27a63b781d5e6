"""Dropout on one layer of values: the mask, the scaling, and what remains on average. NumPy only.

Training: z = m·x/(1 − p) with a mask m that is 0 with probability p; inference: z = x (Srivastava
et al. 2014; the scaling in training is called inverted dropout).
"""

import numpy as np

VALUES = (0.9, 0.2, 1.4, 0.6, 0.0, 1.1, 0.4, 1.7, 0.7, 0.3, 1.2, 0.8)  # outputs of 12 units


def masks(p: float, draws: int, seed: int = 0, units: int = len(VALUES)) -> np.ndarray:
    """Return random masks (draws, units) of 0 and 1; each entry is 0 with probability p."""
    return (np.random.default_rng(seed).random((draws, units)) >= p).astype(float)


def apply(values: np.ndarray, mask: np.ndarray, p: float, *, scaled: bool = True) -> np.ndarray:
    """Return m·x/(1 − p), or m·x without the scaling, for 0 ≤ p < 1."""
    return mask * values / (1 - p if scaled else 1.0)


def expected(values: np.ndarray, p: float, *, scaled: bool = True) -> np.ndarray:
    """Return the mean of `apply` over all masks: x with the scaling, (1 − p)·x without it."""
    return values * (1.0 if scaled else 1 - p)


def deviation(values: np.ndarray, p: float, *, scaled: bool = True) -> np.ndarray:
    """Return the standard deviation of `apply` over all masks: |x|·√(p/(1 − p)) with the scaling,
    |x|·√(p(1 − p)) without it.
    """
    return np.abs(values) * np.sqrt(p * (1 - p)) / (1 - p if scaled else 1.0)
