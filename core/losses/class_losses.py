"""Losses for classes: of the scores of the network for each class."""

from collections.abc import Sequence
from math import log
from typing import ClassVar, Literal

from pydantic import field_validator

from core.base.misfit import Misfit
from core.base.numbers import short
from core.base.spec import Call, ranged
from core.losses.loss import Loss


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
        return self.label + f", smoothing {short(self.smoothing, 6)}" * (self.smoothing > 0)


class WeightedCrossEntropy(CrossEntropy):
    """Cross-entropy in which a mistake in a rare class costs more: with n_j training samples of
    class j its weight is (1/n_j)^b, or one that is typed. Only the ratios of the weights count:
    they are scaled so that their mean over the training samples is 1.
    """

    kind: Literal["weighted_cross_entropy"] = "weighted_cross_entropy"
    label: ClassVar[str] = "Weighted cross-entropy"
    formula: ClassVar[str] = (
        r"L = -\tfrac1N\sum w_c \log\frac{e^{z_c}}{\sum_j e^{z_j}}, \qquad w_j \propto n_j^{-b}"
    )
    source: ClassVar[str] = "King & Zeng 2001; Cui et al. 2019"
    technique: ClassVar[str] = "L1"
    fitted_to: ClassVar[str] = "targets"
    balance: float = ranged(
        1.0, 0, 1, symbol="b", label="Balance",
        help="1: all classes count the same, whatever their sizes. 0: all samples count the same.",
    )  # fmt: skip
    weights: str = ranged(
        "", label="Class weights",
        help="One number for each class, in the order of the classes: 1, 1, 5. Empty: from the "
        "number of samples.",
    )  # fmt: skip

    @field_validator("weights")
    @classmethod
    def _are_positive(cls, text: str) -> str:
        parts = [part.strip() for part in text.split(",")] if text.strip() else []
        try:
            numbers = [float(part) for part in parts]
        except ValueError:
            numbers = [0.0]
        if len(parts) > 1000 or not all(0 < number < 1e6 for number in numbers):
            raise ValueError(
                f"“{text[:60]}” is not a list of weights between 0 and 1 000 000. Write one for "
                "each class with commas, such as 1, 1, 5, or nothing"
            )
        return ", ".join(f"{number:g}" for number in numbers)

    def call(self) -> Call:
        numbers = [float(part) for part in self.weights.split(",") if part]
        arguments = {"weights": numbers} if numbers else {"balance": self.balance}
        smoothing = {"smoothing": self.smoothing} if self.smoothing else {}
        target = "core.training.criteria.WeightedCrossEntropyCriterion"
        return Call(target, {**arguments, **smoothing})

    def misfit(self, classes: Sequence[str]) -> Misfit | None:
        count = len(self.weights.split(",")) if self.weights else 0
        if not classes or count in (0, len(classes)):
            return super().misfit(classes)
        text = (
            f"{self.label} has {count} class weights, but this dataset has {len(classes)} classes. "
            "Type one weight for each class, or none, so that they follow from the numbers of "
            "samples."
        )
        evidence = {"weights": count, "classes": len(classes)}
        return Misfit("class_weights_count", text, evidence)

    @property
    def summary(self) -> str:
        weights = self.weights or f"balance {short(self.balance, 6)}"
        return f"{super().summary}, {weights}"


class SimilarityCrossEntropy(CrossEntropy):
    """Cross-entropy with label smoothing that prefers similar classes: the probability ε of the
    other classes goes to those whose training samples are like those of the correct class. A
    confusion of 4 and 9 then costs less than one of 4 and 0.

    The target is 1 − ε + ε/C for the correct class c and ε·(1 − 1/C)·s_cj for class j, where s_cj
    is the softmax over j of −d_cj/τ. d_cj is the distance between the mean inputs of both classes,
    in units of the mean distance. A high τ is plain label smoothing.
    """

    kind: Literal["similarity_cross_entropy"] = "similarity_cross_entropy"
    label: ClassVar[str] = "Cross-entropy, smoothed by similarity"
    formula: ClassVar[str] = (
        r"L = -\tfrac1N\sum\sum_j q_{cj} \log\frac{e^{z_j}}{\sum_k e^{z_k}}, \qquad "
        r"q_{cj} = \varepsilon\,(1-\tfrac1C)\,"
        r"\frac{e^{-d_{cj}/\tau}}{\sum_{k \ne c} e^{-d_{ck}/\tau}} \quad (j \ne c)"
    )
    source: ClassVar[str] = "Liu & JaJa 2020"
    technique: ClassVar[str] = "L4"
    fitted_to: ClassVar[str] = "inputs"
    smoothing: float = ranged(
        0.1, 0, below=1, symbol="ε", label="Label smoothing", help="0: no smoothing."
    )
    temperature: float = ranged(
        0.3, above=0, high=100, symbol="τ", log=True,
        help="Lower: only the most similar classes share the smoothing. Higher: all alike.",
    )  # fmt: skip

    def call(self) -> Call:
        target = "core.training.criteria.SimilaritySmoothingCriterion"
        return Call(target, {"smoothing": self.smoothing, "temperature": self.temperature})


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
