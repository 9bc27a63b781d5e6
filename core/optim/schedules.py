"""Schedules: the family with all its members, in menu order. Choices only.

By subject: `decays.py`, `one_cycle.py`, `plateau.py`; the warm-up is in `schedule.py`.
"""

# isort: off
from core.optim.schedule import Schedule
from core.optim.decays import Constant, Exponential, Staircase, LinearDecay, PolynomialDecay, Cosine
from core.optim.one_cycle import OneCycle
from core.optim.plateau import Plateau
# isort: on

__all__ = [
    "Constant", "Cosine", "Exponential", "LinearDecay", "OneCycle", "Plateau", "PolynomialDecay",
    "Schedule", "Staircase",
]  # fmt: skip
