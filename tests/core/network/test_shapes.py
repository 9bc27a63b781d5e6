"""The formula of every layer for its output shape, compared with its module on the meta device;
pooling and dropout compared with their definitions.
"""

import math

import numpy as np
import pytest
import torch

from core.network.build import layer_names, trace
from core.network.layers import AvgPool, Conv2d, Dropout, GlobalPool, Layer, Linear, MaxPool
from core.network.modules import DropoutModule as OwnDropout

SHAPES = [(1, 8, 8), (3, 32, 32), (16, 7, 9), (8, 2, 2), (8, 1, 1), (4, 1, 9), (1,), (2,), (64,)]
EVERY = [
    *(cls() for cls in Layer.members.values()),
    Conv2d(maps=5, kernel=4, stride=3, padding=2),
    MaxPool(size=3),
    AvgPool(size=3),
    Linear(units=3),
]


@pytest.mark.parametrize("layer", EVERY, ids=repr)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_formula_gives_the_shape_of_the_module_or_a_misfit(layer: Layer, shape: tuple) -> None:
    if misfit := layer.misfit(shape):
        assert misfit.code and misfit.evidence and misfit.text.endswith(".")
        return
    fact = trace((layer,), shape, 10)[0]
    assert fact.output == layer.output(shape, 10)
    assert fact.output == tuple(
        layer.call(shape, 10).make().eval()(torch.rand(2, *shape)).shape[1:]
    )


@pytest.mark.parametrize("size", [2, 3])
def test_pooling_gives_the_maximum_or_the_mean_of_each_square(size: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 7, 8))
    for pool, taken in ((MaxPool(size=size), np.max), (AvgPool(size=size), np.mean)):
        z = pool.call((3, 7, 8), 10).make()(torch.tensor(x)).numpy()
        for i in range(7 // size):
            for j in range(8 // size):
                square = x[..., i * size : (i + 1) * size, j * size : (j + 1) * size]
                np.testing.assert_allclose(z[..., i, j], taken(square, (2, 3)), rtol=1e-12)


def test_global_pooling_gives_the_mean_of_each_map() -> None:
    x = torch.rand(2, 3, 5, 7, dtype=torch.float64)
    z = GlobalPool().call((3, 5, 7), 10).make()(x)
    np.testing.assert_allclose(z.numpy(), x.numpy().mean((2, 3)), rtol=1e-14)


def test_pooling_layers_are_numbered_by_their_prefix() -> None:
    assert layer_names((MaxPool(), AvgPool(), GlobalPool())) == ["pool1", "pool2", "global_pool1"]


def dropped(drawn: str, shape: tuple = (400, 5, 6), p: float = 0.25) -> torch.Tensor:
    module = Dropout(p=p, drawn=drawn).call(shape[1:], 10).make()
    assert isinstance(module, OwnDropout)
    module.generator = torch.Generator().manual_seed(1)
    return module(torch.ones(shape))


@pytest.mark.parametrize("drawn", ["example", "batch"])
def test_dropout_keeps_the_mean_and_is_off_at_inference(drawn: str) -> None:
    shape = (400, 50, 60)
    z = dropped(drawn, shape)
    assert sorted(z.unique().tolist()) == pytest.approx([0, 1 / 0.75])
    draws = math.prod(shape[1:]) * (shape[0] if drawn == "example" else 1)
    assert z.mean().item() == pytest.approx(1, abs=5 * math.sqrt(0.25 / 0.75 / draws))
    module = OwnDropout(0.25, drawn=drawn).eval()
    assert module(z) is z


def test_dropout_masks_differ_per_sample_or_are_shared_by_the_batch() -> None:
    assert dropped("batch").eq(dropped("batch")[0]).all()
    assert not dropped("example").eq(dropped("example")[0]).all()


@pytest.mark.parametrize("shape", [(1, 8, 8), (3,)])
def test_dropout_can_be_the_first_layer(shape: tuple) -> None:
    assert Dropout().misfit(shape) is None and Dropout(p=0.2, drawn="batch").summary
