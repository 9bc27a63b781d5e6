"""Layers of flat values: Linear and Output, and Flatten, which makes values flat. Choices only."""

from math import prod
from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.base.text import format_shape
from core.network.layer import Layer, Shape


class Linear(Layer):
    """Every output is a weighted sum of all inputs, plus a bias."""

    kind: Literal["linear"] = "linear"
    label: ClassVar[str] = "Linear"
    formula: ClassVar[str] = r"z = W x + b"
    source: ClassVar[str] = "Rosenblatt 1958"
    technique: ClassVar[str] = "N1"
    stem: ClassVar[str] = "linear"
    icon: ClassVar[str] = "hub"
    units: int = ranged(100, 1, 65_536, help="How many values come out.")
    bias: bool = ranged(True, help="Adds b, one learned number for each output.")

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call(
            "torch.nn.Linear",
            {"in_features": shape[0], "out_features": self.units, "bias": self.bias},
        )

    def output(self, shape: Shape, outputs: int) -> Shape:
        return (self.units,)

    def problem(self, shape: Shape) -> str | None:
        return (
            None
            if len(shape) == 1
            else f"Linear needs a flat input, got {format_shape(shape)}: put Flatten before it."
        )

    @property
    def summary(self) -> str:
        return f"{self.units} units"


class Output(Layer):
    """A linear layer with one output, the score (logit), for each class of the data; one in all
    where values are predicted.
    """

    kind: Literal["output"] = "output"
    label: ClassVar[str] = "Output"
    formula: ClassVar[str] = r"z = W x + b,\; z \in \mathbb{R}^C"
    source: ClassVar[str] = "Bridle 1990"
    technique: ClassVar[str] = "N1"
    stem: ClassVar[str] = "output"
    icon: ClassVar[str] = "output"
    bias: bool = ranged(True, help="Adds b, one learned number for each class.")

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call(
            "torch.nn.Linear", {"in_features": shape[0], "out_features": outputs, "bias": self.bias}
        )

    def output(self, shape: Shape, outputs: int) -> Shape:
        return (outputs,)

    def problem(self, shape: Shape) -> str | None:
        return (
            None
            if len(shape) == 1
            else f"Output needs a flat input, got {format_shape(shape)}: put Flatten before it."
        )

    @property
    def summary(self) -> str:
        return "one unit per class"


class Flatten(Layer):
    """Lays the maps out as one row of values, as linear layers want them."""

    kind: Literal["flatten"] = "flatten"
    label: ClassVar[str] = "Flatten"
    formula: ClassVar[str] = r"(C, H, W) \to (C\,H\,W)"
    technique: ClassVar[str] = "N1"
    source: ClassVar[str] = "a change of shape only"
    stem: ClassVar[str] = "flatten"
    icon: ClassVar[str] = "horizontal_rule"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Flatten")

    def output(self, shape: Shape, outputs: int) -> Shape:
        return (prod(shape),)

    @property
    def summary(self) -> str:
        return ""
