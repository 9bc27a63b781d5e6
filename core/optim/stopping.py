"""Stopping rules: pure functions of the epochs so far and of the time. The number of epochs in the
experiment always ends a run as well. `marks.py` finds where a rule would have ended a run.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Literal

from core.base.events import Epoch
from core.base.numbers import short
from core.base.spec import Choice, ranged


class StoppingRule(Choice, family="stopping rule"):
    """One reason to end a run before its last epoch. Any active rule may end it."""

    page: ClassVar[str] = "Train"
    looks_back: ClassVar[int | None] = None  # epochs that a verdict depends on; None: all
    needs_gradient: ClassVar[bool] = False  # ‖∇f‖ has to be measured after every epoch
    limits_time: ClassVar[bool] = False  # it may end the run between two steps, see `in_time`
    only_mark: bool = ranged(
        False,
        label="Mark only",
        help="The run continues, and its curve shows where this rule would have ended it.",
    )

    def verdicts(self, epochs: Iterable[Epoch]) -> Iterator[bool]:
        """Yield for each of `epochs`, in order, whether the run should end after it.

        Consumes one epoch per verdict, so that it can be used while the run continues.
        """
        raise NotImplementedError

    def after_epoch(self, epochs: Sequence[Epoch]) -> bool:
        """Return whether the run should end after the last of `epochs`."""
        recent = epochs[-self.looks_back :] if self.looks_back else epochs
        return [False, *self.verdicts(recent)][-1]

    def in_time(self, seconds: float) -> bool:
        """Return False when the run should end now, after `seconds` of training."""
        return True

    @property
    def description(self) -> str:
        """The summary, and whether the rule only marks."""
        return f"{self.summary}, mark only" if self.only_mark else self.summary


class Patience(StoppingRule):
    """Early stopping: ends the run when the validation loss has not improved for p epochs. The
    weights of the best epoch are kept.
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
        help="How many epochs without improvement are tolerated.",
    )
    improvement: float = ranged(
        0.0,
        0,
        10,
        label="Min improvement",
        symbol="δ",
        log=True,
        help="How much the loss must fall to count as improved.",
    )

    def verdicts(self, epochs: Iterable[Epoch]) -> Iterator[bool]:
        # The first loss never counts as a failure, not even a NaN.
        best, epochs_since_best = float("inf"), -1
        for epoch in epochs:
            if epoch.validation:
                if epoch.validation["loss"] < best - self.improvement:
                    best, epochs_since_best = epoch.validation["loss"], 0
                else:
                    epochs_since_best += 1
            yield epochs_since_best >= self.patience

    @property
    def summary(self) -> str:
        return f"early stopping, patience {self.patience}"


def _tolerance(default: float, symbol: str, help: str) -> Any:
    return ranged(default, 0, 1e6, label="Tolerance", symbol=symbol, log=True, help=help)


class LossChange(StoppingRule):
    """f: the mean training loss of an epoch, which is one step with the full batch.

    With the signed change a rising loss ends the run too; with the absolute change only a loss that
    no longer moves does.
    """

    looks_back: ClassVar[int | None] = 2
    difference: Literal["signed", "absolute"] = ranged(
        "signed", label="Change", help="Signed: a rising loss counts as a small change."
    )

    def verdicts(self, epochs: Iterable[Epoch]) -> Iterator[bool]:
        previous = float("nan")  # there is none before the first epoch: every comparison is false
        for epoch in epochs:
            loss = epoch.train["loss"]
            change = previous - loss if self.difference == "signed" else abs(previous - loss)
            yield change < self.threshold(previous)
            previous = loss

    def threshold(self, loss: float) -> float:
        """Return the smallest change from this loss with which the run continues."""
        raise NotImplementedError

    @property
    def summary(self) -> str:
        return f"{self.label.lower()} below {short(self.limit, 6)}"


class AbsoluteChange(LossChange):
    """Ends the run when the training loss falls by less than ε_a from one epoch to the next. With
    the full batch an epoch is one step.
    """

    kind: Literal["absolute_change"] = "absolute_change"
    label: ClassVar[str] = "Loss change"
    formula: ClassVar[str] = r"f(\theta^{k}) - f(\theta^{k+1}) < \varepsilon_a"
    source: ClassVar[str] = "Gill, Murray & Wright 1981"
    technique: ClassVar[str] = "O7"
    limit: float = _tolerance(1e-4, "ε_a", "A smaller decrease of the loss ends the run.")

    def threshold(self, loss: float) -> float:
        return self.limit


class RelativeChange(LossChange):
    """Ends the run when the training loss falls by less than the fraction ε_r of itself from one
    epoch to the next. With the full batch an epoch is one step.
    """

    kind: Literal["relative_change"] = "relative_change"
    label: ClassVar[str] = "Relative loss change"
    formula: ClassVar[str] = r"f(\theta^{k}) - f(\theta^{k+1}) < \varepsilon_r\, |f(\theta^{k})|"
    source: ClassVar[str] = "Gill, Murray & Wright 1981"
    technique: ClassVar[str] = "O7"
    limit: float = _tolerance(
        1e-3, "ε_r", "A smaller decrease, as a fraction of the loss, ends the run."
    )

    def threshold(self, loss: float) -> float:
        return self.limit * abs(loss)


class GradientNorm(StoppingRule):
    """Ends the run when the gradient norm of the mean loss over the whole training set is at most
    ε_g. It is measured after every epoch, without dropout and penalties, which costs one more pass
    over the training set.
    """

    kind: Literal["gradient_norm"] = "gradient_norm"
    label: ClassVar[str] = "Gradient norm"
    formula: ClassVar[str] = r"\lVert \nabla f(\theta^k) \rVert \le \varepsilon_g"
    source: ClassVar[str] = "Gill, Murray & Wright 1981"
    technique: ClassVar[str] = "O7"
    looks_back: ClassVar[int | None] = 1
    needs_gradient: ClassVar[bool] = True
    limit: float = _tolerance(1e-3, "ε_g", "The largest gradient norm that ends the run.")

    def verdicts(self, epochs: Iterable[Epoch]) -> Iterator[bool]:
        for epoch in epochs:
            yield epoch.gradient is not None and epoch.gradient <= self.limit

    @property
    def summary(self) -> str:
        return f"gradient norm at most {short(self.limit, 6)}"


class Target(StoppingRule):
    """Ends the run when a measure has reached a target: the loss has fallen to it, or the accuracy
    (with values to predict R², the fraction of their variance that is explained) has risen to it.
    """

    kind: Literal["target"] = "target"
    label: ClassVar[str] = "Target"
    formula: ClassVar[str] = r"L^{val}_k \le t \text{ or } A^{val}_k \ge t"
    source: ClassVar[str] = "Coleman et al. 2017 (time to accuracy)"
    technique: ClassVar[str] = "O7"
    looks_back: ClassVar[int | None] = 1
    measure: Literal["accuracy", "loss"] = ranged(
        "accuracy", help="Accuracy means R² where values are predicted."
    )
    part: Literal["validation", "training"] = ranged(
        "validation", label="Measured on", help="A target on the training set needs no validation "
        "set.",
    )  # fmt: skip
    target: float = ranged(
        0.95, 0, 1e6, symbol="t", help="An accuracy or R² between 0 and 1, or a loss."
    )

    def verdicts(self, epochs: Iterable[Epoch]) -> Iterator[bool]:
        for epoch in epochs:
            scores = (epoch.validation if self.part == "validation" else epoch.train) or {}
            if self.measure == "loss":
                yield scores.get("loss", float("inf")) <= self.target
            else:
                yield scores.get("accuracy", scores.get("r2", float("-inf"))) >= self.target

    @property
    def summary(self) -> str:
        if self.measure == "loss":
            return f"{self.part} loss at most {short(self.target, 6)}"
        return f"{self.part} accuracy or R² at least {short(self.target, 6)}"


class TimeLimit(StoppingRule):
    """Ends the run after some minutes of training, if necessary in the middle of an epoch."""

    kind: Literal["time"] = "time"
    label: ClassVar[str] = "Time limit"
    formula: ClassVar[str] = r"t > t_{\max}"
    source: ClassVar[str] = "Li, Yumer & Ramanan 2020 (training under a budget)"
    technique: ClassVar[str] = "O7"
    looks_back: ClassVar[int | None] = 1
    limits_time: ClassVar[bool] = True
    minutes: float = ranged(
        10.0,
        above=0,
        high=100_000,
        label="Limit",
        unit="min",
        help="Minutes of training, without pauses.",
    )

    def verdicts(self, epochs: Iterable[Epoch]) -> Iterator[bool]:
        for epoch in epochs:
            yield not self.in_time(epoch.seconds)

    def in_time(self, seconds: float) -> bool:
        return seconds < 60 * self.minutes

    @property
    def summary(self) -> str:
        return f"at most {short(self.minutes, 6)} min"


def with_early_stopping(rules: Sequence[StoppingRule]) -> list[dict[str, Any]]:
    """Return these rules as JSON data, with an early stopping among them that ends the run."""
    data = [rule.model_dump(mode="json") for rule in rules]
    if not any(isinstance(rule, Patience) for rule in rules):
        return [*data, {"kind": "patience"}]
    return [d | {"only_mark": False} if d["kind"] == "patience" else d for d in data]


def has_early_stopping(rules: Sequence[StoppingRule]) -> bool:
    """Return whether early stopping may end the run."""
    return any(isinstance(rule, Patience) and not rule.only_mark for rule in rules)
