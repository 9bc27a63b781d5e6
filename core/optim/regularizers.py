"""Regularizers: what holds the weights or the gradients back. Choices only; the arithmetic is in
`transforms.py`.
"""

from typing import Any, ClassVar, Literal

from core.spec import Call, Choice, ranged


class Regularizer(Choice, family="regularizer"):
    """A change of the step. Several may be on; each kind stands at most once."""

    def call(self) -> Call:
        """Its transform: an object of `core.optim.transforms`."""
        raise NotImplementedError


def _biases() -> Any:
    help = "Also on biases and normalization scales, not on weight matrices alone."
    return ranged(False, label="Biases too", help=help)


class L2(Regularizer):
    """Adds λΣw² to the loss, so that large weights cost. The curves show the loss without it, to
    compare with validation.
    """

    kind: Literal["l2"] = "l2"
    label: ClassVar[str] = "L2 penalty"
    formula: ClassVar[str] = r"L + \lambda \sum w^2"
    source: ClassVar[str] = "Tikhonov 1943; Krogh & Hertz 1991"
    technique: ClassVar[str] = "R1"
    strength: float = ranged(1e-4, 0, 10, symbol="λ", log=True, help="What one unit of Σw² costs.")
    biases: bool = _biases()

    def call(self) -> Call:
        return Call(
            "core.optim.transforms.L2Penalty", {"strength": self.strength, "biases": self.biases}
        )

    @property
    def summary(self) -> str:
        return f"L2 {self.strength:g}"


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
    biases: bool = _biases()

    def call(self) -> Call:
        return Call(
            "core.optim.transforms.Decay", {"strength": self.strength, "biases": self.biases}
        )

    @property
    def summary(self) -> str:
        return f"weight decay {self.strength:g}"


class ClipNorm(Regularizer):
    """Shortens the gradient of all weights together to length c when it is longer; its direction
    stays.
    """

    kind: Literal["clip_norm"] = "clip_norm"
    label: ClassVar[str] = "Gradient clipping"
    formula: ClassVar[str] = r"g' = \min(1,\; c/\lVert g\rVert)\, g"
    source: ClassVar[str] = "Pascanu, Mikolov & Bengio 2013"
    technique: ClassVar[str] = "R2"
    limit: float = ranged(
        1.0,
        above=0,
        high=1e6,
        symbol="c",
        log=True,
        help="The longest gradient that is let through.",
    )

    def call(self) -> Call:
        return Call("core.optim.transforms.ClipNorm", {"limit": self.limit})

    @property
    def summary(self) -> str:
        return f"clip {self.limit:g}"
