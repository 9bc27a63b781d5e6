"""Stopping rules: pure functions of the epochs so far and of the time. `epochs` of the experiment
always ends a run too.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from core.events import Epoch
from core.spec import Choice, ranged


class StoppingRule(Choice, family="stopping rule"):
    """One reason to end a run before its last epoch. Any of those that are on may end it."""

    def after_epoch(self, epochs: Sequence[Epoch]) -> bool:
        """True when the run should end after the last of `epochs`."""
        return False

    def in_time(self, seconds: float) -> bool:
        """False when the run should end now, after `seconds` of training."""
        return True


class Patience(StoppingRule):
    """Early stopping: ends the run when the validation loss has not improved for some epochs. The
    best weights are kept.
    """

    kind: Literal["patience"] = "patience"
    label: ClassVar[str] = "Early stopping"
    formula: ClassVar[str] = r"\min_{j\le k-p} L^{val}_j - \min_{j>k-p} L^{val}_j \le \delta"
    source: ClassVar[str] = "Prechelt 1998"
    technique: ClassVar[str] = "O7 R3"
    patience: int = ranged(
        5,
        1,
        1000,
        symbol="p",
        unit="epochs",
        help="How many epochs without improvement are allowed.",
    )
    improvement: float = ranged(
        0.0,
        0,
        10,
        symbol="δ",
        log=True,
        help="By how much the loss must fall to count as improved.",
    )

    def after_epoch(self, epochs: Sequence[Epoch]) -> bool:
        losses = [e.validation["loss"] for e in epochs if e.validation]
        if len(losses) <= self.patience:
            return False
        best, since = float("inf"), 0
        for loss in losses:
            best, since = (loss, 0) if loss < best - self.improvement else (best, since + 1)
        return since >= self.patience

    @property
    def summary(self) -> str:
        return f"early stopping, patience {self.patience}"


class TimeLimit(StoppingRule):
    """Ends the run after some minutes of training, in the middle of an epoch if need be."""

    kind: Literal["time"] = "time"
    label: ClassVar[str] = "Time limit"
    formula: ClassVar[str] = r"t > t_{\max}"
    source: ClassVar[str] = "deck A (wall time)"
    technique: ClassVar[str] = "O7"
    minutes: float = ranged(
        10.0, above=0, high=100_000, unit="min", help="Minutes of training, pauses not counted."
    )

    def in_time(self, seconds: float) -> bool:
        return seconds < 60 * self.minutes

    @property
    def summary(self) -> str:
        return f"at most {self.minutes:g} min"
