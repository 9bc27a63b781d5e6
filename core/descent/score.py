"""The scores of many models: loss and error of each, and of their ensemble with the variance about
it, as one point of a curve.
"""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.descent.point import CurvePoint, LossName


def measure(
    train: Tensor,
    labels: Tensor,
    test: Tensor,
    test_labels: Tensor,
    norm: Tensor,
    *,
    width: int,
    parameters: int,
    samples: int,
    control: float,
    loss: LossName = "squared",
    steps: int = 0,
    last: bool = True,
) -> CurvePoint:
    """Return the point of S seeds.

    Outputs (S, n, K) against labels (S, n), test outputs (S, T, K) against labels (T,), norms (S,).
    """
    train_loss, train_error = scores(train, labels, loss)
    test_loss, test_error = scores(test, test_labels, loss)
    ensemble_loss, ensemble_error, variance = ensemble_scores(test, test_labels, loss)
    return CurvePoint(
        width=width,
        parameters=parameters,
        samples=samples,
        control=control,
        steps=steps,
        last=last,
        train_loss=tuple(train_loss.tolist()),
        train_error=tuple(train_error.tolist()),
        test_loss=tuple(test_loss.tolist()),
        test_error=tuple(test_error.tolist()),
        norm=tuple(norm.tolist()),
        ensemble_loss=ensemble_loss,
        ensemble_error=ensemble_error,
        variance=variance,
    )


def scores(outputs: Tensor, labels: Tensor, loss: LossName) -> tuple[Tensor, Tensor]:
    """Outputs (S, T, K) and labels (T,) or (S, T) -> loss (S,) and error rate (S,)."""
    labels = labels.expand(outputs.shape[:2])
    wrong = (outputs.argmax(-1) != labels).to(outputs.dtype).mean(-1)
    if loss == "cross_entropy":
        return _negative_log_likelihood(outputs.log_softmax(-1), labels), wrong
    return (outputs - _one_hot(outputs, labels)).square().sum(-1).mean(-1), wrong


def ensemble_scores(outputs: Tensor, labels: Tensor, loss: LossName) -> tuple[float, float, float]:
    """Return loss and error of the mean prediction, and the variance about it.

    d'Ascoli et al. 2020: mean_s |f_s − y|² = |f − y|² + mean_s |f_s − f|² with f = mean_s f_s,
    exactly; with cross-entropy the f_s are probabilities, and the same holds for the Brier score.
    """
    predictions = outputs.softmax(-1) if loss == "cross_entropy" else outputs
    mean = predictions.mean(0, keepdim=True)
    variance = (predictions - mean).square().sum(-1).mean()
    labels = labels.expand(mean.shape[:2])
    wrong = (mean.argmax(-1) != labels).to(mean.dtype).mean()
    if loss == "cross_entropy":
        total = _negative_log_likelihood(mean.clamp_min(torch.finfo(mean.dtype).tiny).log(), labels)
    else:
        total = (mean - _one_hot(mean, labels)).square().sum(-1).mean(-1)
    return float(total), float(wrong), float(variance)


def _negative_log_likelihood(logs: Tensor, labels: Tensor) -> Tensor:
    """Return the mean of −log p of the correct class."""
    return -logs.gather(-1, labels[..., None])[..., 0].mean(-1)


def _one_hot(outputs: Tensor, labels: Tensor) -> Tensor:
    return one_hot(labels, outputs.shape[-1]).to(outputs.dtype)
