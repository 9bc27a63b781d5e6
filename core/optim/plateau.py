"""Plateau: a schedule that reduces the learning rate when the validation loss stops improving.

A pure function of the losses so far, so a resumed run needs no other state. Choices only.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from core.base.numbers import short
from core.base.spec import ranged
from core.optim.schedule import Schedule


class Plateau(Schedule):
    """Multiplies the learning rate by γ whenever the validation loss has not improved for more than
    p epochs; then the count starts again.
    """

    kind: Literal["plateau"] = "plateau"
    label: ClassVar[str] = "Reduce on plateau"
    formula: ClassVar[str] = (
        r"\eta \leftarrow \gamma\,\eta \quad\text{when}\quad"
        r" L^{val} \ge (1-\delta)\min_j L^{val}_j \ \text{ more than } p \text{ times in a row}"
    )
    source: ClassVar[str] = "Bengio 2012 (practical recommendations); PyTorch's ReduceLROnPlateau"
    technique: ClassVar[str] = "O5"
    reacts: ClassVar[bool] = True
    gamma: float = ranged(
        0.1, above=0, below=1, label="Decay factor", symbol="γ",
        help="Multiplies the learning rate at each reduction.",
    )  # fmt: skip
    patience: int = ranged(
        5,
        0,
        1000,
        symbol="p",
        unit="epochs",
        help="How many epochs without improvement are tolerated.",
    )
    improvement: float = ranged(
        1e-4,
        0,
        below=1,
        label="Min improvement",
        symbol="δ",
        log=True,
        help="The fraction by which the loss must fall to count as improved.",
    )
    lowest: float = ranged(
        0.0,
        0,
        1,
        label="Final fraction of the learning rate",
        help="The learning rate is never reduced below this fraction of it.",
    )

    def base_schedule(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        return base

    def plateau_factor(self, losses: Sequence[float]) -> float:
        factor, best, epochs_since_best = 1.0, float("inf"), 0
        for loss in losses:
            if loss < best * (1 - self.improvement):
                best, epochs_since_best = loss, 0
            else:
                epochs_since_best += 1
            if epochs_since_best > self.patience:
                factor, epochs_since_best = max(factor * self.gamma, self.lowest), 0
        return factor

    @property
    def summary(self) -> str:
        return f"× {short(self.gamma, 6)} on plateau"
