"""Schedules that are known before training and never rise: constant, exponential, step, linear,
polynomial, cosine. Choices only.
"""

import math
from typing import Any, ClassVar, Literal

from core.base.spec import ranged
from core.optim.schedule import Schedule


class Constant(Schedule):
    """The same learning rate from the first step to the last."""

    kind: Literal["constant"] = "constant"
    label: ClassVar[str] = "Constant"
    formula: ClassVar[str] = r"\eta_k = \eta_0"
    source: ClassVar[str] = "Robbins & Monro 1951 ask for less: a sum of squares that is finite"
    technique: ClassVar[str] = "O5"

    def course(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        return base


def _gamma(default: float, when: str) -> Any:
    return ranged(default, above=0, high=1, symbol="γ", help=f"What is left of the rate {when}.")


class Exponential(Schedule):
    """Multiplied by γ after every epoch, or after every step."""

    kind: Literal["exponential"] = "exponential"
    label: ClassVar[str] = "Exponential"
    formula: ClassVar[str] = r"\eta_k = \eta_0\, \gamma^{\,k}"
    source: ClassVar[str] = "deck A: α⁽ᵏ⁾ = α⁽¹⁾ γᵏ⁻¹, k from 1"
    technique: ClassVar[str] = "O5"
    gamma: float = _gamma(0.9, "after one more epoch (or step)")
    per: Literal["epoch", "step"] = ranged("epoch", help="What k counts.")

    def course(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        return base * self.gamma ** (step if self.per == "step" else step // epoch_steps)

    @property
    def summary(self) -> str:
        return f"{self.gamma:g}ᵏ per {self.per}"


class Staircase(Schedule):
    """Multiplied by γ after every s epochs (or steps), and level in between."""

    kind: Literal["step"] = "step"
    label: ClassVar[str] = "Step"
    formula: ClassVar[str] = r"\eta_k = \eta_0\, \gamma^{\lfloor k/s \rfloor}"
    source: ClassVar[str] = "Krizhevsky, Sutskever & Hinton 2012; He et al. 2015 (a tenth each)"
    technique: ClassVar[str] = "O5"
    gamma: float = _gamma(0.1, "after one more stair")
    every: int = ranged(30, 1, 1_000_000, symbol="s", help="How long a stair is.")
    per: Literal["epoch", "step"] = ranged("epoch", help="What k and s count.")

    def course(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        done = step if self.per == "step" else step // epoch_steps
        return base * self.gamma ** (done // self.every)

    @property
    def summary(self) -> str:
        return f"× {self.gamma:g} every {self.every} {self.per}{'s' * (self.every != 1)}"


class Falling(Schedule):
    """From the full rate at the first step down to the lowest at the end of the run."""

    lowest: float = ranged(
        0.0,
        0,
        1,
        label="Final fraction of the learning rate",
        help="What is left at the end, as a share of the full rate.",
    )
    per: Literal["step", "epoch"] = ranged("step", help="How often the rate changes.")

    def course(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        at = step if self.per == "step" else step // epoch_steps * epoch_steps
        low = base * self.lowest
        return low + (base - low) * self.left(min(at, steps) / steps)

    def left(self, done: float) -> float:
        """What is left of the fall, 1 … 0, when the share `done` of the run is done."""
        raise NotImplementedError


class LinearDecay(Falling):
    """In a straight line from the full rate at the first step to the lowest at the end of the
    run.
    """

    kind: Literal["linear"] = "linear"
    label: ClassVar[str] = "Linear"
    formula: ClassVar[str] = r"\eta_k = \eta_{\min} + (\eta_0-\eta_{\min})(1-k/K)"
    source: ClassVar[str] = "Goodfellow, Bengio & Courville 2016, (8.14)"
    technique: ClassVar[str] = "O5"

    def left(self, done: float) -> float:
        return 1 - done


class PolynomialDecay(Falling):
    """A power of what is left of the run: with p = 1 a straight line, with p > 1 steep at first and
    flat at the end.
    """

    kind: Literal["polynomial"] = "polynomial"
    label: ClassVar[str] = "Polynomial"
    formula: ClassVar[str] = r"\eta_k = \eta_{\min} + (\eta_0-\eta_{\min})(1-k/K)^p"
    source: ClassVar[str] = "Chen et al. 2016 (“poly”)"
    technique: ClassVar[str] = "O5"
    power: float = ranged(2.0, above=0, high=20, symbol="p", help="How soon the rate falls.")

    def left(self, done: float) -> float:
        return (1 - done) ** self.power


class Cosine(Falling):
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

    def left(self, done: float) -> float:
        return 0.5 * (1 + math.cos(math.pi * done))
