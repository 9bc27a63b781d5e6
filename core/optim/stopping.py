"""Stopping rules: pure functions of the epochs so far and of the time. `epochs` of the experiment
(k_max) always ends a run too. Where each would have ended a run that went on: `marks.py`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Literal

from core.base.events import Epoch
from core.base.spec import Choice, ranged


class StoppingRule(Choice, family="stopping rule"):
    """One reason to end a run before its last epoch. Any of those that are on may end it."""

    page: ClassVar[str] = "Train"
    looks_back: ClassVar[int | None] = None  # epochs that a verdict depends on; None: all
    needs_gradient: ClassVar[bool] = False  # ‖∇f‖ is to be measured after every epoch
    only_mark: bool = ranged(
        False, help="The run goes on, and its curve shows where this rule would have ended it."
    )

    def verdicts(self, epochs: Iterable[Epoch]) -> Iterator[bool]:
        """For each of `epochs`, in their order, whether the run should end after it. Takes one
        epoch for each verdict, so that it can be asked while the run goes on.
        """
        raise NotImplementedError

    def after_epoch(self, epochs: Sequence[Epoch]) -> bool:
        """True when the run should end after the last of `epochs`."""
        recent = epochs[-self.looks_back :] if self.looks_back else epochs
        return [False, *self.verdicts(recent)][-1]

    def in_time(self, seconds: float) -> bool:
        """False when the run should end now, after `seconds` of training."""
        return True

    @property
    def said(self) -> str:
        """The summary, and whether it only marks."""
        return f"{self.summary}, only marked" if self.only_mark else self.summary


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

    def verdicts(self, epochs: Iterable[Epoch]) -> Iterator[bool]:
        best, since = float("inf"), -1  # the first loss is no failure, not even one that is NaN
        for epoch in epochs:
            if epoch.validation:
                better = epoch.validation["loss"] < best - self.improvement
                best, since = (epoch.validation["loss"], 0) if better else (best, since + 1)
            yield since >= self.patience

    @property
    def summary(self) -> str:
        return f"early stopping, patience {self.patience}"


def _limit(default: float, symbol: str, what: str) -> Any:
    return ranged(default, 0, 1e6, label="Limit", symbol=symbol, log=True, help=what)


class Change(StoppingRule):
    """f: the mean training loss of an epoch, which is one step where the batch is all of the data.
    Signed, a loss that rises ends the run too; absolute, only one that stands still.
    """

    looks_back: ClassVar[int | None] = 2
    difference: Literal["signed", "absolute"] = ranged(
        "signed", help="Whether a loss that rises counts as a small change."
    )

    def verdicts(self, epochs: Iterable[Epoch]) -> Iterator[bool]:
        old = float("nan")  # the first epoch has none before it: no comparison holds
        for epoch in epochs:
            new = epoch.train["loss"]
            change = old - new if self.difference == "signed" else abs(old - new)
            yield change < self.enough(old)
            old = new

    def enough(self, loss: float) -> float:
        """The smallest change from this loss with which the run goes on."""
        raise NotImplementedError

    @property
    def summary(self) -> str:
        return f"{self.label.lower()} below {self.limit:g}"


class AbsoluteChange(Change):
    """Ends the run when the training loss falls by less than ε_a from one epoch to the next. In
    full batch an epoch is one step.
    """

    kind: Literal["absolute_change"] = "absolute_change"
    label: ClassVar[str] = "Change of the loss"
    formula: ClassVar[str] = r"f(\theta^{k}) - f(\theta^{k+1}) < \varepsilon_a"
    source: ClassVar[str] = "deck A (signed), deck C (absolute); Gill, Murray & Wright 1981"
    technique: ClassVar[str] = "O7"
    limit: float = _limit(1e-4, "ε_a", "The smallest fall with which the run goes on.")

    def enough(self, loss: float) -> float:
        return self.limit


class RelativeChange(Change):
    """Ends the run when the training loss falls by less than the share ε_r of itself from one epoch
    to the next. In full batch an epoch is one step.
    """

    kind: Literal["relative_change"] = "relative_change"
    label: ClassVar[str] = "Relative change of the loss"
    formula: ClassVar[str] = r"f(\theta^{k}) - f(\theta^{k+1}) < \varepsilon_r\, |f(\theta^{k})|"
    source: ClassVar[str] = "deck A (signed), deck C (absolute); Gill, Murray & Wright 1981"
    technique: ClassVar[str] = "O7"
    limit: float = _limit(1e-3, "ε_r", "The smallest fall with which the run goes on, as a share.")

    def enough(self, loss: float) -> float:
        return self.limit * abs(loss)


class GradientNorm(StoppingRule):
    """Ends the run when the gradient of the mean loss over the whole training part is no longer
    than ε_g. It is measured after every epoch, with dropout off and without penalties, which costs
    one more pass over that part.
    """

    kind: Literal["gradient_norm"] = "gradient_norm"
    label: ClassVar[str] = "Gradient norm"
    formula: ClassVar[str] = r"\lVert \nabla f(\theta^k) \rVert \le \varepsilon_g"
    source: ClassVar[str] = "decks A and C; Gill, Murray & Wright 1981"
    technique: ClassVar[str] = "O7"
    looks_back: ClassVar[int | None] = 1
    needs_gradient: ClassVar[bool] = True
    limit: float = _limit(1e-3, "ε_g", "The longest gradient that ends the run.")

    def verdicts(self, epochs: Iterable[Epoch]) -> Iterator[bool]:
        for epoch in epochs:
            yield epoch.gradient is not None and epoch.gradient <= self.limit

    @property
    def summary(self) -> str:
        return f"gradient norm at most {self.limit:g}"


class TimeLimit(StoppingRule):
    """Ends the run after some minutes of training, in the middle of an epoch if need be."""

    kind: Literal["time"] = "time"
    label: ClassVar[str] = "Time limit"
    formula: ClassVar[str] = r"t > t_{\max}"
    source: ClassVar[str] = "deck A (wall time)"
    technique: ClassVar[str] = "O7"
    looks_back: ClassVar[int | None] = 1
    minutes: float = ranged(
        10.0, above=0, high=100_000, unit="min", help="Minutes of training, pauses not counted."
    )

    def verdicts(self, epochs: Iterable[Epoch]) -> Iterator[bool]:
        for epoch in epochs:
            yield not self.in_time(epoch.seconds)

    def in_time(self, seconds: float) -> bool:
        return seconds < 60 * self.minutes

    @property
    def summary(self) -> str:
        return f"at most {self.minutes:g} min"


def early(rules: Sequence[StoppingRule]) -> list[dict[str, Any]]:
    """These rules as JSON data with early stopping among them, which ends the run."""
    data = [rule.model_dump(mode="json") for rule in rules]
    if not any(isinstance(rule, Patience) for rule in rules):
        return [*data, {"kind": "patience"}]
    return [d | {"only_mark": False} if d["kind"] == "patience" else d for d in data]


def ends_early(rules: Sequence[StoppingRule]) -> bool:
    """Whether early stopping may end the run."""
    return any(isinstance(rule, Patience) and not rule.only_mark for rule in rules)
