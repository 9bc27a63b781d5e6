"""Layers of transformers: self-attention between the positions of an image or a sequence, and the
positions themselves. Choices only.
"""

from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.base.text import counted
from core.network.layer import Layer, Misfit, Shape, image_misfit


class SelfAttention(Layer):
    """Each position of an image or a sequence collects values from all positions, weighted by how
    well its query q matches their keys k. Several heads do so with different weights, each with
    C/h of the channels. Linear maps of the channels compute q, k and v, and mix the heads.

    Its time and memory grow with the square of the number of positions: place it behind a
    convolution with a stride, or behind pooling. Usually it is the last layer of a residual block
    that begins with layer normalization by position.
    """

    kind: Literal["self_attention"] = "self_attention"
    label: ClassVar[str] = "Self-attention"
    formula: ClassVar[str] = (
        r"z = W_o\,\bigl[\,v_h\,\mathrm{softmax}(q_h^\top k_h/\sqrt{d})^\top\bigr]_h,\;"
        r" (q, k, v) = W x"
    )
    source: ClassVar[str] = "Vaswani et al. 2017; Dosovitskiy et al. 2021"
    technique: ClassVar[str] = "N1"
    name_prefix: ClassVar[str] = "attention"
    icon: ClassVar[str] = "visibility"
    group: ClassVar[str] = "Blocks"
    has_weights: ClassVar[bool] = True
    heads: int = ranged(
        4, 1, 64, symbol="h", help="Number of heads; the number of channels must be a multiple."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        channels = shape[0]
        layers = {
            "project": _pointwise(channels, 3 * channels),
            "merge": _pointwise(channels, channels),
        }
        return Call(
            "core.network.modules.SelfAttentionModule", {"layers": layers, "heads": self.heads}
        )

    def inner_values(self, shape: Shape) -> int:
        """Return how many values it computes besides its output: q, k, v and two matrices of L × L
        for each head.
        """
        channels, height, width = shape
        places = height * width
        return 3 * channels * places + 2 * self.heads * places**2

    def misfit(self, shape: Shape) -> Misfit | None:
        if misfit := image_misfit(self.label, shape):
            return misfit
        channels = shape[0]
        if channels % self.heads == 0:
            return None
        possible = max(n for n in range(1, self.heads) if channels % n == 0)
        text = (
            f"{counted(channels, 'channel')} cannot be divided into {self.heads} equal heads. Set "
            f"the number of heads to {possible} or change the previous layer."
        )
        evidence = {"shape": list(shape), "heads": self.heads, "suggested": possible}
        return Misfit("unequal_heads", text, evidence)

    def fixes(self, outputs: int, *, is_inner: bool) -> tuple[tuple[str, Layer], ...]:
        return tuple(
            (f"Use {counted(heads, 'head')}", self.model_copy(update={"heads": heads}))
            for heads in range(self.heads - 1, 0, -1)
        )

    @property
    def summary(self) -> str:
        return counted(self.heads, "head")


def _pointwise(inputs: int, outputs: int) -> Call:
    """Return a linear map of the channels at each position: a 1 × 1 convolution."""
    sizes = {"in_channels": inputs, "out_channels": outputs, "kernel_size": 1}
    return Call("torch.nn.Conv2d", sizes)


class PositionEmbedding(Layer):
    """Adds numbers that differ from position to position, because attention by itself cannot tell
    where a value comes from: sines and cosines of the row in the first half of the channels, and of
    the column in the second half, with wavelengths from 2π to 10 000·2π. In a sequence all channels
    belong to the place.
    """

    kind: Literal["position_embedding"] = "position_embedding"
    label: ClassVar[str] = "Position embedding"
    formula: ClassVar[str] = (
        r"z_{2m,i,j} = x_{2m,i,j} + \sin\bigl(i\,/\,10\,000^{2m/h}\bigr),\;"
        r" z_{2m+1,i,j} = x_{2m+1,i,j} + \cos\bigl(i\,/\,10\,000^{2m/h}\bigr)"
    )
    source: ClassVar[str] = "Vaswani et al. 2017; Beyer, Zhai & Kolesnikov 2022 (in two dimensions)"
    technique: ClassVar[str] = "N1"
    name_prefix: ClassVar[str] = "position"
    icon: ClassVar[str] = "grid_on"
    group: ClassVar[str] = "Blocks"
    learned: bool = ranged(
        False, help="Trains the numbers, which start as the same sines and cosines."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        sizes = dict(zip(("channels", "height", "width"), shape, strict=True))
        return Call(
            "core.network.modules.PositionEmbeddingModule", {**sizes, "learned": self.learned}
        )

    def misfit(self, shape: Shape) -> Misfit | None:
        return image_misfit(self.label, shape)

    @property
    def summary(self) -> str:
        return "learned" if self.learned else "fixed"
