"""What makes large weights cost: L2, L1 and elastic penalties, weight decay. Choices only; the
arithmetic is in `transforms.py`.
"""

from typing import Any, ClassVar, Literal

from pydantic import ValidationInfo, field_validator

from core.base.spec import Call, ranged
from core.optim.regularizer import Regularizer


def _strength(default: float, label: str, symbol: str, help: str) -> Any:
    return ranged(default, 0, 10, label=label, symbol=symbol, log=True, help=help)


class Penalty(Regularizer):
    """A sum over the weights, the biases and the activities, each with a λ of its own."""

    strength: float = _strength(1e-4, "Weights", "λ", "What one unit of the sum costs: matrices.")
    biases: float = _strength(
        0.0, "Biases", "λ_b", "The same for biases and normalization scales; 0 leaves them free."
    )
    activities: float = _strength(
        0.0,
        "Activities",
        "λ_a",
        "The same for all outputs of activations, mean over the minibatch.",
    )

    @field_validator("biases", mode="before")
    @classmethod
    def _as_weights(cls, given: Any, info: ValidationInfo) -> Any:
        """Once it was a switch: true meant the λ of the weights."""
        return info.data.get("strength", 0.0) if given is True else given

    def call(self) -> Call:
        kept = {"strength": self.strength, "biases": self.biases, "activities": self.activities}
        return Call("core.optim.transforms.PenaltyTransform", {"l1": self.l1, **kept})

    @property
    def l1(self) -> float:
        """The share of |w| in the cost of one value; the rest is that of w²."""
        return 0.0

    @property
    def summary(self) -> str:
        named = {"": self.strength, "biases ": self.biases, "activities ": self.activities}
        return f"{self.label.removesuffix(' penalty')} " + ", ".join(
            f"{n}{v:g}" for n, v in named.items() if v or not n
        )


class L2(Penalty):
    """Adds λΣw² to the loss, so that large weights cost. The curves show the loss without it, to
    compare with validation.
    """

    kind: Literal["l2"] = "l2"
    label: ClassVar[str] = "L2 penalty"
    formula: ClassVar[str] = r"L + \lambda \sum w^2"
    source: ClassVar[str] = "Tikhonov 1943; Krogh & Hertz 1991"
    technique: ClassVar[str] = "R1"


class L1(Penalty):
    """Adds λΣ|w| to the loss: every weight is pulled to 0 with the same force, and many stay near
    it. The curves show the loss without it.
    """

    kind: Literal["l1"] = "l1"
    label: ClassVar[str] = "L1 penalty"
    formula: ClassVar[str] = r"L + \lambda \sum |w|"
    source: ClassVar[str] = "Tibshirani 1996 (lasso)"
    technique: ClassVar[str] = "R1"

    @property
    def l1(self) -> float:
        return 1.0


class Elastic(Penalty):
    """Adds both penalties, αΣ|w| and (1 − α)Σw², times λ: few weights, and none of them large. The
    curves show the loss without it.
    """

    kind: Literal["elastic"] = "elastic"
    label: ClassVar[str] = "Elastic net"
    formula: ClassVar[str] = r"L + \lambda \sum \big(\alpha |w| + (1-\alpha)\, w^2\big)"
    source: ClassVar[str] = "Zou & Hastie 2005"
    technique: ClassVar[str] = "R1"
    share: float = ranged(0.5, 0, 1, label="Share of L1", symbol="α", help="The rest is L2.")

    @property
    def l1(self) -> float:
        return self.share


class WeightDecay(Regularizer):
    """Shrinks the weights by the factor 1 − ηλ before each step, apart from the gradient and its
    scaling.

    With plain SGD this is the L2 penalty λ/2·Σw²; with Adam it is not, and Adam + this is AdamW.
    """

    kind: Literal["weight_decay"] = "weight_decay"
    label: ClassVar[str] = "Weight decay"
    formula: ClassVar[str] = r"\theta \leftarrow (1-\eta\lambda)\,\theta"
    source: ClassVar[str] = "Hanson & Pratt 1988; Loshchilov & Hutter 2017"
    technique: ClassVar[str] = "R1"
    strength: float = ranged(
        0.01, 0, 10, symbol="λ", log=True, help="Each step shrinks the weights by η·λ."
    )
    biases: bool = ranged(
        False,
        label="Biases too",
        help="Also on biases and normalization scales, not on weight matrices alone.",
    )

    def call(self) -> Call:
        kept = {"strength": self.strength, "biases": self.biases}
        return Call("core.optim.transforms.Decay", kept)

    @property
    def summary(self) -> str:
        return f"weight decay {self.strength:g}"
