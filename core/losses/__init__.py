"""Losses: what training minimizes. The family with all its members, in menu order."""

# isort: off
from core.losses.loss import Loss
from core.losses.class_losses import CrossEntropy, WeightedCrossEntropy, SimilarityCrossEntropy
from core.losses.class_losses import Focal, BinaryCrossEntropy, Hinge, LargestHinge
from core.losses.value_losses import MSE, AbsoluteError, Huber, Quantile
# isort: on

__all__ = [
    "MSE", "AbsoluteError", "BinaryCrossEntropy", "CrossEntropy", "Focal", "Hinge", "Huber",
    "LargestHinge", "Loss", "Quantile", "SimilarityCrossEntropy", "WeightedCrossEntropy",
]  # fmt: skip
