"""Marks: where each stopping rule would have ended a run that continued, updated epoch by epoch.

Pure: uses rules and epochs, no torch. Every epoch is read once, however long the run is.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import isfinite

from core.base.events import Epoch
from core.optim.stopping import StoppingRule


@dataclass(frozen=True)
class Mark:
    """Where a rule would have ended a run, or did end it.

    `kept` is the best validation loss up to there, `cost` how far the best loss of all epochs is
    below it (0 or more); both are None without validation.
    """

    rule: StoppingRule
    row: int  # of the epoch, counted from 0
    epoch: int
    step: int
    kept: float | None
    cost: float | None


class Marks:
    """The marks of these rules. Call `add` with every epoch of the run, in order.

    A time limit counts at the end of its epoch; the gradient norm only where the run measured it.
    The rules in `ending` end this run: where it went on after one of them, as an extension does,
    that rule counts from there.
    """

    def __init__(self, rules: Sequence[StoppingRule], ending: Collection[StoppingRule] = ()):
        self.rules, self._ending = tuple(rules), tuple(ending)
        self._count, self._lowest = 0, float("inf")
        self._pending = {rule: rule.verdicts(self._newest_epochs()) for rule in self.rules}
        self._fired: dict[StoppingRule, tuple[int, Epoch, float]] = {}

    def _newest_epochs(self) -> Iterator[Epoch]:
        """Yield the newest epoch each time one is requested."""
        for _ in repeat(None):
            yield self._newest

    def add(self, epoch: Epoch) -> None:
        """Add the next epoch of the run."""
        self._newest = epoch
        for rule in [rule for rule in self._ending if rule in self._fired]:
            del self._fired[rule]
            self._pending[rule] = rule.verdicts(self._newest_epochs())
        loss = epoch.validation["loss"] if epoch.validation else float("inf")
        self._lowest = min(self._lowest, loss if isfinite(loss) else float("inf"))
        for rule in [rule for rule, verdicts in self._pending.items() if next(verdicts)]:
            del self._pending[rule]
            self._fired[rule] = self._count, epoch, self._lowest
        self._count += 1

    def found(self) -> tuple[Mark, ...]:
        """Return the marks in the order of the rules; none for a rule that has not fired."""
        return tuple(self._mark(rule) for rule in self.rules if rule in self._fired)

    def _mark(self, rule: StoppingRule) -> Mark:
        row, epoch, lowest = self._fired[rule]
        measured = lowest < float("inf")
        return Mark(
            rule=rule,
            row=row,
            epoch=epoch.epoch,
            step=epoch.step,
            kept=lowest if measured else None,
            cost=lowest - self._lowest if measured else None,
        )


def marks(rules: Sequence[StoppingRule], epochs: Sequence[Epoch]) -> tuple[Mark, ...]:
    """Return the first epoch after which each rule would have ended the run."""
    collected = Marks(rules)
    for epoch in epochs:
        collected.add(epoch)
    return collected.found()


def untaken(rules: Sequence[StoppingRule]) -> tuple[StoppingRule, ...]:
    """Return the kinds of rules that are not among these, with their default values."""
    taken = {type(rule) for rule in rules}
    return tuple(cls() for cls in StoppingRule.members.values() if cls not in taken)
