"""Presets: whole networks by name, fitted to the data's shape. Each is a choice, so menus and help
come from it.
"""

from typing import ClassVar, Literal

from core.data.wording import counted
from core.network.activations import ReLU, Tanh
from core.network.layers import Conv2d, Flatten, Layer, Linear, MaxPool, Output, Shape
from core.spec import Choice


class Preset(Choice, family="preset"):
    """A list of layers to begin from."""

    pictures: ClassVar[bool] = False  # whether it can only work on pictures

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        """The layers for pictures of this shape (C, H, W), or rows of (F,) numbers."""
        raise NotImplementedError

    def problem(self, shape: Shape) -> str | None:
        """Why it is no network for this kind of data, and the way out. Whether its layers fit is
        for `core.network.build.trace` to say.
        """
        if len(shape) == 3 or not self.pictures:
            return None
        fit = " or ".join(m.label for m in Preset.members.values() if not m.pictures)
        return (
            f"{self.label} is made for pictures, but this data has rows of "
            f"{counted(shape[0], 'number')}: choose {fit}."
        )


def flat(shape: Shape) -> tuple[Layer, ...]:
    """What lays pictures out as rows; nothing for rows."""
    return (Flatten(),) if len(shape) == 3 else ()


class SoftmaxRegression(Preset):
    """One linear layer: scores are weighted sums of pixels. The straightest line through the
    data.
    """

    kind: Literal["softmax"] = "softmax"
    label: ClassVar[str] = "Softmax regression"
    source: ClassVar[str] = "Cox 1958; deck B"
    technique: ClassVar[str] = "N2"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        return (*flat(shape), Output())


class MLP(Preset):
    """784-100-10 for 28 × 28 pictures: one hidden layer of 100 tanh units."""

    kind: Literal["mlp"] = "mlp"
    label: ClassVar[str] = "MLP, 100 hidden"
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986; deck B"
    technique: ClassVar[str] = "N2"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        return (*flat(shape), Linear(units=100), Tanh(), Output())


class Points(Preset):
    """2-64-64-C for points in a plane: two hidden layers of 64 ReLUs, enough to bend a boundary or
    a curve.
    """

    kind: Literal["points"] = "points"
    label: ClassVar[str] = "MLP, 64-64"
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986, with ReLU"
    technique: ClassVar[str] = "N2"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        hidden = (Linear(units=64), ReLU(), Linear(units=64), ReLU())
        return (*flat(shape), *hidden, Output())


class LeNet(Preset):
    """Two convolutions with pooling, then three linear layers: 61 706 parameters for 28 × 28 grey
    pictures, 10 classes.
    """

    kind: Literal["lenet"] = "lenet"
    label: ClassVar[str] = "LeNet"
    source: ClassVar[str] = "LeCun et al. 1998, with ReLU and max pooling; deck C"
    technique: ClassVar[str] = "N2"
    pictures: ClassVar[bool] = True

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
    pictures: ClassVar[bool] = True

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        first = (Conv2d(maps=16, kernel=3, padding=1), ReLU(), MaxPool())
        second = (Conv2d(maps=32, kernel=3, padding=1), ReLU(), MaxPool())
        return (*first, *second, Flatten(), Linear(units=64), ReLU(), Output())


def recognize(layers: tuple[Layer, ...], shape: Shape) -> str:
    """The label of the preset that these layers are; "" when they are none."""
    same = (p for p in Preset.members.values() if p().layers(shape) == layers)
    return next((p.label for p in same), "")
