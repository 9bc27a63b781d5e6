"""Optimizers: the family with all its members, in the order of their menu. Choices only.

By subject: `momentum.py`, `adaptive.py`, `matrices.py`. To add one that torch has, write one class
there: its fields, and the call it stands for.
"""

# isort: off
from core.optim.optimizer import Optimizer
from core.optim.momentum import SGD, AveragedMomentum, Nesterov
from core.optim.adaptive import Adagrad, RMSprop, Adam, AdamW
from core.optim.matrices import Muon, LBFGS
# isort: on

__all__ = [
    "LBFGS", "SGD", "Adagrad", "Adam", "AdamW", "AveragedMomentum", "Muon", "Nesterov", "Optimizer",
    "RMSprop",
]  # fmt: skip
