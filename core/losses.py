"""Losses: what training minimizes. Choices only; torch is named, not imported."""

from collections.abc import Sequence
from math import log
from typing import ClassVar, Literal

from core.base.misfit import Misfit
from core.base.spec import Call, Choice, ranged


class Loss(Choice, family="loss"):
    """N: samples in the batch, C: classes, z: the scores (logits) of the network (N, C), c: the
    correct class.
    """

    page: ClassVar[str] = "Train"
    for_values: ClassVar[bool] = False  # whether it also fits targets that are values

    def call(self) -> Call:
        """Return a module that maps logits (N, C) and class numbers (N,) to a scalar; with
        `for_values` also outputs (N, 1) and values (N,).
        """
        raise NotImplementedError

    def each(self) -> Call:
        """Return the same with the losses of the samples, (N,), instead of their mean."""
        call = self.call()
        return Call(call.target, {**call.arguments, "reduction": "none"})

    def guess(self, classes: int) -> float | None:
        """Return the loss of uniform guessing among this many classes (0: a value, guessed by the
        mean): the loss of equal scores. None where it is not known.
        """
        return None

    def guess_formula(self, classes: int) -> str:
        """Return that loss as a formula, "ln 10"; empty where the number is enough."""
        return ""

    def misfit(self, classes: Sequence[str]) -> Misfit | None:
        """Return why it cannot be used with these classes (none: values) and how to fix it."""
        if classes or self.for_values:
            return None
        fitting = " or ".join(m.label for m in Loss.members.values() if m.for_values)
        text = (
            f"{self.label} requires classes, but this dataset has values to predict. Choose "
            f"{fitting}."
        )
        return Misfit("loss_needs_classes", text, {"kind": self.kind})


class CrossEntropy(Loss):
    """−log of the softmax probability of the correct class. Uniform guessing among C classes costs
    log C.

    With label smoothing ε the target is 1 − ε + ε/C for the correct class and ε/C for each other
    one, so that scores need not grow without limit.
    """

    kind: Literal["cross_entropy"] = "cross_entropy"
    label: ClassVar[str] = "Cross-entropy"
    formula: ClassVar[str] = r"L = -\tfrac1N\sum \log\frac{e^{z_c}}{\sum_j e^{z_j}}"
    source: ClassVar[str] = "Bridle 1990; Szegedy et al. 2016 (label smoothing)"
    technique: ClassVar[str] = "L1 L4"

    smoothing: float = ranged(
        0.0, 0, below=1, symbol="ε", label="Label smoothing", help="0: no smoothing."
    )

    def call(self) -> Call:
        arguments = {"label_smoothing": self.smoothing} if self.smoothing else {}
        return Call("torch.nn.CrossEntropyLoss", arguments)

    def guess(self, classes: int) -> float | None:
        return log(classes) if classes > 1 else None

    def guess_formula(self, classes: int) -> str:
        return f"ln {classes}"

    @property
    def summary(self) -> str:
        return self.label + f", smoothing {self.smoothing:g}" * (self.smoothing > 0)


class Focal(Loss):
    """Cross-entropy with less weight on samples that are already right: p is the softmax
    probability of the correct class. For classes of very different sizes. γ = 0 is cross-entropy.
    """

    kind: Literal["focal"] = "focal"
    label: ClassVar[str] = "Focal"
    formula: ClassVar[str] = r"L = -\tfrac1N\sum (1-p_c)^\gamma \log p_c"
    source: ClassVar[str] = "Lin et al. 2017"
    technique: ClassVar[str] = "L1"
    gamma: float = ranged(
        2.0, 0, 10, label="Focusing", symbol="γ", help="0: cross-entropy. Higher: easy samples "
        "count less.",
    )  # fmt: skip

    def call(self) -> Call:
        return Call("core.training.criteria.FocalCriterion", {"gamma": self.gamma})

    def guess(self, classes: int) -> float | None:
        return (1 - 1 / classes) ** self.gamma * log(classes) if classes > 1 else None


class BinaryCrossEntropy(Loss):
    """One binary decision per class through a sigmoid: this class against the rest. For two classes
    it is logistic regression, once for each.
    """

    kind: Literal["bce"] = "bce"
    label: ClassVar[str] = "Binary cross-entropy"
    formula: ClassVar[str] = (
        r"L = -\tfrac1{NC}\sum_{n,j} y_{nj}\log\sigma(z_{nj}) + (1-y_{nj})\log(1-\sigma(z_{nj}))"
    )
    source: ClassVar[str] = "Cox 1958"
    technique: ClassVar[str] = "L2"
    logits: bool = ranged(
        True,
        label="From logits",
        help="Off: computed from sigmoid probabilities. Equal until they round to 0 or 1.",
    )

    def call(self) -> Call:
        return Call("core.training.criteria.BinaryCrossEntropyCriterion", {"logits": self.logits})

    def guess(self, classes: int) -> float | None:
        return log(2) if classes else None

    def guess_formula(self, classes: int) -> str:
        return "ln 2"


class Hinge(Loss):
    """Every wrong class should score at least 1 less than the correct one; the shortfalls are
    summed (Weston & Watkins). For two classes: max(0, 1 − y f), with f the difference of the
    scores.
    """

    kind: Literal["hinge"] = "hinge"
    label: ClassVar[str] = "Hinge"
    formula: ClassVar[str] = r"L = \tfrac1N\sum_n \sum_{j \ne c} \max(0, 1 + z_j - z_c)"
    source: ClassVar[str] = "Weston & Watkins 1999"
    technique: ClassVar[str] = "L2"

    def call(self) -> Call:
        return Call("core.training.criteria.HingeCriterion", {"join": "sum"})

    def guess(self, classes: int) -> float | None:
        return float(classes - 1) if classes > 1 else None


class LargestHinge(Loss):
    """Like hinge, but only the wrong class with the highest score counts (Crammer & Singer)."""

    kind: Literal["largest_hinge"] = "largest_hinge"
    label: ClassVar[str] = "Hinge (largest)"
    formula: ClassVar[str] = r"L = \tfrac1N\sum_n \max(0, 1 + \max_{j \ne c} z_j - z_c)"
    source: ClassVar[str] = "Crammer & Singer 2001"
    technique: ClassVar[str] = "L2"

    def call(self) -> Call:
        return Call("core.training.criteria.HingeCriterion", {"join": "max"})

    def guess(self, classes: int) -> float | None:
        return 1.0 if classes > 1 else None


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
        return f"{self.label} {self.fraction:g}"


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
