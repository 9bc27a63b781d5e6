"""Max pooling by element-wise maxima, against torch.nn.MaxPool2d."""

import itertools

import pytest
import torch
from torch import nn

from core.network.quick_pooling import LARGEST, is_supported, quick_pooling

SHAPES = ((2, 3, 7, 9), (2, 5, 8, 8), (1, 2, 4, 4), (3, 7, 6))
FORMATS = (torch.contiguous_format, torch.channels_last)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [*range(1, LARGEST + 1)])
def test_the_maxima_are_those_of_torch(size: int, stride: int) -> None:
    layers = nn.Sequential(nn.MaxPool2d(size, stride))
    assert is_supported(layers[0])
    generator = torch.Generator().manual_seed(size)
    for shape, form in itertools.product(SHAPES, FORMATS):
        x = torch.randn(shape, generator=generator)
        x = x.contiguous(memory_format=form) if x.dim() == 4 else x
        x[..., 1, 1] = torch.nan
        expected = layers(x)
        with torch.inference_mode(), quick_pooling(layers):
            found = layers(x)
        torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)
        assert torch.equal(layers(x).isnan(), expected.isnan())


def test_other_layers_and_small_images_are_left_to_torch() -> None:
    settings = ({"padding": 1}, {"dilation": 2}, {"ceil_mode": True}, {"stride": (2, 1)})
    others = [nn.MaxPool2d(2, **setting) for setting in settings] + [nn.MaxPool2d(LARGEST + 1)]
    assert not any(map(is_supported, others))
    layers = nn.Sequential(*others[:1], nn.MaxPool2d(3))
    with quick_pooling(layers), pytest.raises(RuntimeError):
        layers[1](torch.zeros(1, 1, 2, 2))
    assert "forward" not in vars(layers[1])
