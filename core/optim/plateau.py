"""Plateau: a schedule that waits for the validation loss to stand still. A pure function of the
losses so far, so that a resumed run needs nothing else. Choices only.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from core.base.spec import ranged
from core.optim.schedule import Schedule


class Plateau(Schedule):
    """Multiplied by γ whenever the validation loss has not improved for more than p epochs; then
    the count begins anew.
    """

    kind: Literal["plateau"] = "plateau"
    label: ClassVar[str] = "On a plateau"
    formula: ClassVar[str] = (
        r"\eta \leftarrow \gamma\,\eta \quad\text{when}\quad"
        r" L^{val} \ge (1-\delta)\min_j L^{val}_j \ \text{ more than } p \text{ times in a row}"
    )
    source: ClassVar[str] = "Bengio 2012 (practical recommendations); PyTorch's ReduceLROnPlateau"
    technique: ClassVar[str] = "O5"
    reacts: ClassVar[bool] = True
    gamma: float = ranged(0.1, above=0, below=1, symbol="γ", help="What is left after a reduction.")
    patience: int = ranged(
        5,
        0,
        1000,
        symbol="p",
        unit="epochs",
        help="How many epochs without improvement are let pass.",
    )
    improvement: float = ranged(
        1e-4,
        0,
        below=1,
        symbol="δ",
        log=True,
        help="The share by which the loss must fall to count as improved.",
    )
    lowest: float = ranged(
        0.0,
        0,
        1,
        label="Final fraction of the learning rate",
        help="The rate falls no lower than this share of it.",
    )

    def course(self, base: float, step: int, *, steps: int, epoch_steps: int) -> float:
        return base

    def cut(self, losses: Sequence[float]) -> float:
        left, best, since = 1.0, float("inf"), 0
        for loss in losses:
            better = loss < best * (1 - self.improvement)
            best, since = (loss, 0) if better else (best, since + 1)
            if since > self.patience:
                left, since = max(left * self.gamma, self.lowest), 0
        return left

    @property
    def summary(self) -> str:
        return f"× {self.gamma:g} on a plateau"
