"""Schedules that are fixed before training and never rise: constant, exponential, step, multi-step,
inverse square root, linear, polynomial, cosine, warm-up–stable–decay. Choices only.
"""

import math
from typing import Any, ClassVar, Literal

from pydantic import field_validator

from core.base.numbers import short
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
        return f"{short(self.gamma, 6)}ᵏ per {self.per}"


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
        return f"× {short(self.gamma, 6)} every {self.every} {self.per}{'s' * (self.every != 1)}"


class MultiStep(Schedule):
    """Multiplies the learning rate by γ after each of the named epochs."""

    kind: Literal["multi_step"] = "multi_step"
    label: ClassVar[str] = "Multi-step"
    formula: ClassVar[str] = r"\eta_k = \eta_0\, \gamma^{\,|\{m_i \le k\}|}"
    source: ClassVar[str] = "He et al. 2015 (a tenth at half and three quarters of the run)"
    technique: ClassVar[str] = "O5"
    gamma: float = _gamma(0.1, "Multiplies the learning rate at each milestone.")
    milestones: str = ranged(
        "30, 60, 80", symbol="m", unit="epochs",
        help="The epochs after which the learning rate drops, in rising order: 30, 60, 80.",
    )  # fmt: skip

    @field_validator("milestones")
    @classmethod
    def _rise(cls, text: str) -> str:
        numbers = [part.strip() for part in text.split(",")]
        whole = all(number.isascii() and number.isdigit() for number in numbers)
        epochs = [int(number) for number in numbers] if whole else []
        if not epochs or epochs != sorted(set(epochs)) or epochs[0] < 1 or epochs[-1] > 1_000_000:
            raise ValueError(
                f"“{text}” is not a list of epochs in rising order from 1 to 1 000 000. Write them "
                "with commas, such as 30, 60, 80"
            )
        return ", ".join(map(str, epochs))

    def base_schedule(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        epoch, drops = step // epoch_steps, 0
        for milestone in self.milestones.split(","):
            drops += int(milestone) <= epoch
        return base * self.gamma**drops

    @property
    def summary(self) -> str:
        return f"× {short(self.gamma, 6)} after epochs {self.milestones}"


class InverseSquareRoot(Schedule):
    """Falls like 1/√k: fast at first, then ever more slowly, whatever the length of the run. It
    needs no planned end.
    """

    kind: Literal["inverse_square_root"] = "inverse_square_root"
    label: ClassVar[str] = "Inverse square root"
    formula: ClassVar[str] = r"\eta_k = \eta_0 / \sqrt{1 + k/s}"
    source: ClassVar[str] = "Vaswani et al. 2017"
    technique: ClassVar[str] = "O5"
    timescale: float = ranged(
        1.0, above=0, high=1_000_000, symbol="s", unit="epochs",
        help="After three times as many epochs the learning rate is half of what it was.",
    )  # fmt: skip

    def base_schedule(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        return base / math.sqrt(1 + step / (self.timescale * epoch_steps))


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


class StableDecay(Annealed):
    """Keeps the full learning rate for most of the run and decays in the last part. With a warm-up
    it is the warm-up–stable–decay schedule (WSD): a run can be extended from its stable part.
    """

    kind: Literal["stable_decay"] = "stable_decay"
    label: ClassVar[str] = "Stable, then decay (WSD)"
    formula: ClassVar[str] = (
        r"\eta_k = \eta_{\min} + (\eta_0-\eta_{\min})\,s\Big(\max\big(0, "
        r"\tfrac{k/K-(1-d)}{d}\big)\Big)"
    )
    source: ClassVar[str] = "Hu et al. 2024 (MiniCPM); Hägele et al. 2024 (1 − √)"
    technique: ClassVar[str] = "O5"
    decay: float = ranged(
        0.2, above=0, high=1, label="Decaying fraction", symbol="d",
        help="The fraction of the run, at its end, in which the learning rate decays.",
    )  # fmt: skip
    shape: Literal["straight", "square_root"] = ranged(
        "straight",
        help="s(x) = 1 − x, or 1 − √x, which decays faster at first.",
        option_labels={"straight": "1 − x", "square_root": "1 − √x"},
    )

    def remaining(self, progress: float) -> float:
        done = max(0.0, (progress - (1 - self.decay)) / self.decay)
        return 1 - done if self.shape == "straight" else 1 - math.sqrt(done)
