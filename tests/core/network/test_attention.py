"""Self-attention, position embedding and the small vision transformer: torch's transformer layer is
the reference.
"""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.advice.estimate import memory_bytes
from core.advice.network_fix import check_fit
from core.experiment import Experiment
from core.network.build import build, trace
from core.network.initializers import He
from core.network.layers import (
    AsSequence,
    Conv1d,
    Conv2d,
    Flatten,
    GlobalPool,
    Layer,
    Output,
    PositionEmbedding,
    SelfAttention,
)
from core.network.presets import SmallViT

SHAPE = (8, 3, 5)


def images(shape: tuple[int, ...] = SHAPE) -> Tensor:
    return torch.randn(4, *shape, generator=torch.Generator().manual_seed(0)).double()


def tokens(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, H·W, C)."""
    return x.flatten(2).transpose(1, 2)


def copy_attention(source: nn.MultiheadAttention, target: nn.Module) -> None:
    pairs = {"project": (source.in_proj_weight, source.in_proj_bias),
             "merge": (source.out_proj.weight, source.out_proj.bias)}  # fmt: skip
    for name, (weight, bias) in pairs.items():
        target.layers[name].weight.data = weight.data[:, :, None, None]
        target.layers[name].bias.data = bias.data


@pytest.mark.parametrize("heads", [1, 2, 8])
@pytest.mark.parametrize("shape", [SHAPE, (8, 1, 6), (8, 1, 1)])
def test_self_attention_equals_that_of_torch(heads: int, shape: tuple[int, ...]) -> None:
    layer, x = SelfAttention(heads=heads), images(shape)
    torch.manual_seed(1)
    twin = nn.MultiheadAttention(8, heads, batch_first=True).double()
    nn.init.normal_(twin.in_proj_bias)
    ours = layer.call(shape, 10).make().double()
    copy_attention(twin, ours)
    expected = twin(tokens(x), tokens(x), tokens(x))[0]
    torch.testing.assert_close(tokens(ours(x)), expected)
    fact = trace((layer, GlobalPool(), Output()), shape, 10)[0]
    places = math.prod(shape[1:])
    assert fact.output == shape and fact.parameters == sum(p.numel() for p in twin.parameters())
    assert fact.multiply_adds == places * 4 * 8 * 8 + 2 * 8 * places**2


def test_self_attention_has_first_and_second_derivatives() -> None:
    torch.manual_seed(2)
    module = SelfAttention(heads=2).call((4, 1, 3), 10).make().double()
    x = images((4, 1, 3))[:1].requires_grad_()
    assert torch.autograd.gradcheck(module, x) and torch.autograd.gradgradcheck(module, x)


@pytest.mark.parametrize("shape", [(8, 3, 5), (7, 4, 2), (6, 1, 9), (1, 2, 2)])
def test_positions_are_those_of_the_paper(shape: tuple[int, ...]) -> None:
    channels, height, width = shape
    half = channels // 2 if height > 1 else 0
    expected = np.empty(shape)
    for c in range(channels):
        count, m = (half, c) if c < half else (channels - half, c - half)
        wave = 10_000 ** (2 * (m // 2) / count)
        for i in range(height):
            for j in range(width):
                angle = (i if c < half else j) / wave
                expected[c, i, j] = math.cos(angle) if m % 2 else math.sin(angle)
    for learned in (False, True):
        layers: tuple[Layer, ...] = (PositionEmbedding(learned=learned), Flatten(), Output())
        generator = torch.Generator().manual_seed(0)
        made = build(layers, shape, 2, initializer=He(), generator=generator, dropout=generator)
        x = images(shape).float()
        np.testing.assert_allclose(
            (made.position1(x) - x).detach(), expected[None].repeat(4, 0), atol=1e-6
        )
        size = math.prod(shape) if learned else 0
        assert trace(layers, shape, 2)[0].parameters == size
        assert "position1.position" in made.state_dict()


def test_the_small_vision_transformer_equals_one_of_torch() -> None:
    preset, shape = SmallViT(patch=2, depth=2, heads=2, head_width=4, expansion=3), (3, 12, 8)
    layers = preset.layers(shape)
    generator = torch.Generator().manual_seed(0)
    made = build(layers, shape, 5, initializer=He(), generator=generator, dropout=generator)
    made = made.double()
    torch.manual_seed(3)
    stem = nn.Conv2d(3, 8, 2, stride=2).double()
    made.conv1.load_state_dict(stem.state_dict())
    blocks = []
    for number in range(2):
        block = nn.TransformerEncoderLayer(
            8, 2, 24, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        ).double()
        one, two = (made.get_submodule(f"residual{2 * number + k}").layers for k in (1, 2))
        copy_attention(block.self_attn, one.attention1)
        one.norm1.load_state_dict(block.norm1.state_dict())
        two.norm1.load_state_dict(block.norm2.state_dict())
        for name, source in (("conv1", block.linear1), ("conv2", block.linear2)):
            two.get_submodule(name).weight.data = source.weight.data[:, :, None, None]
            two.get_submodule(name).bias.data = source.bias.data
        blocks.append(block)
    x = images(shape)
    z = stem(x)
    z = tokens(z + made.position1.position)
    for block in blocks:
        z = block(z)
    z = nn.functional.layer_norm(z, (8,)).mean(1)
    expected = z @ made.output.weight.T + made.output.bias
    torch.testing.assert_close(made(x), expected)
    numbers = 3 * 8 * 4 + 8 + sum(p.numel() for b in blocks for p in b.parameters()) + 16 + 45
    assert sum(fact.parameters for fact in trace(layers, shape, 5)) == numbers


@pytest.mark.parametrize(("side", "patch"), [(28, 4), (15, 3), (8, 2), (3, 1), (1, 1)])
def test_small_images_have_smaller_patches(side: int, patch: int) -> None:
    stem = SmallViT().layers((1, side, side))[0]
    assert (stem.kernel, stem.stride) == (patch, patch)


def test_a_misfit_of_the_heads_has_a_change_that_fixes_it() -> None:
    layers = (Conv2d(maps=6), SelfAttention(heads=4), GlobalPool(), Output())
    finding = check_fit(layers, (1, 8, 8), 3)
    assert finding.code == "unequal_heads" and finding.evidence["suggested"] == 3
    changed = tuple(map(Layer.pick, finding.action.changes["network"]))
    assert changed[1] == SelfAttention(heads=3) and check_fit(changed, (1, 8, 8), 3) is None
    flat = (SelfAttention(), Output())
    assert check_fit(flat, (8,), 3).code == "needs_images"
    signal = (AsSequence(), Conv1d(maps=8), PositionEmbedding(), SelfAttention(), GlobalPool())
    assert check_fit((*signal, Output()), (30,), 3) is None


def test_the_memory_estimate_counts_the_matrices_of_attention() -> None:
    need = []
    for heads in (1, 8):
        layers = (Conv2d(maps=8, kernel=1), SelfAttention(heads=heads), GlobalPool(), Output())
        experiment = Experiment(network=layers, batch_size=10)
        need.append(memory_bytes(experiment, trace(layers, (1, 20, 20), 10), 0))
    assert need[1] - need[0] == 2 * 4 * 10 * 7 * 2 * 400**2
