"""Convolution and pooling against torch, and the multiplications against the output."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.base.errors import BadInput
from core.concepts.convolution import KERNELS, Window, feature_maps, pool, shapes, terms
from core.figures.convolution import find_pixel, place_maps

IMAGE = np.random.default_rng(0).normal(size=(3, 9, 7))
KERNELS_4 = np.random.default_rng(1).normal(size=(4, 3, 3, 3))
BIASES = np.array([0.7, -1.0, 0.0, 2.5])
WINDOWS = [
    Window(3, stride, padding, dilation)
    for stride in (1, 2, 3)
    for padding in (0, 1, 3)
    for dilation in (1, 2, 3)
]


@pytest.mark.parametrize("window", WINDOWS, ids=repr)
def test_the_maps_of_all_kernels_and_each_of_their_pixels_equal_torch(window: Window) -> None:
    image, kernels = torch.tensor(IMAGE)[None], torch.tensor(KERNELS_4)
    how = {"stride": window.stride, "padding": window.padding, "dilation": window.dilation}
    expected = functional.conv2d(image, kernels, torch.tensor(BIASES), **how)[0].numpy()
    maps = feature_maps(IMAGE, KERNELS_4, window, BIASES)
    np.testing.assert_allclose(maps, expected, rtol=1e-12)
    for row, column in ((0, 0), (maps.shape[1] - 1, maps.shape[2] - 1)):
        products = terms(IMAGE, KERNELS_4[3], window, row, column)
        assert len(products) == 27
        total = sum(term.product for term in products) + BIASES[3]
        assert total == pytest.approx(expected[3, row, column])


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_pooling_equals_torch(size: int, stride: int) -> None:
    image, window = torch.tensor(IMAGE)[None, :1], Window(size, stride)
    largest = functional.max_pool2d(image, size, stride)[0, 0].numpy()
    mean = functional.avg_pool2d(image, size, stride)[0, 0].numpy()
    np.testing.assert_array_equal(pool(IMAGE, window, "max"), largest)
    np.testing.assert_allclose(pool(IMAGE, window, "mean"), mean, rtol=1e-12)


def test_a_window_larger_than_the_image_is_refused_and_padding_is_the_way_out() -> None:
    small, kernel = np.ones((1, 4, 4)), np.ones((1, 1, 3, 3))
    with pytest.raises(BadInput) as refused:
        feature_maps(small, kernel, Window(dilation=3), np.zeros(1))
    assert refused.value.code == "window_too_large"
    assert feature_maps(small, kernel, Window(dilation=3, padding=2), np.zeros(1)).shape == (
        1,
        2,
        2,
    )


def test_the_kernel_of_the_lecture_finds_horizontal_lines() -> None:
    assert KERNELS["Horizontal lines"] == ((-1, -1, -1), (2, 2, 2), (-1, -1, -1))
    kernel = np.array([[KERNELS["Horizontal lines"]]])
    (output,) = feature_maps(shapes(), kernel, Window(padding=1), np.zeros(1))
    assert output[1, 5] == output.max() == 6.0
    assert all(np.shape(kernel) == (3, 3) for kernel in KERNELS.values())


def test_every_pixel_of_the_maps_is_found_where_it_is_drawn() -> None:
    for count in (1, 2, 3, 4):
        maps = np.arange(count * 12.0).reshape(count, 3, 4)
        placed, corners = place_maps(maps)
        assert len(corners) == count
        found = [(find_pixel(maps, place), placed[place]) for place in np.ndindex(placed.shape)]
        assert [maps[pixel] for pixel, _ in found if pixel] == [v for p, v in found if p]
        assert sum(pixel is not None for pixel, _ in found) == maps.size
        assert all(np.isnan(value) for pixel, value in found if pixel is None)
