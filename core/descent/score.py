"""Scores of many models at once: loss and error of each, and of their mean with its variance, as
one point of a curve.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.descent.point import Loss, Point


def measure(
    train: Tensor,
    labels: Tensor,
    test: Tensor,
    test_labels: Tensor,
    norm: Tensor,
    *,
    loss: Loss = "squared",
    steps: int = 0,
    last: bool = True,
    **place: Any,
) -> Point:
    """The point at `place` (width, parameters, samples, control), S seeds.

    Outputs (S, n, K) against labels (S, n), test outputs (S, T, K) against labels (T,), norms (S,).
    """
    fitted, tested = scores(train, labels, loss), scores(test, test_labels, loss)
    ensemble_loss, ensemble_error, variance = together(test, test_labels, loss)
    return Point(
        steps=steps,
        last=last,
        train_loss=tuple(fitted[0].tolist()),
        train_error=tuple(fitted[1].tolist()),
        test_loss=tuple(tested[0].tolist()),
        test_error=tuple(tested[1].tolist()),
        norm=tuple(norm.tolist()),
        ensemble_loss=ensemble_loss,
        ensemble_error=ensemble_error,
        variance=variance,
        **place,
    )


def scores(outputs: Tensor, labels: Tensor, loss: Loss) -> tuple[Tensor, Tensor]:
    """Outputs (S, T, K) and labels (T,) or (S, T) -> loss (S,) and share of wrong answers (S,)."""
    labels = labels.expand(outputs.shape[:2])
    wrong = (outputs.argmax(-1) != labels).to(outputs.dtype).mean(-1)
    if loss == "cross_entropy":
        return _negative_log_likelihood(outputs.log_softmax(-1), labels), wrong
    return (outputs - _marks(outputs, labels)).square().sum(-1).mean(-1), wrong


def together(outputs: Tensor, labels: Tensor, loss: Loss) -> tuple[float, float, float]:
    """Loss and error of the mean prediction, and the variance about it.

    d'Ascoli et al. 2020: mean_s |f_s − y|² = |f − y|² + mean_s |f_s − f|² with f = mean_s f_s,
    exactly; with cross-entropy f_s are probabilities, where the same holds of the Brier score.
    """
    answers = outputs.softmax(-1) if loss == "cross_entropy" else outputs
    mean = answers.mean(0, keepdim=True)
    variance = (answers - mean).square().sum(-1).mean()
    labels = labels.expand(mean.shape[:2])
    wrong = (mean.argmax(-1) != labels).to(mean.dtype).mean()
    if loss == "cross_entropy":
        total = _negative_log_likelihood(mean.clamp_min(torch.finfo(mean.dtype).tiny).log(), labels)
    else:
        total = (mean - _marks(mean, labels)).square().sum(-1).mean(-1)
    return float(total), float(wrong), float(variance)


def _negative_log_likelihood(logs: Tensor, labels: Tensor) -> Tensor:
    """Mean of −log of the probability of the right class."""
    return -logs.gather(-1, labels[..., None])[..., 0].mean(-1)


def _marks(outputs: Tensor, labels: Tensor) -> Tensor:
    return one_hot(labels, outputs.shape[-1]).to(outputs.dtype)
