"""Activations that saturate on both sides: tanh, sigmoid and the step. Choices only."""

from math import tanh
from typing import ClassVar, Literal

from core.base.spec import Call
from core.network.activation import Activation, sigma
from core.network.layer import Shape


class Tanh(Activation):
    """A smooth step from −1 to 1. Far from 0 its slope, and so the gradient, is close to 0."""

    kind: Literal["tanh"] = "tanh"
    label: ClassVar[str] = "Tanh"
    formula: ClassVar[str] = r"\tanh a = 2\,\sigma(2a) - 1"
    source: ClassVar[str] = "LeCun et al. 1998"
    name_prefix: ClassVar[str] = "tanh"
    initializer: ClassVar[str] = "xavier"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Tanh")

    def value(self, a: float) -> float:
        return tanh(a)

    def slope(self, a: float) -> float:
        return 1 - tanh(a) ** 2

    @property
    def summary(self) -> str:
        return "−1 … 1"


class Sigmoid(Activation):
    """A smooth step from 0 to 1. Its slope is at most ¼, so gradients vanish in deep networks."""

    kind: Literal["sigmoid"] = "sigmoid"
    label: ClassVar[str] = "Sigmoid"
    formula: ClassVar[str] = r"\sigma(a) = \frac{1}{1+e^{-a}}"
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986"
    name_prefix: ClassVar[str] = "sigmoid"
    initializer: ClassVar[str] = "xavier"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Sigmoid")

    def value(self, a: float) -> float:
        return sigma(a)

    def slope(self, a: float) -> float:
        return sigma(a) * sigma(-a)

    @property
    def summary(self) -> str:
        return "0 … 1"


class StepFunction(Activation):
    """The perceptron's step function: 1 for inputs of at least 0, otherwise 0.

    Gradient descent cannot train it: its derivative is 0 wherever it exists, so no weight before
    it receives a gradient. Rosenblatt's learning rule needs no derivative and works for a single
    layer.
    """

    kind: Literal["step"] = "step"
    label: ClassVar[str] = "Step (perceptron)"
    formula: ClassVar[str] = r"z = 1 \text{ if } a \ge 0 \text{ else } 0"
    source: ClassVar[str] = "McCulloch & Pitts 1943; Rosenblatt 1958"
    name_prefix: ClassVar[str] = "step"
    initializer: ClassVar[str] = "xavier"
    passes_gradient: ClassVar[bool] = False

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("core.network.modules.StepFunctionModule")

    def value(self, a: float) -> float:
        return float(a >= 0)

    def slope(self, a: float) -> float:
        return 0.0

    @property
    def summary(self) -> str:
        return "0 or 1"
