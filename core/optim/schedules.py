"""Schedules: the learning rate of every step, as a pure function. The loop owns the counter."""

import math
from typing import ClassVar, Literal

from core.spec import Choice, ranged


class Schedule(Choice, family="schedule"):
    """η₀: the optimizer's learning rate. k: steps taken so far, from 0. K: all steps of the run."""

    def rate(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        """The learning rate of step `step` (from 0) of `steps`, with `epoch_steps` to an epoch."""
        raise NotImplementedError


class Constant(Schedule):
    """The same learning rate from the first step to the last."""

    kind: Literal["constant"] = "constant"
    label: ClassVar[str] = "Constant"
    formula: ClassVar[str] = r"\eta_k = \eta_0"
    source: ClassVar[str] = "Robbins & Monro 1951 ask for less: a sum of squares that is finite"
    technique: ClassVar[str] = "O5"

    def rate(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        return base


class Exponential(Schedule):
    """Multiplied by γ after every epoch, or after every step."""

    kind: Literal["exponential"] = "exponential"
    label: ClassVar[str] = "Exponential"
    formula: ClassVar[str] = r"\eta_k = \eta_0\, \gamma^{\,k}"
    source: ClassVar[str] = "deck A: α⁽ᵏ⁾ = α⁽¹⁾ γᵏ⁻¹, k from 1"
    technique: ClassVar[str] = "O5"
    gamma: float = ranged(
        0.9,
        above=0,
        high=1,
        symbol="γ",
        help="What is left of the rate after one more epoch (or step).",
    )
    per: Literal["epoch", "step"] = ranged("epoch", help="What k counts.")

    def rate(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        return base * self.gamma ** (step if self.per == "step" else step // epoch_steps)

    @property
    def summary(self) -> str:
        return f"{self.gamma:g}ᵏ per {self.per}"


class Cosine(Schedule):
    """Half a cosine from the full rate at the first step down to the lowest at the end of the
    run.
    """

    kind: Literal["cosine"] = "cosine"
    label: ClassVar[str] = "Cosine"
    formula: ClassVar[str] = (
        r"\eta_k = \eta_{\min} + \tfrac12(\eta_0-\eta_{\min})\big(1+\cos(\pi k/K)\big)"
    )
    source: ClassVar[str] = "Loshchilov & Hutter 2016 (SGDR, without restarts)"
    technique: ClassVar[str] = "O5"
    lowest: float = ranged(
        0.0,
        0,
        1,
        label="Lowest share",
        help="What is left at the end, as a share of the full rate.",
    )

    def rate(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        low = base * self.lowest
        return low + 0.5 * (base - low) * (1 + math.cos(math.pi * min(step, steps) / steps))
