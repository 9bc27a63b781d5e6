"""Losses of one sample with two classes, as functions of the margin y·f. NumPy only.

y is 1 or −1, f the score; the margin is positive where the sign of f is correct.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MarginLoss:
    """A loss with its slope by the margin m."""

    label: str
    formula: str
    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


MARGIN_LOSSES = (
    MarginLoss("0–1", "1 if m ≤ 0, else 0", lambda m: np.where(m > 0, 0.0, 1.0), np.zeros_like),
    MarginLoss(
        "Hinge", "max(0, 1 − m)",
        lambda m: np.maximum(0.0, 1 - m), lambda m: np.where(m < 1, -1.0, 0.0),
    ),
    MarginLoss(
        "Logistic", "log(1 + exp(−m))",
        lambda m: np.logaddexp(0, -m), lambda m: -np.exp(-np.logaddexp(0, m)),
    ),
    MarginLoss("Squared", "(1 − m)²", lambda m: (1 - m) ** 2, lambda m: -2 * (1 - m)),
    MarginLoss("Exponential", "exp(−m)", lambda m: np.exp(-m), lambda m: -np.exp(-m)),
)  # fmt: skip


def likelihood(margin: float) -> float:
    """Return the probability of the correct class in logistic regression: the logistic loss is its
    negative logarithm.
    """
    return float(np.exp(-np.logaddexp(0, -margin)))
