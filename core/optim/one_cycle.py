"""One cycle: a schedule that rises first and falls for the rest of the run. Choices only."""

import math
from typing import ClassVar, Literal

from core.base.spec import ranged
from core.optim.schedule import Schedule


class OneCycle(Schedule):
    """Rises from a small rate to the full one and falls to almost nothing at the end of the run.
    The momentum stays as it is.

    s(t) = t in straight lines, or (1 − cos πt)/2; r is the share of the run that rises.
    """

    kind: Literal["one_cycle"] = "one_cycle"
    label: ClassVar[str] = "One cycle"
    formula: ClassVar[str] = (
        r"\eta_k = \begin{cases} a\eta_0+(1-a)\,\eta_0\,s\big(\tfrac{k}{rK}\big) & k\le rK\\"
        r"\eta_0-(1-e)\,\eta_0\,s\big(\tfrac{k-rK}{(1-r)K}\big) & k>rK \end{cases}"
    )
    source: ClassVar[str] = "Smith & Topin 2018"
    technique: ClassVar[str] = "O5"
    rise: float = ranged(
        0.3, above=0, below=1, symbol="r", help="The share of the run in which the rate rises."
    )
    first: float = ranged(
        0.04,
        above=0,
        high=1,
        label="First share",
        symbol="a",
        log=True,
        help="The first rate, as a share of the full one.",
    )
    last: float = ranged(
        4e-6,
        above=0,
        high=1,
        label="Last share",
        symbol="e",
        log=True,
        help="What is left at the end, as a share of the full rate.",
    )
    shape: Literal["cosine", "straight"] = ranged("cosine", help="How it rises and falls.")

    def course(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        peak = self.rise * steps
        if step <= peak:
            return base - base * (1 - self.first) * (1 - self._way(step / peak))
        done = (min(step, steps) - peak) / (steps - peak)
        return base - base * (1 - self.last) * self._way(done)

    def _way(self, done: float) -> float:
        """From 0 to 1: the share of a rise or fall that is behind."""
        return done if self.shape == "straight" else 0.5 * (1 - math.cos(math.pi * done))
