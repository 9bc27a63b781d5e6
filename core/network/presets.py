"""Presets: whole networks by name, fitted to the data's shape. Each is a choice, so menus and help
come from it.
"""

from typing import ClassVar, Literal

from core.network.activations import ReLU, Tanh
from core.network.layers import Conv2d, Flatten, Layer, Linear, MaxPool, Output, Shape
from core.spec import Choice


class Preset(Choice, family="preset"):
    """A list of layers to begin from."""

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        """The layers for pictures of this shape (C, H, W)."""
        raise NotImplementedError


class SoftmaxRegression(Preset):
    """One linear layer: scores are weighted sums of pixels. The straightest line through the
    data.
    """

    kind: Literal["softmax"] = "softmax"
    label: ClassVar[str] = "Softmax regression"
    source: ClassVar[str] = "Cox 1958; deck B"
    technique: ClassVar[str] = "N2"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        return (Flatten(), Output())


class MLP(Preset):
    """784-100-10 for 28 × 28 pictures: one hidden layer of 100 tanh units."""

    kind: Literal["mlp"] = "mlp"
    label: ClassVar[str] = "MLP, 100 hidden"
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986; deck B"
    technique: ClassVar[str] = "N2"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        return (Flatten(), Linear(units=100), Tanh(), Output())


class LeNet(Preset):
    """Two convolutions with pooling, then three linear layers: 61 706 parameters for 28 × 28 grey
    pictures, 10 classes.
    """

    kind: Literal["lenet"] = "lenet"
    label: ClassVar[str] = "LeNet"
    source: ClassVar[str] = "LeCun et al. 1998, with ReLU and max pooling; deck C"
    technique: ClassVar[str] = "N2"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        first = (Conv2d(maps=6, kernel=5, padding=2), ReLU(), MaxPool())
        second = (Conv2d(maps=16, kernel=5), ReLU(), MaxPool())
        return (
            *first,
            *second,
            Flatten(),
            Linear(units=120),
            ReLU(),
            Linear(units=84),
            ReLU(),
            Output(),
        )


class Small(Preset):
    """Two small convolutions for 8 × 8 pictures: learns the digits in seconds."""

    kind: Literal["small"] = "small"
    label: ClassVar[str] = "Small net for 8 × 8"
    source: ClassVar[str] = "a LeNet cut to 8 × 8"
    technique: ClassVar[str] = "N2"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        first = (Conv2d(maps=16, kernel=3, padding=1), ReLU(), MaxPool())
        second = (Conv2d(maps=32, kernel=3, padding=1), ReLU(), MaxPool())
        return (*first, *second, Flatten(), Linear(units=64), ReLU(), Output())


def recognize(layers: tuple[Layer, ...], shape: Shape) -> str:
    """The label of the preset that these layers are; "" when they are none."""
    same = (p for p in Preset.members.values() if p().layers(shape) == layers)
    return next((p.label for p in same), "")
