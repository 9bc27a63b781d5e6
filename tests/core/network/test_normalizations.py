"""Normalizations: each equals its torch module and its formula in NumPy float64."""

import numpy as np
import pytest
import torch
from torch import nn

from core.network.build import trace
from core.network.layers import (
    BatchNorm,
    ChannelNorm,
    Flatten,
    GroupNorm,
    InstanceNorm,
    Layer,
    LayerNorm,
    Output,
)  # fmt: skip

IMAGES, ROWS = (6, 5, 4), (6,)
N = 7


class LastNorm(nn.LayerNorm):
    """Layer normalization with the channels as the last dimension (Liu et al. 2022)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.movedim(1, 3)).movedim(3, 1)


CASES = [
    (BatchNorm(), IMAGES, nn.BatchNorm2d(6)),
    (BatchNorm(), ROWS, nn.BatchNorm1d(6)),
    (LayerNorm(), IMAGES, nn.LayerNorm((6, 5, 4))),
    (LayerNorm(), ROWS, nn.LayerNorm(6)),
    (ChannelNorm(), IMAGES, LastNorm(6)),
    (GroupNorm(groups=3), IMAGES, nn.GroupNorm(3, 6)),
    (GroupNorm(groups=1, epsilon=0.1), IMAGES, nn.GroupNorm(1, 6, eps=0.1)),
    (GroupNorm(groups=2), ROWS, nn.GroupNorm(2, 6)),
    (InstanceNorm(), IMAGES, nn.InstanceNorm2d(6, affine=True)),
]


def by_hand(layer: Layer, x: np.ndarray) -> np.ndarray:
    """(x − μ)/√(σ² + ε) over the values that the layer shares its μ and σ between."""
    groups = {BatchNorm: None, LayerNorm: 1, InstanceNorm: x.shape[1]}.get(
        type(layer), getattr(layer, "groups", 0)
    )
    if isinstance(layer, ChannelNorm):
        axes, parts = 1, x
    elif groups is None:
        axes, parts = (0, *range(2, x.ndim)), x
    else:
        axes, parts = -1, x.reshape(len(x), groups, -1)
    mean, variance = parts.mean(axes, keepdims=True), parts.var(axes, keepdims=True)
    return ((parts - mean) / np.sqrt(variance + layer.epsilon)).reshape(x.shape)


@pytest.mark.parametrize(("layer", "shape", "twin"), CASES, ids=repr)
def test_each_normalization_equals_its_formula_and_that_of_torch(
    layer: Layer, shape: tuple, twin: nn.Module
) -> None:
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


def test_every_normalization_has_a_case_here() -> None:
    members = {cls for cls in Layer.members.values() if cls.is_normalization}
    assert {type(layer) for layer, *_ in CASES} == members


def test_only_batch_normalization_differs_between_training_and_inference() -> None:
    x = torch.randn(N, *IMAGES, generator=torch.Generator().manual_seed(0)) * 3 + 1
    for layer, shape, _ in CASES:
        if shape == IMAGES:
            module = layer.call(shape, 10).make()
            assert torch.equal(module(x), module.eval()(x)) != isinstance(layer, BatchNorm)


@pytest.mark.parametrize(
    ("layer", "shape", "code", "suggested"),
    [
        (GroupNorm(), (6, 4, 4), "unequal_groups", 6),
        (GroupNorm(groups=4), (6, 4, 4), "unequal_groups", 3),
        (GroupNorm(groups=2048), (7, 3, 3), "unequal_groups", 7),
        (GroupNorm(groups=8), (8, 1, 1), "one_value_per_group", 4),
        (GroupNorm(groups=7), (7,), "one_value_per_group", 1),
        (GroupNorm(groups=1), (1,), "too_few_values", None),
        (ChannelNorm(), (6,), "needs_images", None),
        (InstanceNorm(), (6,), "needs_images", None),
        (InstanceNorm(), (6, 1, 1), "too_few_values", None),
    ],
)
def test_a_misfit_suggests_what_fits(
    layer: Layer, shape: tuple, code: str, suggested: int | None
) -> None:
    end = (Output(),) if len(shape) == 1 else (Flatten(), Output())
    misfit = trace((layer, *end), shape, 10)[0].misfit
    assert misfit.code == code and misfit.evidence["shape"] == list(shape)
    assert misfit.evidence.get("suggested") == suggested
    if suggested:
        assert f"groups to {suggested}" in misfit.text
        assert layer.model_copy(update={"groups": suggested}).misfit(shape) is None
