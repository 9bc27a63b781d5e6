"""Depthwise convolution, squeeze-and-excitation and the ConvNeXt block: each equals its definition
written down plainly, with parameters and multiply-adds by hand.
"""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.base.encoding import decode, encode
from core.experiment import Experiment
from core.network.build import trace
from core.network.layers import (
    Conv2d,
    ConvNeXtBlock,
    DepthwiseConv2d,
    Flatten,
    GlobalPool,
    Layer,
    Output,
    Residual,
    SqueezeExcitation,
    walk_layers,
)

C, SHAPE = 6, (6, 9, 7)


def images(seed: int = 0) -> Tensor:
    return torch.randn(3, *SHAPE, generator=torch.Generator().manual_seed(seed)).double()


def module(layer: Layer) -> nn.Module:
    torch.manual_seed(1)
    return layer.call(SHAPE, 10).make().double()


def by_definition_depthwise(made: nn.Module, x: Tensor, layer: DepthwiseConv2d) -> Tensor:
    """One convolution of a single channel after the other."""
    parts = [
        F.conv2d(
            x[:, c : c + 1], made.weight[c : c + 1], stride=layer.stride, padding=layer.padding
        )
        for c in range(C)
    ]
    return torch.cat(parts, 1) + made.bias[:, None, None]


@pytest.mark.parametrize("kernel", [1, 3, 4])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 3)])
def test_a_depthwise_convolution_filters_each_channel_by_itself(kernel, stride, padding) -> None:
    layer = DepthwiseConv2d(kernel=kernel, stride=stride, padding=padding)
    made, x = module(layer), images()
    z = made(x)
    torch.testing.assert_close(z, by_definition_depthwise(made, x, layer))
    fact = trace((layer, Flatten(), Output()), SHAPE, 10)[0]
    assert fact.output == layer.output(SHAPE, 10) == tuple(z.shape[1:])
    assert fact.parameters == C * kernel**2 + C
    assert fact.multiply_adds == C * kernel**2 * z[0, 0].numel()


@pytest.mark.parametrize(("reduction", "hidden"), [(1, 6), (4, 1), (3, 2), (64, 1)])
def test_squeeze_and_excitation_equals_the_formula_of_the_paper(reduction, hidden) -> None:
    layer = SqueezeExcitation(reduction=reduction)
    made, x = module(layer), images()
    one, two = made.layers.linear1, made.layers.linear2
    squeezed = x.sum((2, 3)) / (9 * 7)
    factors = 1 / (
        1 + (-(F.relu(squeezed @ one.weight.T + one.bias) @ two.weight.T + two.bias)).exp()
    )
    torch.testing.assert_close(made(x), torch.einsum("nchw,nc->nchw", x, factors))
    fact = trace((layer, GlobalPool(), Output()), SHAPE, 10)[0]
    assert fact.output == SHAPE and fact.multiply_adds == 2 * C * hidden
    assert fact.parameters == 2 * C * hidden + hidden + C
    assert torch.autograd.gradcheck(made, x[:1, :, :2, :2].requires_grad_())


class PaperBlock(nn.Module):
    """The block of Liu et al. 2022, figure 4, with linear layers on the last dimension."""

    def __init__(self, channels: int):
        super().__init__()
        self.around = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.wide, self.narrow = (
            nn.Linear(channels, 4 * channels),
            nn.Linear(4 * channels, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        z = self.norm(self.around(x).permute(0, 2, 3, 1))
        return x + self.narrow(F.gelu(self.wide(z))).permute(0, 3, 1, 2)


def test_a_convnext_block_equals_the_block_of_the_paper() -> None:
    layer = ConvNeXtBlock().adapted(SHAPE)
    torch.manual_seed(2)
    twin, ours, x = PaperBlock(C).double(), module(layer), images()
    names = {
        "depthwise1": twin.around,
        "norm1": twin.norm,
        "conv1": twin.wide,
        "conv2": twin.narrow,
    }
    for name, source in names.items():
        target = ours.layers.get_submodule(name)
        target.weight.data = source.weight.data.reshape(target.weight.shape)
        target.bias.data = source.bias.data
    torch.testing.assert_close(ours(x), twin(x))
    fact = trace((layer, GlobalPool(), Output()), SHAPE, 10)[0]
    assert fact.output == SHAPE and not fact.note
    assert fact.parameters == sum(p.numel() for p in twin.parameters())
    assert fact.multiply_adds == 9 * 7 * (49 * C + 2 * 4 * C * C)


def test_a_convnext_block_for_other_channels_has_a_projection_and_is_stored_as_such() -> None:
    layers = (Conv2d(maps=5), ConvNeXtBlock(drop=0.2), SqueezeExcitation(), Flatten(), Output())
    assert trace(layers, (1, 8, 8), 10)[1].output == (16, 6, 6)
    again = decode(Experiment, encode(Experiment(network=layers))).network
    assert again == layers and type(again[1]) is ConvNeXtBlock
    plain = Residual(layers=ConvNeXtBlock().layers)
    assert len(list(walk_layers((plain,)))) == len(list(walk_layers((ConvNeXtBlock(),))))
    assert Residual().adapted(SHAPE) == Residual()
