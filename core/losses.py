"""Losses: what the training makes small. Choices only; torch is named, not imported."""

from collections.abc import Sequence
from math import log
from typing import ClassVar, Literal

from core.base.spec import Call, Choice, ranged


class Loss(Choice, family="loss"):
    """N: pictures in the batch, C: classes, z: the network's scores (logits) (N, C), c: the right
    class.
    """

    page: ClassVar[str] = "Train"
    for_values: ClassVar[bool] = False  # whether it also fits targets that are no classes

    def call(self) -> Call:
        """A module that takes logits (N, C) and class numbers (N,), or with `for_values` outputs
        (N, 1) and values (N,), and gives a scalar.
        """
        raise NotImplementedError

    def each(self) -> Call:
        """The same, but the losses of the samples one by one, (N,); `call` gives their mean."""
        call = self.call()
        return Call(call.target, {**call.arguments, "reduction": "none"})

    def guess(self, classes: int) -> float | None:
        """What knowing nothing costs among so many classes (0: a value): of equal scores, all 0 but
        for values their mean. None where it is not known.
        """
        return None

    def guess_formula(self, classes: int) -> str:
        """That as people write it, "ln 10"; empty where the number says it all."""
        return ""

    def problem(self, classes: Sequence[str]) -> str | None:
        """Why it cannot train on targets of these classes (none: values), and the way out."""
        if classes or self.for_values:
            return None
        fit = " or ".join(m.label for m in Loss.members.values() if m.for_values)
        return f"{self.label} wants classes, but this data has values to predict: choose {fit}."


class CrossEntropy(Loss):
    """−log of the probability that softmax gives to the right class. A guess among C classes costs
    log C.

    With label smoothing ε the right class is asked for 1 − ε + ε/C and each other one for ε/C, so
    that scores need not grow for ever.
    """

    kind: Literal["cross_entropy"] = "cross_entropy"
    label: ClassVar[str] = "Cross-entropy"
    formula: ClassVar[str] = r"L = -\tfrac1N\sum \log\frac{e^{z_c}}{\sum_j e^{z_j}}"
    source: ClassVar[str] = "Bridle 1990; deck B"
    technique: ClassVar[str] = "L1 L4"

    smoothing: float = ranged(
        0.0, 0, below=1, symbol="ε", label="Label smoothing", help="0: no smoothing."
    )

    def call(self) -> Call:
        more = {"label_smoothing": self.smoothing} if self.smoothing else {}
        return Call("torch.nn.CrossEntropyLoss", more)

    def guess(self, classes: int) -> float | None:
        return log(classes) if classes > 1 else None

    def guess_formula(self, classes: int) -> str:
        return f"ln {classes}"

    @property
    def summary(self) -> str:
        return self.label + f", smoothing {self.smoothing:g}" * (self.smoothing > 0)


class BinaryCrossEntropy(Loss):
    """A yes or no for each class by itself: the right one against the rest, through a sigmoid. For
    two classes: logistic regression, once for each.
    """

    kind: Literal["bce"] = "bce"
    label: ClassVar[str] = "Binary cross-entropy"
    formula: ClassVar[str] = (
        r"L = -\tfrac1{NC}\sum_{n,j} y_{nj}\log\sigma(z_{nj}) + (1-y_{nj})\log(1-\sigma(z_{nj}))"
    )
    source: ClassVar[str] = "Cox 1958; deck B"
    technique: ClassVar[str] = "L2"
    logits: bool = ranged(
        True,
        label="From logits",
        help="Off, from the sigmoid's probabilities: the same until they round to 0 or 1.",
    )

    def call(self) -> Call:
        return Call("core.training.criteria.BinaryCrossEntropyCriterion", {"logits": self.logits})

    def guess(self, classes: int) -> float | None:
        return log(2) if classes else None

    def guess_formula(self, classes: int) -> str:
        return "ln 2"


class Hinge(Loss):
    """Every wrong class should score at least 1 less than the right one; what is missing adds up
    (Weston & Watkins). For two classes: max(0, 1 − y f), with f the difference of the scores.
    """

    kind: Literal["hinge"] = "hinge"
    label: ClassVar[str] = "Hinge"
    formula: ClassVar[str] = r"L = \tfrac1N\sum_n \sum_{j \ne c} \max(0, 1 + z_j - z_c)"
    source: ClassVar[str] = "Weston & Watkins 1999; decks B and C"
    technique: ClassVar[str] = "L2"

    def call(self) -> Call:
        return Call("core.training.criteria.HingeCriterion", {"join": "sum"})

    def guess(self, classes: int) -> float | None:
        return float(classes - 1) if classes > 1 else None


class LargestHinge(Loss):
    """As hinge, but only the wrong class that scores most counts (Crammer & Singer)."""

    kind: Literal["largest_hinge"] = "largest_hinge"
    label: ClassVar[str] = "Hinge, largest"
    formula: ClassVar[str] = r"L = \tfrac1N\sum_n \max(0, 1 + \max_{j \ne c} z_j - z_c)"
    source: ClassVar[str] = "Crammer & Singer 2001"
    technique: ClassVar[str] = "L2"

    def call(self) -> Call:
        return Call("core.training.criteria.HingeCriterion", {"join": "max"})

    def guess(self, classes: int) -> float | None:
        return 1.0 if classes > 1 else None


class MSE(Loss):
    """The mean square between the scores and 1 for the right class, 0 for the others (one-hot).

    For values: between the network's one output and the value, in units of the training values'
    variance, so that always answering their mean costs 1.
    """

    kind: Literal["mse"] = "mse"
    label: ClassVar[str] = "Squared error"
    formula: ClassVar[str] = r"L = \tfrac1{NC}\sum_{n,j} (z_{nj} - y_{nj})^2"
    source: ClassVar[str] = "deck C; Hui & Belkin 2020 for classification"
    technique: ClassVar[str] = "L3"
    for_values: ClassVar[bool] = True

    def call(self) -> Call:
        return Call("core.network.modules.SquaredError")

    def guess(self, classes: int) -> float | None:
        return 1 / classes if classes else 1.0
