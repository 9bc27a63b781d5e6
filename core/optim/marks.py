"""Marks: where each stopping rule would have ended a run that went on, kept up as its epochs come.

Pure: it knows rules and epochs, no torch. One look at each epoch, however long the run is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import isfinite

from core.base.events import Epoch
from core.optim.stopping import StoppingRule


@dataclass(frozen=True)
class Mark:
    """Where a rule would have ended a run, or did end it."""

    rule: StoppingRule
    row: int  # of the epoch, counted from 0
    epoch: int
    step: int
    kept: float | None  # the best validation loss up to there; None without validation
    cost: float | None  # by how much the best loss of all the epochs lies below that, 0 or more


class Marks:
    """The marks of these rules; `add` the epochs as they come. A time limit counts at the end of
    its epoch; ‖∇f‖ where the run measured it.
    """

    def __init__(self, rules: Sequence[StoppingRule]):
        self.rules = tuple(rules)
        self._count, self._lowest = 0, float("inf")
        self._waiting = {rule: rule.verdicts(self._coming()) for rule in self.rules}
        self._fired: dict[StoppingRule, tuple[int, Epoch, float]] = {}

    def _coming(self) -> Iterator[Epoch]:
        """The newest epoch, each time one is asked for."""
        for _ in repeat(None):
            yield self._newest

    def add(self, epoch: Epoch) -> None:
        """The next epoch of the run."""
        self._newest = epoch
        loss = epoch.validation["loss"] if epoch.validation else float("inf")
        self._lowest = min(self._lowest, loss if isfinite(loss) else float("inf"))
        for rule in [rule for rule, verdicts in self._waiting.items() if next(verdicts)]:
            del self._waiting[rule]
            self._fired[rule] = self._count, epoch, self._lowest
        self._count += 1

    def found(self) -> tuple[Mark, ...]:
        """In the order of the rules; none for a rule that never would have ended the run."""
        return tuple(self._mark(rule) for rule in self.rules if rule in self._fired)

    def _mark(self, rule: StoppingRule) -> Mark:
        row, epoch, kept = self._fired[rule]
        known = kept < float("inf")
        measured = (kept, kept - self._lowest) if known else (None, None)
        return Mark(rule, row, epoch.epoch, epoch.step, *measured)


def marks(rules: Sequence[StoppingRule], epochs: Sequence[Epoch]) -> tuple[Mark, ...]:
    """The first epoch after which each rule would have ended the run."""
    made = Marks(rules)
    for epoch in epochs:
        made.add(epoch)
    return made.found()


def untaken(rules: Sequence[StoppingRule]) -> tuple[StoppingRule, ...]:
    """The rules that are not among these, as they come."""
    taken = {type(rule) for rule in rules}
    return tuple(cls() for cls in StoppingRule.members.values() if cls not in taken)
