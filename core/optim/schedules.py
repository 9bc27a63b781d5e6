"""Schedules: the family with all its members, in the order of their menu. Choices only.

By subject: `decays.py`, `one_cycle.py`, `plateau.py`; warm-up before any stands in `schedule.py`.
"""

# isort: off
from core.optim.schedule import Schedule
from core.optim.decays import Constant, Exponential, Staircase, Linear, Polynomial, Cosine
from core.optim.one_cycle import OneCycle
from core.optim.plateau import Plateau
# isort: on

__all__ = [
    "Constant", "Cosine", "Exponential", "Linear", "OneCycle", "Plateau", "Polynomial", "Schedule",
    "Staircase",
]  # fmt: skip
