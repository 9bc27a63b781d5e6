"""Presets of residual blocks for small images (3 × 3 stem, no pooling before the blocks). Choices
only.
"""

from typing import ClassVar, Literal

from core.base.spec import ranged
from core.network.layers import (
    BatchNorm,
    Conv2d,
    GlobalPool,
    Layer,
    Output,
    ReLU,
    Residual,
    Shape,
)  # fmt: skip
from core.network.nested import set_stochastic_depth
from core.network.preset import Preset


def normalized_convolution(maps: int, stride: int = 1) -> tuple[Layer, ...]:
    """Return a 3 × 3 convolution that keeps the size (or divides it by `stride`), with batch
    normalization.
    """
    return (Conv2d(maps=maps, padding=1, stride=stride, bias=False), BatchNorm())


def basic_block(maps: int, stride: int, shortcut: bool) -> tuple[Layer, ...]:
    """Return the basic block of He et al. 2016: the ReLU follows the sum."""
    inside = (*normalized_convolution(maps, stride), ReLU(), *normalized_convolution(maps))
    return (Residual(layers=inside, shortcut=shortcut), ReLU())


class ResNet(Preset):
    """The base: stages of basic blocks, each stage with twice the filters at half the size; not a
    member of the family.
    """

    formula: ClassVar[str] = r"h_{l+1} = \mathrm{relu}(h_l + F_l(h_l))"
    source: ClassVar[str] = "He et al. 2016; stochastic depth: Huang et al. 2016"
    needs_images: ClassVar[bool] = True
    stages: ClassVar[int] = 0
    shortcuts: bool = ranged(True, help="When off, the blocks are plain chains, for comparison.")
    drop: float = ranged(
        0.0,
        0,
        below=1,
        symbol="p",
        label="Drop probability",
        help="Stochastic depth: grows linearly with depth up to this value in the last block.",
    )

    def sizes(self) -> tuple[int, int]:
        """Return the filters of the first stage and the blocks of each stage."""
        raise NotImplementedError

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        width, blocks = self.sizes()
        body: tuple[Layer, ...] = ()
        for stage in range(self.stages):
            for number in range(blocks):
                stride = 2 if stage and not number else 1
                body += basic_block(width * 2**stage, stride, self.shortcuts)
        stem = (*normalized_convolution(width), ReLU())
        return (*stem, *set_stochastic_depth(body, self.drop), GlobalPool(), Output())


class SmallResNet(ResNet):
    """6n + 2 layers in three stages: 8 layers for n = 1, 20 for n = 3, as in the paper for CIFAR-10
    but with 1 × 1 convolutions where the size changes.
    """

    kind: Literal["small_resnet"] = "small_resnet"
    label: ClassVar[str] = "Small ResNet"
    stages: ClassVar[int] = 3
    width: int = ranged(
        16,
        1,
        512,
        unit="filters",
        help="Filters of the first stage; the next stages have 2 × and 4 × as many.",
    )
    blocks: int = ranged(1, 1, 18, symbol="n", help="Residual blocks per stage.")

    def sizes(self) -> tuple[int, int]:
        return self.width, self.blocks


class ResNet18(ResNet):
    """18 layers in four stages of two blocks: 11 173 962 parameters for k = 64, three colour
    channels and 10 classes. Narrow variants show double descent (Nakkiran et al. 2020).
    """

    kind: Literal["resnet18"] = "resnet18"
    label: ClassVar[str] = "ResNet-18"
    stages: ClassVar[int] = 4
    width: int = ranged(
        64,
        1,
        256,
        symbol="k",
        unit="filters",
        help="Filters of the first stage; the next stages have 2 ×, 4 × and 8 × as many.",
    )

    def sizes(self) -> tuple[int, int]:
        return self.width, 2
