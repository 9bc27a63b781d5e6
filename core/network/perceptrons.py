"""Presets of linear layers: from one straight line to fifty layers. Choices only."""

from typing import ClassVar, Literal

from core.base.spec import ranged
from core.network.layers import (
    BatchNorm,
    Layer,
    Linear,
    Output,
    ReLU,
    Residual,
    Shape,
    StepFunction,
    Tanh,
)  # fmt: skip
from core.network.preset import Preset, flat


class SoftmaxRegression(Preset):
    """One linear layer: scores are weighted sums of pixels. The straightest line through the
    data.
    """

    kind: Literal["softmax"] = "softmax"
    label: ClassVar[str] = "Softmax regression"
    formula: ClassVar[str] = r"p = \mathrm{softmax}(Wx + b)"
    source: ClassVar[str] = "Cox 1958; deck B"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        return (*flat(shape), Output())


class Perceptron(Preset):
    """Softmax regression whose scores go through the perceptron's step, to 0 or 1. To see why
    gradients cannot train it: the step's derivative is 0, so no weight ever moves.
    """

    kind: Literal["perceptron"] = "perceptron"
    label: ClassVar[str] = "Perceptron (step)"
    formula: ClassVar[str] = r"z = \mathrm{step}(Wx + b)"
    source: ClassVar[str] = "Rosenblatt 1958"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        return (*flat(shape), Output(), StepFunction())


class MLP(Preset):
    """784-100-10 for 28 × 28 pictures: one hidden layer of 100 tanh units."""

    kind: Literal["mlp"] = "mlp"
    label: ClassVar[str] = "MLP, 100 hidden"
    formula: ClassVar[str] = r"z = W_2 \tanh(W_1 x + b_1) + b_2"
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986; deck B"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        return (*flat(shape), Linear(units=100), Tanh(), Output())


class Points(Preset):
    """2-64-64-C for points in a plane: two hidden layers of 64 ReLUs, enough to bend a boundary or
    a curve.
    """

    kind: Literal["points"] = "points"
    label: ClassVar[str] = "MLP, 64-64"
    formula: ClassVar[str] = r"z = W_3\,\mathrm{relu}(W_2\,\mathrm{relu}(W_1 x + b_1) + b_2) + b_3"
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986, with ReLU"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        hidden = (Linear(units=64), ReLU(), Linear(units=64), ReLU())
        return (*flat(shape), *hidden, Output())


class DeepMLP(Preset):
    """Many equal layers: whether the signal and the gradient arrive depends on the activation, the
    first weights, normalization and shortcuts.
    """

    kind: Literal["deep_mlp"] = "deep_mlp"
    label: ClassVar[str] = "Deep MLP"
    formula: ClassVar[str] = r"h_{l+1} = \varphi(W_l h_l + b_l), \qquad l = 1 \dots d - 1"
    source: ClassVar[str] = "Glorot & Bengio 2010; He et al. 2016"
    depth: int = ranged(10, 2, 50, unit="layers", help="Layers with weights, the output included.")
    width: int = ranged(64, 1, 4096, unit="units", help="Units of each layer but the last.")
    activation: Literal[
        "relu", "leaky_relu", "elu", "softplus", "swish", "gelu", "tanh", "sigmoid", "step"
    ] = ranged("relu", help="Behind each layer but the last.")
    normalize: bool = ranged(False, help="Batch normalization before each activation.")
    shortcuts: bool = ranged(False, help="Each layer from the second on is a residual block.")

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        norm = (BatchNorm(),) if self.normalize else ()
        one = (Linear(units=self.width), *norm, Layer.pick(self.activation))
        more = (Residual(layers=one),) if self.shortcuts else one
        return (*flat(shape), *one, *more * (self.depth - 2), Output())
