"""Regularizers: the family with all its members, in menu order. Choices only.

By subject: `penalties.py`, `clipping.py`, `flatness.py`.
"""

# isort: off
from core.optim.regularizer import Regularizer
from core.optim.penalties import L2, L1, Elastic, WeightDecay
from core.optim.clipping import ClipNorm, ClipValue
from core.optim.flatness import SAM, EMA, SWA, GradientVariance
# isort: on

__all__ = [
    "EMA", "L1", "L2", "SAM", "SWA", "ClipNorm", "ClipValue", "Elastic", "GradientVariance",
    "Regularizer", "WeightDecay",
]  # fmt: skip
