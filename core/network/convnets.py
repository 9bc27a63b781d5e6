"""Presets of convolutions, pools and linear layers. Choices only."""

from typing import ClassVar, Literal

from core.network.layers import (
    AvgPool,
    Conv2d,
    Flatten,
    Layer,
    Linear,
    MaxPool,
    Output,
    ReLU,
    Shape,
    Tanh,
)  # fmt: skip
from core.network.preset import Preset


class LeNet(Preset):
    """Two convolutions with pooling, then three linear layers: 61 706 parameters for 28 × 28 grey
    pictures, 10 classes.
    """

    kind: Literal["lenet"] = "lenet"
    label: ClassVar[str] = "LeNet"
    formula: ClassVar[str] = (
        r"\text{conv } 6 \to \text{pool} \to \text{conv } 16 \to \text{pool} \to 120 \to 84 \to C"
    )
    source: ClassVar[str] = "LeCun et al. 1998, with ReLU and max pooling; deck C"
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


class LeNet5(Preset):
    """LeNet as in 1998: tanh and average pools. Its third layer saw only some maps and its output
    measured distances; here they are an ordinary convolution and scores.
    """

    kind: Literal["lenet5"] = "lenet5"
    label: ClassVar[str] = "LeNet-5 of 1998"
    formula: ClassVar[str] = (
        r"\text{conv } 6 \to \text{pool} \to \text{conv } 16 \to \text{pool} \to 120 \to 84 \to C"
    )
    source: ClassVar[str] = "LeCun et al. 1998"
    pictures: ClassVar[bool] = True

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        first = (Conv2d(maps=6, kernel=5, padding=2), Tanh(), AvgPool())
        second = (Conv2d(maps=16, kernel=5), Tanh(), AvgPool(), Flatten())
        return (*first, *second, Linear(units=120), Tanh(), Linear(units=84), Tanh(), Output())


class CifarNet(Preset):
    """LeNet without padding, as the lecture trains it on CIFAR-10: 62 006 parameters for 32 × 32
    pictures in colour, 10 classes.
    """

    kind: Literal["cifar_net"] = "cifar_net"
    label: ClassVar[str] = "CIFAR Net"
    formula: ClassVar[str] = (
        r"\text{conv } 6 \to \text{pool} \to \text{conv } 16 \to \text{pool} \to 120 \to 84 \to C"
    )
    source: ClassVar[str] = "deck C; LeCun et al. 1998 with ReLU and max pooling"
    pictures: ClassVar[bool] = True

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        first = (Conv2d(maps=6, kernel=5), ReLU(), MaxPool())
        second = (Conv2d(maps=16, kernel=5), ReLU(), MaxPool(), Flatten())
        return (*first, *second, Linear(units=120), ReLU(), Linear(units=84), ReLU(), Output())


class Small(Preset):
    """Two small convolutions for 8 × 8 pictures: learns the digits in seconds."""

    kind: Literal["small"] = "small"
    label: ClassVar[str] = "Small net"
    formula: ClassVar[str] = (
        r"\text{conv } 16 \to \text{pool} \to \text{conv } 32 \to \text{pool} \to 64 \to C"
    )
    source: ClassVar[str] = "a LeNet cut to 8 × 8"
    pictures: ClassVar[bool] = True

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        first = (Conv2d(maps=16, kernel=3, padding=1), ReLU(), MaxPool())
        second = (Conv2d(maps=32, kernel=3, padding=1), ReLU(), MaxPool())
        return (*first, *second, Flatten(), Linear(units=64), ReLU(), Output())
