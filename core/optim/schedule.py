"""Schedule: the family of learning rates over a run, without its members, and the warm-up that may
precede any of them. Pure functions of the step: the training loop owns the counter.

`schedules.py` brings all members together.
"""

from collections.abc import Sequence
from typing import ClassVar

from core.base.spec import Choice, ranged


class Schedule(Choice, family="schedule"):
    """η₀: the optimizer's learning rate. k: steps taken so far, from 0. K: all steps of the run.

    With a warm-up of w steps the learning rate rises in w + 1 equal steps to the start of the
    schedule (Goyal et al. 2017); k and K count from there.
    """

    page: ClassVar[str] = "Train"
    reacts: ClassVar[bool] = False  # `plateau_factor` changes from epoch to epoch
    anneals: ClassVar[bool] = False  # the learning rate is lowest at the end of the planned run
    warmup: float = ranged(
        0.0,
        0,
        1000,
        label="Warm-up",
        unit="epochs",
        help="How long the learning rate rises in equal steps before the schedule begins.",
    )

    def learning_rate(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        """Return the learning rate of step `step` (from 0) of `steps`, with `epoch_steps` steps in
        an epoch.
        """
        warmup_steps = min(round(self.warmup * epoch_steps), steps)
        rate = self.base_schedule(
            base,
            max(step - warmup_steps, 0),
            steps=max(steps - warmup_steps, 1),
            epoch_steps=epoch_steps,
        )
        return rate * (step + 1) / (warmup_steps + 1) if step < warmup_steps else rate

    def base_schedule(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        """Return the same without warm-up."""
        raise NotImplementedError

    def plateau_factor(self, losses: Sequence[float]) -> float:
        """Return the factor for the learning rate that follows from the validation losses of the
        epochs so far; 1 where the whole schedule is fixed before training.
        """
        return 1.0
