"""Losses of the difference between output and target, also for values to predict."""

from typing import ClassVar, Literal

from core.base.numbers import short
from core.base.spec import Call, ranged
from core.losses.loss import Loss


class MSE(Loss):
    """The mean squared difference between the scores and 1 for the correct class, 0 for the others
    (one-hot).

    For values: between the one output of the network and the value, in units of the variance of the
    training values, so that always predicting their mean costs 1.
    """

    kind: Literal["mse"] = "mse"
    label: ClassVar[str] = "Squared error"
    formula: ClassVar[str] = r"L = \tfrac1{NC}\sum_{n,j} (z_{nj} - y_{nj})^2"
    source: ClassVar[str] = "Legendre 1805 (least squares); Hui & Belkin 2020 (for classification)"
    technique: ClassVar[str] = "L3"
    for_values: ClassVar[bool] = True

    def call(self) -> Call:
        return Call("core.network.modules.SquaredError")

    def guess(self, classes: int) -> float | None:
        return 1 / classes if classes else 1.0


class AbsoluteError(Loss):
    """The mean absolute difference between the scores and 1 for the correct class, 0 for the others
    (one-hot).

    For values: between the one output of the network and the value, in units of the standard
    deviation of the training values. Its minimum is the median, which a few outliers do not move.
    """

    kind: Literal["absolute"] = "absolute"
    label: ClassVar[str] = "Absolute error"
    formula: ClassVar[str] = r"L = \tfrac1{NC}\sum_{n,j} |z_{nj} - y_{nj}|"
    source: ClassVar[str] = "Laplace 1774; Boscovich 1757"
    technique: ClassVar[str] = "L3"
    for_values: ClassVar[bool] = True

    def call(self) -> Call:
        return Call("core.training.criteria.DeviationCriterion")

    def guess(self, classes: int) -> float | None:
        return 1 / classes if classes else None


class Huber(Loss):
    """Squared error for small differences, absolute error for those above δ: smooth at the minimum
    and robust to outliers.

    d: the difference between a score and 1 for the correct class, 0 for the others (one-hot). For
    values: between the one output of the network and the value, in units of the standard deviation
    of the training values.
    """

    kind: Literal["huber"] = "huber"
    label: ClassVar[str] = "Huber"
    formula: ClassVar[str] = (
        r"L = \tfrac1{NC}\sum \begin{cases} \tfrac12 d^2 & |d| \le \delta\\"
        r"\delta\,(|d| - \tfrac12\delta) & |d| > \delta \end{cases}"
    )
    source: ClassVar[str] = "Huber 1964"
    technique: ClassVar[str] = "L3"
    for_values: ClassVar[bool] = True
    delta: float = ranged(
        1.0, above=0, high=100, symbol="δ", label="Threshold", log=True,
        help="Where the loss changes from squared to absolute.",
    )  # fmt: skip

    def call(self) -> Call:
        return Call("core.training.criteria.DeviationCriterion", {"delta": self.delta})

    def guess(self, classes: int) -> float | None:
        bend = min(self.delta, 1.0)
        return (bend - bend**2 / 2) / classes if classes else None


class Quantile(Loss):
    """Fits the value below which the fraction τ of the targets is found: a target above the output
    costs τ per unit, one below it 1 − τ. τ = 0.5 is the median. For values of unequal risk, or to
    see the range in which most values are found: train with τ = 0.05 and with τ = 0.95.

    d: target minus output, for values in units of the standard deviation of the training values;
    for classes the targets are 1 for the correct class, 0 for the others (one-hot).
    """

    kind: Literal["quantile"] = "quantile"
    label: ClassVar[str] = "Quantile"
    formula: ClassVar[str] = r"L = \tfrac1{NC}\sum \max\big(\tau d,\, (\tau - 1)\,d\big)"
    source: ClassVar[str] = "Koenker & Bassett 1978"
    technique: ClassVar[str] = "L3"
    for_values: ClassVar[bool] = True
    fraction: float = ranged(
        0.5, above=0, below=1, symbol="τ", label="Quantile",
        help="The fraction of the targets below the output.",
    )  # fmt: skip

    def call(self) -> Call:
        return Call("core.training.criteria.QuantileCriterion", {"fraction": self.fraction})

    def guess(self, classes: int) -> float | None:
        return self.fraction / classes if classes else None

    @property
    def summary(self) -> str:
        return f"{self.label} {short(self.fraction, 6)}"
