"""Optimizers: the family with all its members, in menu order. Choices only.

By subject: `momentum.py`, `adaptive.py`, `schedule_free.py`, `matrices.py`. To add an
optimizer that torch has, write one class there: its fields, its facts and its call.
"""

# isort: off
from core.optim.optimizer import Optimizer
from core.optim.momentum import SGD, AveragedMomentum, Nesterov
from core.optim.adaptive import Adagrad, RMSprop, Adam, AMSGrad, NAdam, AdamW, Adafactor, Lion
from core.optim.schedule_free import ScheduleFreeAdamW
from core.optim.matrices import Muon, LBFGS
# isort: on

__all__ = [
    "LBFGS", "SGD", "AMSGrad", "Adafactor", "Adagrad", "Adam", "AdamW", "AveragedMomentum", "Lion",
    "Muon", "NAdam", "Nesterov", "Optimizer", "RMSprop", "ScheduleFreeAdamW",
]  # fmt: skip
