"""Normalizations: each is its torch twin and its formula in NumPy float64; a misfit says so."""

import numpy as np
import pytest
import torch
from torch import nn

from core.network.build import trace
from core.network.layers import (
    BatchNorm,
    Flatten,
    GroupNorm,
    InstanceNorm,
    Layer,
    LayerNorm,
    Output,
)  # fmt: skip
from core.network.normalizations import Normalizing

PICTURES, ROWS = (6, 5, 4), (6,)
N = 7
CASES = [
    (BatchNorm(), PICTURES, nn.BatchNorm2d(6)),
    (BatchNorm(), ROWS, nn.BatchNorm1d(6)),
    (LayerNorm(), PICTURES, nn.LayerNorm((6, 5, 4))),
    (LayerNorm(), ROWS, nn.LayerNorm(6)),
    (GroupNorm(groups=3), PICTURES, nn.GroupNorm(3, 6)),
    (GroupNorm(groups=1, epsilon=0.1), PICTURES, nn.GroupNorm(1, 6, eps=0.1)),
    (GroupNorm(groups=2), ROWS, nn.GroupNorm(2, 6)),
    (InstanceNorm(), PICTURES, nn.InstanceNorm2d(6, affine=True)),
]


def by_hand(layer: Layer, x: np.ndarray) -> np.ndarray:
    """(x − μ)/√(σ² + ε) over the values that the layer shares its μ and σ between."""
    groups = {BatchNorm: None, LayerNorm: 1, InstanceNorm: x.shape[1]}.get(
        type(layer), getattr(layer, "groups", 0)
    )
    if groups is None:
        axes, parts = (0, *range(2, x.ndim)), x
    else:
        axes, parts = -1, x.reshape(len(x), groups, -1)
    mean, variance = parts.mean(axes, keepdims=True), parts.var(axes, keepdims=True)
    return ((parts - mean) / np.sqrt(variance + layer.epsilon)).reshape(x.shape)


@pytest.mark.parametrize(("layer", "shape", "twin"), CASES, ids=repr)
def test_it_is_the_formula_and_the_twin(layer: Layer, shape: tuple, twin: nn.Module) -> None:
    x = torch.randn(N, *shape, generator=torch.Generator().manual_seed(0)).double() * 3 + 1
    ours, twin = layer.call(shape, 10).make().double(), twin.double()
    torch.testing.assert_close(ours(x), torch.tensor(by_hand(layer, x.numpy())))
    for module in (ours, twin):
        nn.init.constant_(module.weight, 1.5)
        nn.init.constant_(module.bias, -0.5)
    torch.testing.assert_close(ours(x), twin(x), atol=0, rtol=0)
    torch.testing.assert_close(
        ours(x), torch.tensor(1.5 * by_hand(layer, x.numpy()) - 0.5), atol=1e-9, rtol=1e-9
    )


def test_every_normalization_is_tried_here() -> None:
    members = {cls for cls in Layer.members.values() if issubclass(cls, Normalizing)}
    assert {type(layer) for layer, *_ in CASES} == members


def test_at_inference_batch_normalization_alone_looks_at_what_it_kept() -> None:
    x = torch.randn(N, *PICTURES, generator=torch.Generator().manual_seed(0)) * 3 + 1
    for layer, shape, _ in CASES:
        if shape == PICTURES:
            module = layer.call(shape, 10).make()
            assert torch.equal(module(x), module.eval()(x)) != isinstance(layer, BatchNorm)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (GroupNorm(), (6, 4, 4), "6 channels into 8 equal groups: set the groups to 6"),
        (GroupNorm(groups=4), (6, 4, 4), "set the groups to 3"),
        (GroupNorm(groups=2048), (7, 3, 3), "set the groups to 7"),
        (GroupNorm(groups=8), (8, 1, 1), "8 groups leaves one value in each: set the groups to 4"),
        (GroupNorm(groups=7), (7,), "set the groups to 1"),
        (GroupNorm(groups=1), (1,), "needs more than one value, got 1: leave it out"),
        (InstanceNorm(), (6,), "put it before Flatten"),
        (InstanceNorm(), (6, 1, 1), "more than one pixel, got 6 × 1 × 1: take layer"),
    ],
)
def test_what_does_not_fit_says_the_way_out(layer: Layer, shape: tuple, words: str) -> None:
    end = (Output(),) if len(shape) == 1 else (Flatten(), Output())
    assert words in trace((layer, *end), shape, 10)[0].problem
