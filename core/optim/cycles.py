"""Schedules that rise again and again: triangular cycles, cosine with restarts. Choices only."""

import math
from typing import Any, ClassVar, Literal

from core.base.spec import ranged
from core.optim.schedule import Schedule


def _lowest(default: float) -> Any:
    return ranged(
        default,
        0,
        1,
        label="Lowest fraction of the learning rate",
        help="The lowest learning rate of a cycle, as a fraction of the full one.",
    )


class Triangular(Schedule):
    """Rises in a straight line to the full learning rate, falls back, and repeats. Every valley is
    a good place to stop; the peaks carry the weights out of sharp minima.

    x = k/s counts half cycles; a is the lowest fraction. With halving, each peak is half as far
    above the lowest learning rate as the one before.
    """

    kind: Literal["triangular"] = "triangular"
    label: ClassVar[str] = "Cyclic (triangular)"
    formula: ClassVar[str] = (
        r"\eta_k = a\eta_0 + (1-a)\,\eta_0 \big(1 - |x - 2\lfloor x/2 \rfloor - 1|\big)"
    )
    source: ClassVar[str] = "Smith 2017 (cyclical learning rates)"
    technique: ClassVar[str] = "O5"
    half_cycle: float = ranged(
        2.0, above=0, high=1_000_000, label="Half cycle", symbol="s", unit="epochs",
        help="How long the learning rate rises, and then falls.",
    )  # fmt: skip
    lowest: float = _lowest(0.1)
    halving: bool = ranged(False, label="Halve the peaks", help="“triangular2” in the paper.")

    def base_schedule(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        position = step / max(self.half_cycle * epoch_steps, 1)
        cycle = math.floor(position / 2)
        height = 1 - abs(position - 2 * cycle - 1)
        peak = 0.5**cycle if self.halving else 1.0
        return base * (self.lowest + (1 - self.lowest) * height * peak)


class CosineRestarts(Schedule):
    """Decays along half a cosine, jumps back to the full learning rate and decays again. Each
    cycle can be longer than the one before.

    k counts from the last restart; T is the length of the cycle.
    """

    kind: Literal["cosine_restarts"] = "cosine_restarts"
    label: ClassVar[str] = "Cosine with restarts"
    formula: ClassVar[str] = (
        r"\eta_k = \eta_{\min} + \tfrac12(\eta_0-\eta_{\min})\big(1+\cos(\pi k/T)\big)"
    )
    source: ClassVar[str] = "Loshchilov & Hutter 2016 (SGDR)"
    technique: ClassVar[str] = "O5"
    first_cycle: int = ranged(
        10, 1, 1_000_000, unit="epochs", help="The length of the first cycle."
    )
    growth: int = ranged(
        1, 1, 10, label="Cycle growth", help="Each cycle is this many times as long as the last."
    )
    lowest: float = _lowest(0.0)

    def base_schedule(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        length, position = self.first_cycle * epoch_steps, step
        while position >= length:
            position -= length
            length *= self.growth
        height = 0.5 * (1 + math.cos(math.pi * position / length))
        return base * (self.lowest + (1 - self.lowest) * height)
