"""Activations: layers that bend each value by itself, without weights. Choices only."""

from typing import ClassVar, Literal

from core.network.layer import Layer, Shape
from core.spec import Call


class ReLU(Layer):
    """Passes what is positive and stops the rest."""

    kind: Literal["relu"] = "relu"
    label: ClassVar[str] = "ReLU"
    formula: ClassVar[str] = r"z = \max(0, a)"
    source: ClassVar[str] = "Nair & Hinton 2010"
    technique: ClassVar[str] = "N3"
    stem: ClassVar[str] = "relu"
    icon: ClassVar[str] = "show_chart"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.ReLU")

    @property
    def summary(self) -> str:
        return "max(0, a)"


class Tanh(Layer):
    """A smooth step from −1 to 1. Far from 0 its slope, and so the gradient, is nearly 0."""

    kind: Literal["tanh"] = "tanh"
    label: ClassVar[str] = "Tanh"
    formula: ClassVar[str] = r"\tanh a = 2\,\sigma(2a) - 1"
    source: ClassVar[str] = "LeCun et al. 1998"
    technique: ClassVar[str] = "N3"
    stem: ClassVar[str] = "tanh"
    icon: ClassVar[str] = "show_chart"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Tanh")

    @property
    def summary(self) -> str:
        return "−1 … 1"


class Sigmoid(Layer):
    """A smooth step from 0 to 1. Its slope is at most ¼: in a deep network the gradient dies."""

    kind: Literal["sigmoid"] = "sigmoid"
    label: ClassVar[str] = "Sigmoid"
    formula: ClassVar[str] = r"\sigma(a) = \frac{1}{1+e^{-a}}"
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986"
    technique: ClassVar[str] = "N3"
    stem: ClassVar[str] = "sigmoid"
    icon: ClassVar[str] = "show_chart"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Sigmoid")

    @property
    def summary(self) -> str:
        return "0 … 1"
