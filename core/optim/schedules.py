"""Schedules: the family with all its members, in menu order. Choices only.

By subject: `decays.py`, `one_cycle.py`, `cycles.py`, `plateau.py`; the warm-up is in `schedule.py`.
"""

# isort: off
from core.optim.schedule import Schedule
from core.optim.decays import (
    Constant, Exponential, Staircase, MultiStep, InverseSquareRoot, LinearDecay, PolynomialDecay,
    Cosine, StableDecay,
)  # fmt: skip
from core.optim.one_cycle import OneCycle
from core.optim.cycles import Triangular, CosineRestarts
from core.optim.plateau import Plateau
# isort: on

__all__ = [
    "Constant", "Cosine", "CosineRestarts", "Exponential", "InverseSquareRoot", "LinearDecay",
    "MultiStep", "OneCycle", "Plateau", "PolynomialDecay", "Schedule", "StableDecay", "Staircase",
    "Triangular",
]  # fmt: skip
