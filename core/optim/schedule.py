"""Schedule: the family of learning rates over a run, without its members; warm-up, which stands
before any of them. Pure functions of the step: the loop owns the counter.

`schedules.py` brings all members together.
"""

from collections.abc import Sequence
from typing import ClassVar

from core.base.spec import Choice, ranged


class Schedule(Choice, family="schedule"):
    """η₀: the optimizer's learning rate. k: steps taken so far, from 0. K: all steps of the run.

    With a warm-up of w steps the rate rises in w + 1 equal steps to where the schedule begins
    (Goyal et al. 2017); k and K count from there.
    """

    page: ClassVar[str] = "Train"
    reacts: ClassVar[bool] = False  # `cut` is to be asked after every epoch
    warmup: float = ranged(
        0.0,
        0,
        1000,
        label="Warm-up",
        unit="epochs",
        help="How long the rate rises in equal steps before the schedule begins.",
    )

    def rate(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        """The learning rate of step `step` (from 0) of `steps`, with `epoch_steps` to an epoch."""
        warm = min(round(self.warmup * epoch_steps), steps)
        counts = {"steps": max(steps - warm, 1), "epoch_steps": epoch_steps}
        course = self.course(base, max(step - warm, 0), **counts)
        return course * (step + 1) / (warm + 1) if step < warm else course

    def course(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        """The same without warm-up."""
        raise NotImplementedError

    def cut(self, losses: Sequence[float]) -> float:
        """The factor that the validation losses of the epochs so far have left of the rate; 1 where
        the whole schedule is known before training.
        """
        return 1.0
