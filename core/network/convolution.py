"""Layers of images: convolution and pooling. Choices only."""

from typing import ClassVar, Literal, Self

from core.base.spec import Call, ranged
from core.base.text import format_shape
from core.network.layer import Layer, Misfit, Shape, image_misfit, layer_bias


class SlidingFilter(Layer):
    """The base of layers with square filters `kernel`, `stride` and `padding`; not a member of the
    family.
    """

    technique: ClassVar[str] = "N1"
    name_prefix: ClassVar[str] = "conv"
    has_weights: ClassVar[bool] = True
    icon: ClassVar[str] = "blur_on"

    def sides(self, shape: Shape) -> tuple[int, ...]:
        """Return height and width of the output."""
        sides = ((n + 2 * self.padding - self.kernel) // self.stride + 1 for n in shape[1:])
        return tuple(sides)

    def misfit(self, shape: Shape) -> Misfit | None:
        if misfit := image_misfit(self.label, shape):
            return misfit
        side = min(shape[1:])
        if side + 2 * self.padding >= self.kernel:
            return None
        padding = -(-(self.kernel - side) // 2)
        text = (
            f"A {self.kernel} × {self.kernel} kernel is larger than its input, "
            f"{format_shape(shape)}. Set the padding to at least {padding} or use a smaller kernel."
        )
        return Misfit("kernel_too_large", text, {"shape": list(shape), "padding": padding})

    def keeping_size(self) -> Self:
        """Return the same convolution with stride 1 and "same" padding; itself if the kernel size
        is even.
        """
        if self.kernel % 2 == 0:
            return self
        return self.model_copy(update={"padding": self.kernel // 2, "stride": 1})

    @property
    def settings(self) -> list[str]:
        """The fields other than the size of the filters in a few words, as far as they matter."""
        parts = [f"stride {self.stride}"] * (self.stride != 1)
        parts += [f"padding {self.padding}"] * (self.padding != 0)
        parts += [f"extra initial bias {self.initial_bias:g}"] * (
            self.bias and self.initial_bias != 0
        )
        return parts


class Conv2d(SlidingFilter):
    """Slides small filters over the image; each filter produces one feature map."""

    kind: Literal["conv2d"] = "conv2d"
    label: ClassVar[str] = "Convolution"
    formula: ClassVar[str] = r"z_{m,i,j} = b_m + \sum_{c,u,v} w_{m,c,u,v}\; x_{c,\,si+u-p,\,sj+v-p}"
    source: ClassVar[str] = "LeCun et al. 1989"
    maps: int = ranged(
        16, 1, 2048, label="Filters", help="Number of output channels (feature maps)."
    )
    kernel: int = ranged(
        3, 1, 31, symbol="k", unit="px", label="Kernel size", help="Side of the square filter."
    )
    stride: int = ranged(
        1,
        1,
        16,
        symbol="s",
        unit="px",
        help="Step between neighbouring filter positions; 2 halves the image size.",
    )
    padding: int = ranged(
        0,
        0,
        15,
        symbol="p",
        unit="px",
        help="Zeros around the image; (k − 1)/2 keeps its size.",
    )
    bias: bool = ranged(True, help="Adds b, one learned number per filter.")
    initial_bias: float = layer_bias()

    def call(self, shape: Shape, outputs: int) -> Call:
        sizes = {"in_channels": shape[0], "out_channels": self.maps, "kernel_size": self.kernel}
        return Call(
            "torch.nn.Conv2d",
            {**sizes, "stride": self.stride, "padding": self.padding, "bias": self.bias},
        )

    def output(self, shape: Shape, outputs: int) -> Shape:
        return (self.maps, *self.sides(shape))

    @property
    def summary(self) -> str:
        return ", ".join([f"{self.maps} filters {self.kernel} × {self.kernel}", *self.settings])


class DepthwiseConv2d(SlidingFilter):
    """Slides one filter over each channel by itself, so that it has as many filters as channels,
    and C times fewer weights and multiply-adds than a convolution with C filters. It does not mix
    channels; a 1 × 1 convolution after it does.
    """

    kind: Literal["depthwise_conv2d"] = "depthwise_conv2d"
    label: ClassVar[str] = "Depthwise convolution"
    formula: ClassVar[str] = r"z_{c,i,j} = b_c + \sum_{u,v} w_{c,u,v}\; x_{c,\,si+u-p,\,sj+v-p}"
    source: ClassVar[str] = "Sifre 2014; Chollet 2017 (Xception)"
    name_prefix: ClassVar[str] = "depthwise"
    kernel: int = ranged(
        3, 1, 31, symbol="k", unit="px", label="Kernel size", help="Side of the square filter."
    )
    stride: int = ranged(
        1, 1, 16, symbol="s", unit="px",
        help="Step between neighbouring filter positions; 2 halves the image size.",
    )  # fmt: skip
    padding: int = ranged(
        0, 0, 15, symbol="p", unit="px", help="Zeros around the image; (k − 1)/2 keeps its size."
    )
    bias: bool = ranged(True, help="Adds b, one learned number per channel.")
    initial_bias: float = layer_bias()

    def call(self, shape: Shape, outputs: int) -> Call:
        channels = shape[0]
        sizes = {"in_channels": channels, "out_channels": channels, "kernel_size": self.kernel}
        more = {"stride": self.stride, "padding": self.padding, "groups": channels}
        return Call("torch.nn.Conv2d", {**sizes, **more, "bias": self.bias})

    def output(self, shape: Shape, outputs: int) -> Shape:
        return (shape[0], *self.sides(shape))

    @property
    def summary(self) -> str:
        return ", ".join([f"{self.kernel} × {self.kernel} per channel", *self.settings])


class Pool(Layer):
    """The base of layers that shrink images square by square, and sequences piece by piece; not a
    member of the family.
    """

    technique: ClassVar[str] = "N1"
    name_prefix: ClassVar[str] = "pool"
    icon: ClassVar[str] = "compress"
    group: ClassVar[str] = "Pooling and shape"
    size: int = ranged(
        2,
        2,
        16,
        symbol="k",
        unit="px",
        label="Pool size",
        help="Side of the square, and the step from one square to the next.",
    )

    def window(self, shape: Shape) -> int | tuple[int, int]:
        """Return the size of the pool: a square, or a part of a row if the input is one pixel high,
        as sequences are.
        """
        return (1, self.size) if shape[1] == 1 else self.size

    def output(self, shape: Shape, outputs: int) -> Shape:
        high = 1 if shape[1] == 1 else shape[1] // self.size
        return (shape[0], high, shape[2] // self.size)

    def misfit(self, shape: Shape) -> Misfit | None:
        if misfit := image_misfit(self.label, shape):
            return misfit
        if (shape[2] if shape[1] == 1 else min(shape[1:])) >= self.size:
            return None
        size = f"1 × {self.size}" if shape[1] == 1 else f"{self.size} × {self.size}"
        text = f"A {size} pool is larger than its input, {format_shape(shape)}. Delete this layer."
        return Misfit("pool_too_large", text, {"shape": list(shape), "size": self.size})

    @property
    def summary(self) -> str:
        return f"size {self.size}"


class MaxPool(Pool):
    """Keeps the largest value of each small square, which shrinks the image. In a sequence, it
    keeps the largest of k neighbouring values.
    """

    kind: Literal["max_pool"] = "max_pool"
    label: ClassVar[str] = "Max pooling"
    formula: ClassVar[str] = r"z_{c,i,j} = \max_{u,v<k} x_{c,\,ki+u,\,kj+v}"
    source: ClassVar[str] = "Weng et al. 1993"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.MaxPool2d", {"kernel_size": self.window(shape)})


class AvgPool(Pool):
    """Takes the mean of each small square, which smooths and shrinks the image. In a sequence, it
    takes the mean of k neighbouring values.
    """

    kind: Literal["avg_pool"] = "avg_pool"
    label: ClassVar[str] = "Average pooling"
    formula: ClassVar[str] = r"z_{c,i,j} = \tfrac1{k^2}\sum_{u,v<k} x_{c,\,ki+u,\,kj+v}"
    source: ClassVar[str] = "LeCun et al. 1989"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.AvgPool2d", {"kernel_size": self.window(shape)})


class GlobalPool(Layer):
    """Takes the mean of each whole feature map: one value per map, whatever the image size. It
    replaces Flatten and saves the weights that would follow it.
    """

    kind: Literal["global_pool"] = "global_pool"
    label: ClassVar[str] = "Global average pooling"
    formula: ClassVar[str] = r"z_c = \tfrac1{HW}\sum_{i,j} x_{c,i,j}"
    source: ClassVar[str] = "Lin, Chen & Yan 2014"
    technique: ClassVar[str] = "N1"
    name_prefix: ClassVar[str] = "global_pool"
    icon: ClassVar[str] = "compress"
    group: ClassVar[str] = "Pooling and shape"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("core.network.modules.GlobalPoolModule")

    def output(self, shape: Shape, outputs: int) -> Shape:
        return shape[:1]

    def misfit(self, shape: Shape) -> Misfit | None:
        return image_misfit(self.label, shape)

    @property
    def summary(self) -> str:
        return "one value per map"
