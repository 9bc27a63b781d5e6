"""The softmax table of one image: score → exponential → probability → loss, for each class. Pure
functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log

from core.base.numbers import short


@dataclass(frozen=True)
class SoftmaxRow:
    """One class. `loss` is −log p: the loss of the image if this class were the correct one."""

    score: float
    exponential: float
    probability: float
    loss: float
    correct: bool


def softmax_table(scores: Sequence[float], label: int) -> tuple[SoftmaxRow, ...]:
    """Return a row for each class; the row of the correct class holds the loss of the image.

    Probabilities and losses are computed from the scores minus the largest score, so that no score
    is too large; an exponential above the largest float is reported as infinity.

    >>> for row in softmax_table((3.2, 5.1, -1.7), 0):
    ...     print(f"{row.score:4} {row.exponential:6.2f} {row.probability:.2f} {row.loss:.2f}")
     3.2  24.53 0.13 2.04
     5.1 164.02 0.87 0.14
    -1.7   0.18 0.00 6.94
    """
    top = max(scores)
    total = sum(exp(score - top) for score in scores)
    return tuple(
        SoftmaxRow(
            score=score,
            exponential=_exponential(score),
            probability=exp(score - top) / total,
            loss=log(total) - (score - top),
            correct=number == label,
        )
        for number, score in enumerate(scores)
    )


def describe_probability(value: float) -> str:
    """Return a probability with two decimals, or with more digits where they would say 0 or 1.

    >>> [describe_probability(p) for p in (0.1304, 0.00097, 0.99954, 1.0)]
    ['0.13', '9.7e-4', '0.9995', '1']
    """
    if 0.995 <= value < 1:
        return f"{value:.4g}" if value < 0.99995 else "> 0.9999"
    return f"{value:.2f}" if 0.01 <= value < 1 else short(value)


def divergence(scores: Sequence[float], target: Sequence[float]) -> tuple[float, float, float]:
    """Return the cross-entropy H(q, p), the entropy H(q) and KL(q ‖ p) = H(q, p) − H(q) of the
    target distribution q and the softmax p, in nats. For a one-hot q the entropy is 0, and the
    cross-entropy equals the divergence.
    """
    table = softmax_table(scores, -1)
    cross = sum(q * row.loss for q, row in zip(target, table, strict=True) if q)
    entropy = -sum(q * log(q) for q in target if q)
    return cross, entropy, cross - entropy


def _exponential(score: float) -> float:
    try:
        return exp(score)
    except OverflowError:
        return inf
