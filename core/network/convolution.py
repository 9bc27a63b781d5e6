"""Layers of pictures: convolution and pooling. Choices only."""

from typing import ClassVar, Literal

from core.network.layer import Layer, Shape, times, wants_pictures
from core.spec import Call, ranged


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

    def problem(self, shape: Shape) -> str | None:
        if wrong := wants_pictures(self.label, shape):
            return wrong
        room = min(shape[1:]) + 2 * self.padding
        if room >= self.kernel:
            return None
        return (
            f"Convolution with a {self.kernel} × {self.kernel} kernel does not fit into "
            f"{times(shape)}: "
            f"set the padding to at least {-(-(self.kernel - min(shape[1:])) // 2)} or take a "
            "smaller kernel."
        )

    @property
    def summary(self) -> str:
        more = [f"stride {self.stride}"] * (self.stride != 1) + [f"padding {self.padding}"] * (
            self.padding != 0
        )
        return ", ".join([f"{self.maps} maps {self.kernel} × {self.kernel}", *more])


class MaxPool(Layer):
    """Keeps the largest value of each small square, so that the picture shrinks."""

    kind: Literal["max_pool"] = "max_pool"
    label: ClassVar[str] = "Max pool"
    formula: ClassVar[str] = r"z_{c,i,j} = \max_{u,v<k} x_{c,\,ki+u,\,kj+v}"
    source: ClassVar[str] = "Weng et al. 1993; deck C"
    technique: ClassVar[str] = "N1"
    stem: ClassVar[str] = "pool"
    icon: ClassVar[str] = "compress"
    size: int = ranged(
        2, 2, 16, symbol="k", unit="px", help="Side of the square, and how far it moves."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.MaxPool2d", {"kernel_size": self.size})

    def problem(self, shape: Shape) -> str | None:
        if wrong := wants_pictures(self.label, shape):
            return wrong
        fits = min(shape[1:]) >= self.size
        return (
            None
            if fits
            else f"Max pool of {self.size} × {self.size} does not fit into {times(shape)}: "
            "leave it out."
        )

    @property
    def summary(self) -> str:
        return f"{self.size} × {self.size}"
