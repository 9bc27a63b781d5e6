"""Presets that begin by cutting an image into patches: a convolution whose stride is its kernel
size. Choices only.
"""

from typing import ClassVar, Literal

from core.base.spec import ranged
from core.network.convnext import inside_convnext
from core.network.layers import (
    ChannelNorm,
    Conv2d,
    ConvNeXtBlock,
    GlobalPool,
    Layer,
    LayerNorm,
    Output,
    Shape,
)  # fmt: skip
from core.network.nested import set_stochastic_depth
from core.network.preset import Preset


class PatchPreset(Preset):
    """The base; not a member of the family."""

    needs_images: ClassVar[bool] = True
    drop: float = ranged(
        0.0, 0, below=1, symbol="p", label="Drop probability",
        help="Stochastic depth: grows linearly with depth up to this value in the last block.",
    )  # fmt: skip


class SmallConvNeXt(PatchPreset):
    """ConvNeXt in two stages for small images: patches of 2 × 2 pixels, blocks, half the size with
    twice the channels, blocks. The published networks have four stages and begin with patches of
    4 × 4 pixels of large photographs.
    """

    kind: Literal["small_convnext"] = "small_convnext"
    label: ClassVar[str] = "Small ConvNeXt"
    formula: ClassVar[str] = r"h_{l+1} = h_l + W_2 * \mathrm{gelu}(W_1 * \mathrm{norm}(D * h_l))"
    source: ClassVar[str] = "Liu et al. 2022, reduced"
    width: int = ranged(
        32, 1, 512, unit="channels", help="Channels of the first stage; the second has 2 × as many."
    )
    blocks: int = ranged(2, 1, 12, symbol="n", help="ConvNeXt blocks per stage.")

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        def stage(channels: int) -> tuple[Layer, ...]:
            return (ConvNeXtBlock(layers=inside_convnext(channels)),) * self.blocks

        body = (
            *stage(self.width),
            ChannelNorm(),
            Conv2d(maps=2 * self.width, kernel=2, stride=2),
            *stage(2 * self.width),
        )
        stem = (Conv2d(maps=self.width, kernel=2, stride=2), ChannelNorm())
        body = set_stochastic_depth(body, self.drop)
        return (*stem, *body, GlobalPool(), LayerNorm(), Output())
