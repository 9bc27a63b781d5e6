"""The ConvNeXt block: a residual block of depthwise and 1 × 1 convolutions. Choices only."""

from typing import ClassVar, Literal

from pydantic import Field

from core.network.activations import GELU
from core.network.chains import Layers
from core.network.convolution import Conv2d, DepthwiseConv2d
from core.network.layer import Shape
from core.network.nested import MAX_INNER_LAYERS, Residual
from core.network.normalizations import ChannelNorm


def inside_convnext(channels: int, kernel: int = 7, expansion: int = 4) -> Layers:
    """Return the layers inside a block that keeps `channels` channels; the kernel size is odd."""
    return (
        DepthwiseConv2d(kernel=kernel, padding=kernel // 2),
        ChannelNorm(),
        Conv2d(maps=expansion * channels, kernel=1),
        GELU(),
        Conv2d(maps=channels, kernel=1),
    )


class ConvNeXtBlock(Residual):
    """A residual block that first looks around, by a large depthwise convolution, and then mixes
    the channels at each position, by two 1 × 1 convolutions with four times the channels between
    them, as a transformer does. It has one activation and one normalization.

    The layers can be changed like those of a residual block. The paper also multiplies the output
    by a learned factor for each channel that starts at 1e-6, which matters for very deep networks;
    it is left out here.
    """

    kind: Literal["convnext"] = "convnext"
    label: ClassVar[str] = "ConvNeXt block"
    formula: ClassVar[str] = (
        r"z = x + \tfrac{m}{1-p}\, W_2 * \mathrm{gelu}(W_1 * \mathrm{norm}(D * x))"
    )
    source: ClassVar[str] = "Liu et al. 2022; stochastic depth: Huang et al. 2016"
    name_prefix: ClassVar[str] = "convnext"
    icon: ClassVar[str] = "texture"
    layers: Layers = Field(
        inside_convnext(16), min_length=1, max_length=MAX_INNER_LAYERS,
        description="The layers inside.",
    )  # fmt: skip

    def adapted(self, shape: Shape) -> "ConvNeXtBlock":
        if len(shape) != 3:
            return self
        return self.model_copy(update={"layers": inside_convnext(shape[0])})
