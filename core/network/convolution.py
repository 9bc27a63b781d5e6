"""Layers of pictures: convolution and pooling. Choices only."""

from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.base.text import format_shape
from core.network.layer import Layer, Shape, wants_pictures


class Conv2d(Layer):
    """Slides small filters over the picture; each filter gives one map of where it fits."""

    kind: Literal["conv2d"] = "conv2d"
    label: ClassVar[str] = "Convolution"
    formula: ClassVar[str] = r"z_{m,i,j} = b_m + \sum_{c,u,v} w_{m,c,u,v}\; x_{c,\,si+u-p,\,sj+v-p}"
    source: ClassVar[str] = "LeCun et al. 1989"
    technique: ClassVar[str] = "N1"
    stem: ClassVar[str] = "conv"
    icon: ClassVar[str] = "blur_on"
    maps: int = ranged(16, 1, 2048, help="How many filters, and so maps, come out.")
    kernel: int = ranged(3, 1, 31, symbol="k", unit="px", help="Side of the square filter.")
    stride: int = ranged(
        1,
        1,
        16,
        symbol="s",
        unit="px",
        help="How far the filter moves at once; 2 halves the picture.",
    )
    padding: int = ranged(
        0, 0, 15, symbol="p", unit="px", help="Zeros around the picture; (k − 1)/2 keeps its size."
    )
    bias: bool = ranged(True, help="Adds b, one learned number for each map.")

    def call(self, shape: Shape, outputs: int) -> Call:
        sizes = {"in_channels": shape[0], "out_channels": self.maps, "kernel_size": self.kernel}
        return Call(
            "torch.nn.Conv2d",
            {**sizes, "stride": self.stride, "padding": self.padding, "bias": self.bias},
        )

    def output(self, shape: Shape, outputs: int) -> Shape:
        sides = ((n + 2 * self.padding - self.kernel) // self.stride + 1 for n in shape[1:])
        return (self.maps, *sides)

    def problem(self, shape: Shape) -> str | None:
        if wrong := wants_pictures(self.label, shape):
            return wrong
        room = min(shape[1:]) + 2 * self.padding
        if room >= self.kernel:
            return None
        return (
            f"Convolution with a {self.kernel} × {self.kernel} kernel does not fit into "
            f"{format_shape(shape)}: "
            f"set the padding to at least {-(-(self.kernel - min(shape[1:])) // 2)} or take a "
            "smaller kernel."
        )

    @property
    def summary(self) -> str:
        more = [f"stride {self.stride}"] * (self.stride != 1) + [f"padding {self.padding}"] * (
            self.padding != 0
        )
        return ", ".join([f"{self.maps} maps {self.kernel} × {self.kernel}", *more])


class Pool(Layer):
    """The base of what makes pictures smaller square by square, no member by itself."""

    technique: ClassVar[str] = "N1"
    stem: ClassVar[str] = "pool"
    icon: ClassVar[str] = "compress"
    size: int = ranged(
        2, 2, 16, symbol="k", unit="px", help="Side of the square, and how far it moves."
    )

    def output(self, shape: Shape, outputs: int) -> Shape:
        return (shape[0], *(n // self.size for n in shape[1:]))

    def problem(self, shape: Shape) -> str | None:
        if wrong := wants_pictures(self.label, shape):
            return wrong
        if min(shape[1:]) >= self.size:
            return None
        return (
            f"{self.label} of {self.size} × {self.size} does not fit into {format_shape(shape)}: "
            "leave it out."
        )

    @property
    def summary(self) -> str:
        return f"{self.size} × {self.size}"


class MaxPool(Pool):
    """Keeps the largest value of each small square, so that the picture shrinks."""

    kind: Literal["max_pool"] = "max_pool"
    label: ClassVar[str] = "Max pool"
    formula: ClassVar[str] = r"z_{c,i,j} = \max_{u,v<k} x_{c,\,ki+u,\,kj+v}"
    source: ClassVar[str] = "Weng et al. 1993; deck C"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.MaxPool2d", {"kernel_size": self.size})


class AvgPool(Pool):
    """The mean of each small square: smooths the picture as it shrinks."""

    kind: Literal["avg_pool"] = "avg_pool"
    label: ClassVar[str] = "Average pool"
    formula: ClassVar[str] = r"z_{c,i,j} = \tfrac1{k^2}\sum_{u,v<k} x_{c,\,ki+u,\,kj+v}"
    source: ClassVar[str] = "LeCun et al. 1989"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.AvgPool2d", {"kernel_size": self.size})


class GlobalPool(Layer):
    """The mean of each whole map: one value for each, whatever the picture's size. It stands in for
    Flatten and saves the weights behind it.
    """

    kind: Literal["global_pool"] = "global_pool"
    label: ClassVar[str] = "Global average pool"
    formula: ClassVar[str] = r"z_c = \tfrac1{HW}\sum_{i,j} x_{c,i,j}"
    source: ClassVar[str] = "Lin, Chen & Yan 2014"
    technique: ClassVar[str] = "N1"
    stem: ClassVar[str] = "global_pool"
    icon: ClassVar[str] = "compress"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("core.network.modules.GlobalPoolModule")

    def output(self, shape: Shape, outputs: int) -> Shape:
        return shape[:1]

    def problem(self, shape: Shape) -> str | None:
        return wants_pictures(self.label, shape)

    @property
    def summary(self) -> str:
        return "one value per map"
