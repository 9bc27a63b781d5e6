"""Penalties on large weights: L2, L1, elastic net, weight decay. Choices only; the arithmetic is in
`transforms.py`.
"""

from typing import Any, ClassVar, Literal

from pydantic import ValidationInfo, field_validator

from core.base.numbers import short
from core.base.spec import Call, ranged
from core.optim.regularizer import Regularizer


def _strength(default: float, label: str, symbol: str, help: str) -> Any:
    return ranged(default, 0, 10, label=label, symbol=symbol, log=True, help=help)


class Penalty(Regularizer):
    """A sum over weights, biases and activations, each with its own λ."""

    penalizes_weights: ClassVar[bool] = True
    strength: float = _strength(
        1e-4, "Weights", "λ", "Multiplies the penalty of weight matrices and kernels."
    )
    biases: float = _strength(
        0.0,
        "Biases",
        "λ_b",
        "Multiplies the penalty of biases and normalization scales; 0 leaves them free.",
    )
    activities: float = _strength(
        0.0,
        "Activations",
        "λ_a",
        "Multiplies the penalty of all activation outputs (mean over the mini-batch).",
    )

    @field_validator("biases", mode="before")
    @classmethod
    def _read_former_switch(cls, value: Any, info: ValidationInfo) -> Any:
        """Earlier versions stored a switch: true meant the λ of the weights."""
        return info.data.get("strength", 0.0) if value is True else value

    def call(self) -> Call:
        return Call(
            "core.optim.transforms.PenaltyTransform",
            {
                "l1": self.l1,
                "strength": self.strength,
                "biases": self.biases,
                "activities": self.activities,
            },
        )

    @property
    def l1(self) -> float:
        """The fraction of |w| in the cost of one value; the rest is w²."""
        return 0.0

    @property
    def summary(self) -> str:
        named = {"": self.strength, "biases ": self.biases, "activations ": self.activities}
        return f"{self.label.removesuffix(' penalty')} " + ", ".join(
            f"{name}{short(value, 6)}" for name, value in named.items() if value or not name
        )


class L2(Penalty):
    """Adds λΣw² to the loss, so that large weights are expensive. The curves show the loss without
    the penalty, comparable with validation.
    """

    kind: Literal["l2"] = "l2"
    label: ClassVar[str] = "L2 penalty"
    formula: ClassVar[str] = r"L + \lambda \sum w^2"
    source: ClassVar[str] = "Tikhonov 1943; Krogh & Hertz 1991"
    technique: ClassVar[str] = "R1"


class L1(Penalty):
    """Adds λΣ|w| to the loss: every weight is pulled towards 0 with the same force, and many stay
    near 0. The curves show the loss without the penalty.
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
    """Adds both penalties, αΣ|w| and (1 − α)Σw², times λ: few weights differ from 0, and none is
    large. The curves show the loss without the penalty.
    """

    kind: Literal["elastic"] = "elastic"
    label: ClassVar[str] = "Elastic net"
    formula: ClassVar[str] = r"L + \lambda \sum \big(\alpha |w| + (1-\alpha)\, w^2\big)"
    source: ClassVar[str] = "Zou & Hastie 2005"
    technique: ClassVar[str] = "R1"
    share: float = ranged(
        0.5, 0, 1, label="L1 fraction", symbol="α", help="The rest is the L2 penalty."
    )

    @property
    def l1(self) -> float:
        return self.share


class WeightDecay(Regularizer):
    """Multiplies the weights by 1 − ηλ before each step, separately from the gradient and its
    scaling.

    With plain SGD this equals the L2 penalty λ/2·Σw²; with Adam it does not. Adam with this weight
    decay is AdamW. With a depth factor f, layer l of L has λ·f^(L−l).
    """

    kind: Literal["weight_decay"] = "weight_decay"
    label: ClassVar[str] = "Weight decay"
    formula: ClassVar[str] = r"\theta \leftarrow (1-\eta\lambda)\,\theta"
    source: ClassVar[str] = "Hanson & Pratt 1988; Loshchilov & Hutter 2017"
    technique: ClassVar[str] = "R1"
    penalizes_weights: ClassVar[bool] = True
    strength: float = ranged(
        0.01, 0, 10, symbol="λ", log=True, help="Each step multiplies the weights by 1 − η·λ."
    )
    biases: bool = ranged(
        False,
        label="Include biases",
        help="Also decay biases and normalization scales, not only weight matrices and kernels.",
    )

    depth_factor: float = ranged(
        1.0, above=0, high=10, symbol="f", log=True,
        help="Each layer has this fraction of the λ of the layer above it. 1: all layers have the "
        "same.",
    )  # fmt: skip
    layers: str = ranged(
        "", label="Factors of layers",
        help="Multiply λ of single layers, by their names on the Network page: conv1 0, output 10. "
        "They replace the depth factor there.",
    )  # fmt: skip

    @field_validator("layers")
    @classmethod
    def _are_factors(cls, text: str) -> str:
        parts = [part.replace(":", " ").replace("=", " ").split() for part in text.split(",")]
        parts = [part for part in parts if part]
        names = [part[0] for part in parts]
        try:
            numbers = [float(number) for _, number in parts]
        except ValueError:
            numbers = [-1.0]
        if len(text) > 2000 or not all(0 <= number <= 1e6 for number in numbers):
            raise ValueError(
                f"“{text[:60]}” is not a list of layers with a factor of at least 0. Write a name "
                "and a number for each, with commas, such as conv1 0, output 10, or nothing"
            )
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"“{text[:60]}” has {twice[0]} twice: remove one")
        return ", ".join(f"{name} {number:g}" for name, number in zip(names, numbers, strict=True))

    @property
    def factors(self) -> dict[str, float]:
        """The factors of λ of single layers, by their path."""
        pairs = (part.split() for part in self.layers.split(",") if part)
        return {name: float(number) for name, number in pairs}

    @property
    def named_layers(self) -> tuple[str, ...]:
        return tuple(self.factors)

    def call(self) -> Call:
        arguments = {"strength": self.strength, "biases": self.biases}
        if not self.layers and self.depth_factor == 1:
            return Call("core.optim.transforms.Decay", arguments)
        by_layer = {"depth_factor": self.depth_factor, "factors": self.factors}
        return Call("core.optim.layer_decay.LayerDecay", arguments | by_layer)

    @property
    def summary(self) -> str:
        depth = [f"depth factor {short(self.depth_factor, 6)}"] * (self.depth_factor != 1)
        layers = [f"× {self.layers}"] * bool(self.layers)
        return ", ".join([f"weight decay {short(self.strength, 6)}", *depth, *layers])
