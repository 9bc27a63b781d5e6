"""The lab's own loss functions in torch. They import torch only, so that a script can include them.

Each takes scores (N, C) and class numbers (N,), or where values are predicted outputs (N, 1) and
values (N,). It returns the mean over N, or with reduction "none" the losses of the samples (N,).
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class BinaryCrossEntropyCriterion(nn.Module):
    """One binary decision per class (one against the rest): the mean over C of −log σ(z) for the
    correct class and −log(1 − σ(z)) for the others. From probabilities (`logits` off) the logarithm
    is limited to −100, and a confident wrong answer has no gradient.
    """

    def __init__(self, logits: bool = True, reduction: str = "mean"):
        super().__init__()
        self.logits, self.reduction = logits, reduction

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        y = F.one_hot(c, z.shape[1]).to(z.dtype)  # (N,) -> (N, C)
        if self.logits:
            losses = F.binary_cross_entropy_with_logits(z, y, reduction="none").mean(1)
        else:
            losses = F.binary_cross_entropy(z.sigmoid(), y, reduction="none").mean(1)
        return losses if self.reduction == "none" else losses.mean()


class HingeCriterion(nn.Module):
    """max(0, 1 + z_j − z_c) of the wrong classes j: their sum (Weston & Watkins 1999) or the
    largest (Crammer & Singer 2001). For two classes both are max(0, 1 − y f), with f = z_1 − z_0,
    y = ±1.
    """

    def __init__(self, join: str = "sum", reduction: str = "mean"):
        super().__init__()
        self.join, self.reduction = join, reduction

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        correct = c.unsqueeze(1)  # (N, 1)
        margins = (1 + z - z.gather(1, correct)).clamp(min=0).scatter(1, correct, 0.0)  # (N, C)
        losses = margins.sum(1) if self.join == "sum" else torch.amax(margins, 1)
        return losses if self.reduction == "none" else losses.mean()


class WeightedCrossEntropyCriterion(nn.Module):
    """Cross-entropy with a weight for each class: n^−b with the number n of its training samples,
    or a given one. `fit` scales the weights to a mean of 1 over the training samples; before it all
    are 1. Unlike `torch.nn.CrossEntropyLoss` it divides by the number of samples, not by the sum of
    their weights, so that a mini-batch without rare classes counts less.
    """

    def __init__(
        self,
        balance: float = 1.0,
        weights: Sequence[float] = (),
        smoothing: float = 0.0,
        reduction: str = "mean",
    ):
        super().__init__()
        self.balance, self.weights = balance, tuple(weights)
        self.smoothing, self.reduction = smoothing, reduction
        self.class_weights: Tensor | None = None

    def fit(self, targets: Tensor, classes: int) -> None:
        """Set the weights from the class numbers (N,) of the training samples."""
        counts = targets.bincount(minlength=classes).double()  # (C,)
        weights = counts.clamp(min=1) ** -self.balance
        if self.weights:
            weights = counts.new_tensor(self.weights)
        self.class_weights = weights * counts.sum() / (weights * counts).sum()

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        losses = F.cross_entropy(z, c, reduction="none", label_smoothing=self.smoothing)
        if self.class_weights is not None:
            losses = losses * self.class_weights.to(losses.dtype)[c]
        return losses if self.reduction == "none" else losses.mean()


class SimilaritySmoothingCriterion(nn.Module):
    """Cross-entropy with soft targets: class c has 1 − ε + ε/C, and class j ≠ c has
    ε(1 − 1/C)·softmax_j(−d_cj/τ), with d_cj the distance between the mean training inputs of both
    classes, in units of its mean over all pairs (Liu & JaJa 2020). Before `fit` all classes are
    equally similar. A class without training samples is at the mean distance from all others.
    """

    def __init__(self, smoothing: float = 0.1, temperature: float = 1.0, reduction: str = "mean"):
        super().__init__()
        self.smoothing, self.temperature, self.reduction = smoothing, temperature, reduction
        self.soft: Tensor | None = None  # (C, C), the targets of each class

    def fit(self, batches: Iterable[tuple[Tensor, Tensor]], classes: int) -> None:
        """Set the targets from batches of training inputs (B, …) and class numbers (B,)."""
        means, counts = class_means(batches, classes)  # (C, D), (C,)
        is_empty = counts == 0
        distances = torch.cdist(means, means, compute_mode="donot_use_mm_for_euclid_dist")
        own = torch.eye(classes, dtype=torch.bool, device=means.device)
        known = ~(own | is_empty | is_empty.unsqueeze(1))
        mean = distances[known].mean() if known.any() else 0.0
        distances = (
            torch.where(known, distances / mean, 1.0) if mean > 0 else torch.ones_like(distances)
        )
        others = (-distances / self.temperature).masked_fill(own, -torch.inf)
        shares = torch.softmax(others, 1) if classes > 1 else torch.zeros_like(distances)
        moved = self.smoothing * (1 - 1 / classes)
        self.soft = moved * shares + (1 - moved) * own.double()

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        if self.soft is None:
            return F.cross_entropy(z, c, reduction=self.reduction, label_smoothing=self.smoothing)
        return F.cross_entropy(z, self.soft.to(z.dtype)[c], reduction=self.reduction)


def class_means(batches: Iterable[tuple[Tensor, Tensor]], classes: int) -> tuple[Tensor, Tensor]:
    """Return the mean input of each class (C, D) in float64, and its number of samples (C,), from
    batches of inputs (B, …) and class numbers (B,).
    """
    sums = counts = 0
    for x, c in batches:
        members = F.one_hot(c, classes).double()  # (B, C)
        sums = sums + members.T @ x.flatten(1).double()  # (C, D)
        counts = counts + members.sum(0)
    return sums / counts.clamp(min=1).unsqueeze(1), counts


class FocalCriterion(nn.Module):
    """−(1 − p)^γ log p of the correct class's softmax probability p (Lin et al. 2017)."""

    def __init__(self, gamma: float = 2.0, reduction: str = "mean"):
        super().__init__()
        self.gamma, self.reduction = gamma, reduction

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        log_p = F.log_softmax(z, 1).gather(1, c.unsqueeze(1)).squeeze(1)  # (N,)
        wrong = (-torch.expm1(log_p)).clamp(min=1e-12)  # 1 − p; at 0 its power has no derivative
        losses = -(wrong**self.gamma) * log_p
        return losses if self.reduction == "none" else losses.mean()


def _wanted(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the targets in the form of the outputs (N, C): values as they are, class numbers
    one-hot.
    """
    if targets.is_floating_point():
        return targets.unsqueeze(1)  # (N,) -> (N, 1)
    return F.one_hot(targets, outputs.shape[1]).to(outputs.dtype)  # (N,) -> (N, C)


class QuantileCriterion(nn.Module):
    """The mean over C of max(τd, (τ − 1)d), with d the target minus the output (Koenker & Bassett
    1978). Class numbers are made one-hot first.
    """

    def __init__(self, fraction: float = 0.5, reduction: str = "mean"):
        super().__init__()
        self.fraction, self.reduction = fraction, reduction

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        d = _wanted(outputs, targets) - outputs
        losses = torch.maximum(self.fraction * d, (self.fraction - 1) * d).mean(1)
        return losses if self.reduction == "none" else losses.mean()


class DeviationCriterion(nn.Module):
    """The mean over C of what the difference d between output and target costs: |d|, or with
    `delta` > 0 Huber's d²/2 up to |d| = δ and δ(|d| − δ/2) beyond it. Class numbers are made
    one-hot first.
    """

    def __init__(self, delta: float = 0.0, reduction: str = "mean"):
        super().__init__()
        self.delta, self.reduction = delta, reduction

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        wanted = _wanted(outputs, targets)
        if self.delta:
            losses = F.huber_loss(outputs, wanted, reduction="none", delta=self.delta).mean(1)
        else:
            losses = F.l1_loss(outputs, wanted, reduction="none").mean(1)
        return losses if self.reduction == "none" else losses.mean()
