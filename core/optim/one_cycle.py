"""One cycle: a schedule that rises first and decays for the rest of the run. Choices only."""

import math
from typing import ClassVar, Literal

from core.base.spec import ranged
from core.optim.schedule import Schedule


class OneCycle(Schedule):
    """Rises from a small learning rate to the full one and decays to almost zero at the end of the
    run. The momentum stays constant.

    s(t) = t for straight lines, or (1 − cos πt)/2; r is the fraction of the run that rises.
    """

    kind: Literal["one_cycle"] = "one_cycle"
    label: ClassVar[str] = "One cycle"
    formula: ClassVar[str] = (
        r"\eta_k = \begin{cases} a\eta_0+(1-a)\,\eta_0\,s\big(\tfrac{k}{rK}\big) & k\le rK\\"
        r"\eta_0-(1-e)\,\eta_0\,s\big(\tfrac{k-rK}{(1-r)K}\big) & k>rK \end{cases}"
    )
    source: ClassVar[str] = "Smith & Topin 2018"
    technique: ClassVar[str] = "O5"
    anneals: ClassVar[bool] = True
    rise: float = ranged(
        0.3, above=0, below=1, label="Rising fraction", symbol="r",
        help="The fraction of the run in which the learning rate rises.",
    )  # fmt: skip
    first: float = ranged(
        0.04,
        above=0,
        high=1,
        label="Initial fraction of the learning rate",
        symbol="a",
        log=True,
        help="The first learning rate, as a fraction of the full one.",
    )
    last: float = ranged(
        4e-6,
        above=0,
        high=1,
        label="Final fraction of the learning rate",
        symbol="e",
        log=True,
        help="The learning rate at the end of the run, as a fraction of the full one.",
    )
    shape: Literal["cosine", "straight"] = ranged("cosine", help="The shape of rise and decay.")

    def base_schedule(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        peak = self.rise * steps
        if step <= peak:
            return base - base * (1 - self.first) * (1 - self._shaped(step / peak))
        progress = (min(step, steps) - peak) / (steps - peak)
        return base - base * (1 - self.last) * self._shaped(progress)

    def _shaped(self, progress: float) -> float:
        """Return the completed fraction of a rise or decay, 0 … 1."""
        return progress if self.shape == "straight" else 0.5 * (1 - math.cos(math.pi * progress))
