"""Presets of residual blocks, for small pictures (3 × 3 stem, no pool before the blocks). Choices
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
from core.network.nested import deepening
from core.network.preset import Preset


def normalized(maps: int, stride: int = 1) -> tuple[Layer, ...]:
    """A 3 × 3 convolution that keeps the size (or divides it), with batch normalization."""
    return (Conv2d(maps=maps, padding=1, stride=stride, bias=False), BatchNorm())


def block(maps: int, stride: int, shortcut: bool) -> tuple[Layer, ...]:
    """The basic block of He et al. 2016: the ReLU stands behind the sum."""
    inside = (*normalized(maps, stride), ReLU(), *normalized(maps))
    return (Residual(layers=inside, shortcut=shortcut), ReLU())


class ResNet(Preset):
    """The base, no member by itself: stages of basic blocks, each stage with twice the maps at half
    the size.
    """

    formula: ClassVar[str] = r"h_{l+1} = \mathrm{relu}(h_l + F_l(h_l))"
    source: ClassVar[str] = "He et al. 2016; stochastic depth: Huang et al. 2016"
    pictures: ClassVar[bool] = True
    stages: ClassVar[int] = 0
    shortcuts: bool = ranged(True, help="Off, the blocks are plain chains, to compare.")
    drop: float = ranged(
        0.0,
        0,
        below=1,
        symbol="p",
        label="Drop probability",
        help="Of the last block; it grows with depth from the first one on (stochastic depth).",
    )

    def sizes(self) -> tuple[int, int]:
        """Maps of the first stage, blocks of each stage."""
        raise NotImplementedError

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        width, blocks = self.sizes()
        body: tuple[Layer, ...] = ()
        for stage in range(self.stages):
            for number in range(blocks):
                stride = 2 if stage and not number else 1
                body += block(width * 2**stage, stride, self.shortcuts)
        stem = (*normalized(width), ReLU())
        return (*stem, *deepening(body, self.drop), GlobalPool(), Output())


class SmallResNet(ResNet):
    """6n + 2 layers in three stages: 8 layers for one block a stage, 20 for three, as in the paper
    for CIFAR-10 but with 1 × 1 convolutions where the size changes.
    """

    kind: Literal["small_resnet"] = "small_resnet"
    label: ClassVar[str] = "Small ResNet"
    stages: ClassVar[int] = 3
    width: int = ranged(16, 1, 512, unit="maps", help="Maps of the first stage; then 2 and 4 ×.")
    blocks: int = ranged(1, 1, 18, symbol="n", help="Residual blocks of each stage.")

    def sizes(self) -> tuple[int, int]:
        return self.width, self.blocks


class ResNet18(ResNet):
    """18 layers in four stages of two blocks: 11 173 962 parameters for k = 64, three colours and
    10 classes. Narrow ones show double descent (Nakkiran et al. 2020).
    """

    kind: Literal["resnet18"] = "resnet18"
    label: ClassVar[str] = "ResNet-18"
    stages: ClassVar[int] = 4
    width: int = ranged(
        64, 1, 256, symbol="k", unit="maps", help="Maps of the first stage; then 2, 4 and 8 ×."
    )

    def sizes(self) -> tuple[int, int]:
        return self.width, 2
