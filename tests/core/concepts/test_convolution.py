"""Convolution and pooling against torch, and the multiplications against the output."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.base.errors import BadInput
from core.concepts.convolution import KERNELS, Window, convolve, pool, shapes, terms

IMAGE = np.random.default_rng(0).normal(size=(3, 9, 7))
KERNEL = np.random.default_rng(1).normal(size=(3, 3, 3))
WINDOWS = [
    Window(3, stride, padding, dilation)
    for stride in (1, 2, 3)
    for padding in (0, 1, 3)
    for dilation in (1, 2, 3)
]


@pytest.mark.parametrize("window", WINDOWS, ids=repr)
def test_a_convolution_and_each_of_its_pixels_equal_torch(window: Window) -> None:
    image, kernel = torch.tensor(IMAGE)[None], torch.tensor(KERNEL)[None]
    how = {"stride": window.stride, "padding": window.padding, "dilation": window.dilation}
    bias = torch.tensor([0.7], dtype=torch.float64)
    shifted = functional.conv2d(image, kernel, bias, **how)[0, 0].numpy()
    np.testing.assert_allclose(convolve(IMAGE, KERNEL, window, 0.7), shifted, rtol=1e-12)
    expected = functional.conv2d(image, kernel, **how)[0, 0].numpy()
    np.testing.assert_allclose(convolve(IMAGE, KERNEL, window), expected, rtol=1e-12)
    for row, column in ((0, 0), (expected.shape[0] - 1, expected.shape[1] - 1)):
        products = terms(IMAGE, KERNEL, window, row, column)
        assert len(products) == 27
        assert sum(term.product for term in products) == pytest.approx(expected[row, column])


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_pooling_equals_torch(size: int, stride: int) -> None:
    image, window = torch.tensor(IMAGE)[None, :1], Window(size, stride)
    largest = functional.max_pool2d(image, size, stride)[0, 0].numpy()
    mean = functional.avg_pool2d(image, size, stride)[0, 0].numpy()
    np.testing.assert_array_equal(pool(IMAGE, window, "max"), largest)
    np.testing.assert_allclose(pool(IMAGE, window, "mean"), mean, rtol=1e-12)


def test_a_window_larger_than_the_image_is_refused_and_padding_is_the_way_out() -> None:
    small = np.ones((1, 4, 4))
    with pytest.raises(BadInput) as refused:
        convolve(small, np.ones((1, 3, 3)), Window(dilation=3))
    assert refused.value.code == "window_too_large"
    assert convolve(small, np.ones((1, 3, 3)), Window(dilation=3, padding=2)).shape == (2, 2)


def test_the_kernel_of_the_lecture_finds_horizontal_lines() -> None:
    assert KERNELS["Horizontal lines"] == ((-1, -1, -1), (2, 2, 2), (-1, -1, -1))
    output = convolve(shapes(), np.array([KERNELS["Horizontal lines"]]), Window(padding=1))
    assert output[1, 5] == output.max() == 6.0
    assert all(np.shape(kernel) == (3, 3) for kernel in KERNELS.values())
