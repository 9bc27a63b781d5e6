"""Which epoch a step belongs to. The number of steps in an epoch changes where a fork changes the
batch size.
"""

from bisect import bisect_right
from typing import NamedTuple


class _Part(NamedTuple):
    """From `step` on, which is the end of `epoch` epochs, each epoch has `epoch_steps` steps."""

    step: int
    epoch: int
    epoch_steps: int


class EpochScale:
    """The epochs of a run along its steps. Before its first start each step is an epoch."""

    def __init__(self) -> None:
        self._parts = [_Part(0, 0, 1)]

    def start(self, step: int, epoch: int, epoch_steps: int) -> None:
        """Note that epochs have this many steps from here on, the last end of an epoch before a
        training starts or resumes.
        """
        before = [part for part in self._parts if part.step < step or step == 0 == part.step]
        if before[-1].epoch_steps != epoch_steps:
            kept = before if step else []
            before = [*kept, _Part(step, epoch, epoch_steps)]
        self._parts = before

    def epoch_at(self, step: int) -> float:
        """Return the number of epochs after this many steps, 1.5 halfway through the second."""
        part = self._parts[max(0, bisect_right(self._parts, step, key=lambda p: p.step) - 1)]
        return part.epoch + (step - part.step) / part.epoch_steps
