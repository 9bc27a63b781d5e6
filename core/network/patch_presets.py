"""Presets that begin by cutting an image into patches: a convolution whose stride is its kernel
size. Choices only.
"""

from typing import ClassVar, Literal

from core.base.spec import ranged
from core.network.convnext import inside_convnext
from core.network.layers import (
    GELU,
    ChannelNorm,
    Conv2d,
    ConvNeXtBlock,
    GlobalPool,
    Layer,
    LayerNorm,
    Output,
    PositionEmbedding,
    Residual,
    SelfAttention,
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


class SmallViT(PatchPreset):
    """A vision transformer: patches of the image become tokens with a position; in each block, the
    tokens exchange information by self-attention, and then two linear layers change each token by
    itself. The mean of all tokens gives the class, in place of a class token.

    Transformers assume less about images than convolutions do, so that they need more images or
    stronger augmentation.
    """

    kind: Literal["small_vit"] = "small_vit"
    label: ClassVar[str] = "Small vision transformer"
    formula: ClassVar[str] = (
        r"h' = h + \mathrm{attention}(\mathrm{norm}(h)),\;"
        r" h'' = h' + W_2\,\mathrm{gelu}(W_1\,\mathrm{norm}(h'))"
    )
    source: ClassVar[str] = (
        "Dosovitskiy et al. 2021; Beyer, Zhai & Kolesnikov 2022 (mean of tokens)"
    )
    patch: int = ranged(
        4, 1, 32, symbol="p", unit="px",
        help="Side of a patch; smaller in small images, so that there are 4 × 4 patches at least.",
    )  # fmt: skip
    depth: int = ranged(4, 1, 24, help="Number of transformer blocks.")
    heads: int = ranged(4, 1, 16, symbol="h", help="Heads of self-attention.")
    head_width: int = ranged(
        16, 1, 128, label="Channels per head", unit="channels",
        help="A token has as many channels as all heads together.",
    )  # fmt: skip
    expansion: int = ranged(
        2, 1, 8, help="Hidden units of the two linear layers, as a multiple of the channels."
    )

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        channels = self.heads * self.head_width
        patch = max(1, min(self.patch, min(shape[1:], default=1) // 4))
        attention = Residual(layers=(ChannelNorm(), SelfAttention(heads=self.heads)))
        wide = Conv2d(maps=self.expansion * channels, kernel=1)
        mlp = Residual(layers=(ChannelNorm(), wide, GELU(), Conv2d(maps=channels, kernel=1)))
        body = set_stochastic_depth((attention, mlp) * self.depth, self.drop)
        stem = (Conv2d(maps=channels, kernel=patch, stride=patch), PositionEmbedding())
        return (*stem, *body, ChannelNorm(), GlobalPool(), Output())
