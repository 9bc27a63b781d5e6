"""Layers of sequences: numbers that follow each other in the columns of a row, such as a signal
over time. Choices only.

A sequence of length L with C values at each place has the shape (C, 1, L), like an image that is
one pixel high. So pooling, normalizations and blocks need no variants for sequences.
"""

from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.base.text import counted, format_shape
from core.network.convolution import SlidingFilter
from core.network.layer import Layer, Misfit, Shape, flat_misfit, layer_bias


class AsSequence(Layer):
    """Reshapes a row of values into a sequence, as 1-D convolution requires. With several series in
    one row, the columns of the first series come first, then those of the second.
    """

    kind: Literal["sequence"] = "sequence"
    label: ClassVar[str] = "Columns as sequence"
    formula: ClassVar[str] = r"(C\,L) \to (C, 1, L)"
    technique: ClassVar[str] = "N1"
    source: ClassVar[str] = "pytorch.org (torch.nn.Unflatten)"
    name_prefix: ClassVar[str] = "sequence"
    icon: ClassVar[str] = "timeline"
    group: ClassVar[str] = "Pooling and shape"
    changes_values: ClassVar[bool] = False
    series: int = ranged(
        1, 1, 1024, symbol="C", help="Number of series in one row; all of them have equal length."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Unflatten", {"dim": 1, "unflattened_size": self.output(shape, 0)})

    def output(self, shape: Shape, outputs: int) -> Shape:
        return (self.series, 1, shape[0] // self.series)

    def misfit(self, shape: Shape) -> Misfit | None:
        if misfit := flat_misfit(self.label, shape):
            return misfit
        values = shape[0]
        if values % self.series == 0:
            return None
        possible = max(n for n in range(1, self.series) if values % n == 0)
        text = (
            f"{counted(values, 'value')} cannot be divided into {self.series} series of equal "
            f"length. Set the number of series to {possible}, or leave columns out on Data."
        )
        evidence = {"shape": list(shape), "series": self.series, "suggested": possible}
        return Misfit("unequal_series", text, evidence)

    def fixes(self, outputs: int, *, is_inner: bool) -> tuple[tuple[str, Layer], ...]:
        return tuple(
            (f"Use {series} series", self.model_copy(update={"series": series}))
            for series in range(self.series - 1, 0, -1)
        )

    @property
    def summary(self) -> str:
        return f"{self.series} series" if self.series > 1 else ""


class Conv1d(SlidingFilter):
    """Slides small filters along a sequence; each filter produces one series. The same pattern is
    found wherever it occurs in the row. On an image it slides along each row of pixels.
    """

    kind: Literal["conv1d"] = "conv1d"
    label: ClassVar[str] = "1-D convolution"
    formula: ClassVar[str] = r"z_{m,i} = b_m + \sum_{c,u} w_{m,c,u}\; x_{c,\,si+u-p}"
    source: ClassVar[str] = "Waibel et al. 1989"
    icon: ClassVar[str] = "ssid_chart"
    maps: int = ranged(16, 1, 2048, label="Filters", help="Number of output channels (series).")
    kernel: int = ranged(
        5, 1, 255, symbol="k", label="Kernel size", help="Values under the filter."
    )
    stride: int = ranged(
        1, 1, 64, symbol="s",
        help="Step between neighbouring filter positions; 2 halves the length.",
    )  # fmt: skip
    padding: int = ranged(
        0, 0, 127, symbol="p", help="Zeros at both ends; (k − 1)/2 keeps the length."
    )
    bias: bool = ranged(True, help="Adds b, one learned number per filter.")
    initial_bias: float = layer_bias()

    def call(self, shape: Shape, outputs: int) -> Call:
        sizes = {
            "in_channels": shape[0],
            "out_channels": self.maps,
            "kernel_size": (1, self.kernel),
        }
        more = {"stride": (1, self.stride), "padding": (0, self.padding), "bias": self.bias}
        return Call("torch.nn.Conv2d", {**sizes, **more})

    def output(self, shape: Shape, outputs: int) -> Shape:
        length = (shape[2] + 2 * self.padding - self.kernel) // self.stride + 1
        return (self.maps, shape[1], length)

    def misfit(self, shape: Shape) -> Misfit | None:
        if len(shape) != 3:
            text = (
                f"{self.label} needs a sequence, but its input has {format_shape(shape)} values. "
                f"Insert {AsSequence.label} before it."
            )
            return Misfit("needs_sequence", text, {"shape": list(shape)})
        if shape[2] + 2 * self.padding >= self.kernel:
            return None
        padding = -(-(self.kernel - shape[2]) // 2)
        text = (
            f"A kernel of {self.kernel} is longer than its input, {format_shape(shape)}. Set the "
            f"padding to at least {padding} or use a smaller kernel."
        )
        return Misfit("kernel_too_large", text, {"shape": list(shape), "padding": padding})

    def preparations(self) -> tuple[Layer, ...]:
        return (AsSequence(),)

    @property
    def summary(self) -> str:
        return ", ".join([f"{self.maps} filters of {self.kernel}", *self.settings])
