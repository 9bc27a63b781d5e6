"""Presets of convolution, pooling and linear layers. Choices only."""

from typing import ClassVar, Literal

from core.network.layers import (
    AsSequence,
    AvgPool,
    Conv1d,
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
    """Two convolutions with pooling, then three linear layers: 61 706 parameters for 28 × 28
    greyscale images and 10 classes.
    """

    kind: Literal["lenet"] = "lenet"
    label: ClassVar[str] = "LeNet"
    formula: ClassVar[str] = (
        r"\text{conv } 6 \to \text{pool} \to \text{conv } 16 \to \text{pool} \to 120 \to 84 \to C"
    )
    source: ClassVar[str] = "LeCun et al. 1998, with ReLU and max pooling"
    needs_images: ClassVar[bool] = True

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
    """LeNet as published: tanh and average pooling. The original connected its second convolution
    to only some maps and measured distances at the output; here both are ordinary layers.
    """

    kind: Literal["lenet5"] = "lenet5"
    label: ClassVar[str] = "LeNet-5 (1998)"
    formula: ClassVar[str] = (
        r"\text{conv } 6 \to \text{pool} \to \text{conv } 16 \to \text{pool} \to 120 \to 84 \to C"
    )
    source: ClassVar[str] = "LeCun et al. 1998"
    needs_images: ClassVar[bool] = True

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        first = (Conv2d(maps=6, kernel=5, padding=2), Tanh(), AvgPool())
        second = (Conv2d(maps=16, kernel=5), Tanh(), AvgPool(), Flatten())
        return (*first, *second, Linear(units=120), Tanh(), Linear(units=84), Tanh(), Output())


class CifarNet(Preset):
    """LeNet without padding, as in PyTorch's CIFAR-10 tutorial: 62 006 parameters for 32 × 32
    colour images and 10 classes.
    """

    kind: Literal["cifar_net"] = "cifar_net"
    label: ClassVar[str] = "CIFAR Net"
    formula: ClassVar[str] = (
        r"\text{conv } 6 \to \text{pool} \to \text{conv } 16 \to \text{pool} \to 120 \to 84 \to C"
    )
    source: ClassVar[str] = "PyTorch's CIFAR-10 tutorial; LeCun et al. 1998"
    needs_images: ClassVar[bool] = True

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        first = (Conv2d(maps=6, kernel=5), ReLU(), MaxPool())
        second = (Conv2d(maps=16, kernel=5), ReLU(), MaxPool(), Flatten())
        return (*first, *second, Linear(units=120), ReLU(), Linear(units=84), ReLU(), Output())


class Small(Preset):
    """Two small convolutions for 8 × 8 images: learns the digits in seconds."""

    kind: Literal["small"] = "small"
    label: ClassVar[str] = "Small CNN"
    formula: ClassVar[str] = (
        r"\text{conv } 16 \to \text{pool} \to \text{conv } 32 \to \text{pool} \to 64 \to C"
    )
    source: ClassVar[str] = "LeCun et al. 1998, reduced to 8 × 8"
    needs_images: ClassVar[bool] = True

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        first = (Conv2d(maps=16, kernel=3, padding=1), ReLU(), MaxPool())
        second = (Conv2d(maps=32, kernel=3, padding=1), ReLU(), MaxPool())
        return (*first, *second, Flatten(), Linear(units=64), ReLU(), Output())


class SequenceCNN(Preset):
    """Two 1-D convolutions along the columns of a row, for columns that follow each other, such as
    a signal over time or a spectrum. On an image they run along each row of pixels.
    """

    kind: Literal["sequence_cnn"] = "sequence_cnn"
    label: ClassVar[str] = "1-D CNN"
    formula: ClassVar[str] = (
        r"\text{conv } 16 \to \text{pool} \to \text{conv } 32 \to \text{pool} \to 64 \to C"
    )
    source: ClassVar[str] = "Waibel et al. 1989; LeCun & Bengio 1995"

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        def convolution(maps: int, *, least: int) -> tuple[Layer, ...]:
            pool = (MaxPool(),) if length >= least else ()
            return (Conv1d(maps=maps, kernel=5, padding=2), ReLU(), *pool)

        length = min(shape[1:] or shape)
        start = () if len(shape) == 3 else (AsSequence(),)
        body = (*convolution(16, least=2), *convolution(32, least=4), Flatten())
        return (*start, *body, Linear(units=64), ReLU(), Output())
