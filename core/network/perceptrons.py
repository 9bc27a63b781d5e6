"""Presets of linear layers, from a single one to fifty. Choices only."""

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
from core.network.preset import Preset, flatten_images

ACTIVATIONS = tuple(kind for kind, cls in Layer.members.items() if cls.is_activation)


class SoftmaxRegression(Preset):
    """A single linear layer: each class score is a weighted sum of the inputs."""

    kind: Literal["softmax"] = "softmax"
    label: ClassVar[str] = "Softmax regression"
    formula: ClassVar[str] = r"p = \mathrm{softmax}(Wx + b)"
    source: ClassVar[str] = "Cox 1958"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        return (*flatten_images(shape), Output())


class Perceptron(Preset):
    """Softmax regression whose scores pass through the perceptron's step function. Shows why
    gradient descent cannot train it: the derivative is 0, so no weight ever changes.
    """

    kind: Literal["perceptron"] = "perceptron"
    label: ClassVar[str] = "Perceptron (step)"
    formula: ClassVar[str] = r"z = \mathrm{step}(Wx + b)"
    source: ClassVar[str] = "Rosenblatt 1958"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        return (*flatten_images(shape), Output(), StepFunction())


class MLP(Preset):
    """One hidden layer of 100 tanh units: 784-100-10 for 28 × 28 images."""

    kind: Literal["mlp"] = "mlp"
    label: ClassVar[str] = "MLP, 100 hidden units"
    formula: ClassVar[str] = r"z = W_2 \tanh(W_1 x + b_1) + b_2"
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        return (*flatten_images(shape), Linear(units=100), Tanh(), Output())


class Points(Preset):
    """Two hidden layers of 64 ReLU units: 2-64-64-C for points in a plane, enough for a curved
    decision boundary or a regression curve.
    """

    kind: Literal["points"] = "points"
    label: ClassVar[str] = "MLP, 64-64 hidden units"
    formula: ClassVar[str] = r"z = W_3\,\mathrm{relu}(W_2\,\mathrm{relu}(W_1 x + b_1) + b_2) + b_3"
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986, with ReLU"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        hidden = (Linear(units=64), ReLU(), Linear(units=64), ReLU())
        return (*flatten_images(shape), *hidden, Output())


class DeepMLP(Preset):
    """Many equal layers. Whether signals and gradients reach the last and first layer depends on
    the activation, the initial weights, normalization and shortcuts.
    """

    kind: Literal["deep_mlp"] = "deep_mlp"
    label: ClassVar[str] = "Deep MLP"
    formula: ClassVar[str] = r"h_{l+1} = \varphi(W_l h_l + b_l), \qquad l = 1 \dots d - 1"
    source: ClassVar[str] = "Glorot & Bengio 2010; He et al. 2016"
    depth: int = ranged(10, 2, 50, unit="layers", help="Layers with weights, including the output.")
    width: int = ranged(64, 1, 4096, unit="units", help="Hidden units per layer.")
    activation: Literal[*ACTIVATIONS] = ranged("relu", help="Follows each layer except the last.")
    normalize: bool = ranged(False, label="Batch normalization", help="Before each activation.")
    shortcuts: bool = ranged(False, help="Makes each layer from the second on a residual block.")

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        norm = (BatchNorm(),) if self.normalize else ()
        first = (Linear(units=self.width), *norm, Layer.pick(self.activation))
        others = (Residual(layers=first),) if self.shortcuts else first
        return (*flatten_images(shape), *first, *others * (self.depth - 2), Output())
