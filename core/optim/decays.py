"""Schedules that are fixed before training and never rise: constant, exponential, step, linear,
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
    source: ClassVar[str] = "Robbins & Monro 1951 (who require a finite sum of squares instead)"
    technique: ClassVar[str] = "O5"

    def base_schedule(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        return base


def _gamma(default: float, help: str) -> Any:
    return ranged(default, above=0, high=1, label="Decay factor", symbol="γ", help=help)


class Exponential(Schedule):
    """Multiplies the learning rate by γ after every epoch, or after every step."""

    kind: Literal["exponential"] = "exponential"
    label: ClassVar[str] = "Exponential"
    formula: ClassVar[str] = r"\eta_k = \eta_0\, \gamma^{\,k}"
    source: ClassVar[str] = "Goffin 1977 (geometric step sizes)"
    technique: ClassVar[str] = "O5"
    gamma: float = _gamma(0.9, "Multiplies the learning rate after each epoch (or step).")
    per: Literal["epoch", "step"] = ranged(
        "epoch", label="Decay per", help="Whether k counts epochs or steps."
    )

    def base_schedule(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        return base * self.gamma ** (step if self.per == "step" else step // epoch_steps)

    @property
    def summary(self) -> str:
        return f"{self.gamma:g}ᵏ per {self.per}"


class Staircase(Schedule):
    """Multiplies the learning rate by γ every s epochs (or steps) and keeps it constant between."""

    kind: Literal["step"] = "step"
    label: ClassVar[str] = "Step"
    formula: ClassVar[str] = r"\eta_k = \eta_0\, \gamma^{\lfloor k/s \rfloor}"
    source: ClassVar[str] = "Krizhevsky, Sutskever & Hinton 2012; He et al. 2015 (a tenth each)"
    technique: ClassVar[str] = "O5"
    gamma: float = _gamma(0.1, "Multiplies the learning rate at each drop.")
    every: int = ranged(
        30, 1, 1_000_000, label="Step size", symbol="s",
        help="How many epochs (or steps) lie between two drops.",
    )  # fmt: skip
    per: Literal["epoch", "step"] = ranged(
        "epoch", label="Decay per", help="Whether k and s count epochs or steps."
    )

    def base_schedule(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        count = step if self.per == "step" else step // epoch_steps
        return base * self.gamma ** (count // self.every)

    @property
    def summary(self) -> str:
        return f"× {self.gamma:g} every {self.every} {self.per}{'s' * (self.every != 1)}"


class Annealed(Schedule):
    """Decays from the full learning rate at the first step to a final fraction of it at the end."""

    anneals: ClassVar[bool] = True
    lowest: float = ranged(
        0.0,
        0,
        1,
        label="Final fraction of the learning rate",
        help="The learning rate at the end of the run, as a fraction of the full one.",
    )
    per: Literal["step", "epoch"] = ranged(
        "step", label="Update per", help="How often the learning rate changes."
    )

    def base_schedule(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        position = step if self.per == "step" else step // epoch_steps * epoch_steps
        final = base * self.lowest
        return final + (base - final) * self.remaining(min(position, steps) / steps)

    def remaining(self, progress: float) -> float:
        """Return the remaining fraction of the decay, 1 … 0, at this progress 0 … 1 of the run."""
        raise NotImplementedError


class LinearDecay(Annealed):
    """Decays in a straight line from the full learning rate at the first step to the final one at
    the end of the run.
    """

    kind: Literal["linear"] = "linear"
    label: ClassVar[str] = "Linear"
    formula: ClassVar[str] = r"\eta_k = \eta_{\min} + (\eta_0-\eta_{\min})(1-k/K)"
    source: ClassVar[str] = "Goodfellow, Bengio & Courville 2016, (8.14)"
    technique: ClassVar[str] = "O5"

    def remaining(self, progress: float) -> float:
        return 1 - progress


class PolynomialDecay(Annealed):
    """Decays with a power of the remaining fraction of the run: p = 1 is a straight line, p > 1 is
    steep at first and flat at the end.
    """

    kind: Literal["polynomial"] = "polynomial"
    label: ClassVar[str] = "Polynomial"
    formula: ClassVar[str] = r"\eta_k = \eta_{\min} + (\eta_0-\eta_{\min})(1-k/K)^p"
    source: ClassVar[str] = "Chen et al. 2016 (“poly”)"
    technique: ClassVar[str] = "O5"
    power: float = ranged(2.0, above=0, high=20, symbol="p", help="Exponent of the decay.")

    def remaining(self, progress: float) -> float:
        return (1 - progress) ** self.power


class Cosine(Annealed):
    """Decays along half a cosine from the full learning rate at the first step to the final one at
    the end of the run.
    """

    kind: Literal["cosine"] = "cosine"
    label: ClassVar[str] = "Cosine"
    formula: ClassVar[str] = (
        r"\eta_k = \eta_{\min} + \tfrac12(\eta_0-\eta_{\min})\big(1+\cos(\pi k/K)\big)"
    )
    source: ClassVar[str] = "Loshchilov & Hutter 2016 (SGDR, without restarts)"
    technique: ClassVar[str] = "O5"

    def remaining(self, progress: float) -> float:
        return 0.5 * (1 + math.cos(math.pi * progress))
