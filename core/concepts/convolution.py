"""Convolution and pooling of one image, with every multiplication. NumPy only.

Images are (D, H, W), D channels of H rows and W columns. As in deep learning, the kernel is not
flipped: strictly, this is a cross-correlation (Goodfellow, Bengio & Courville 2016, chapter 9).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.base.errors import BadInput

KERNELS: dict[str, tuple[tuple[float, ...], ...]] = {
    "Horizontal lines": ((-1, -1, -1), (2, 2, 2), (-1, -1, -1)),
    "Vertical lines": ((-1, 2, -1), (-1, 2, -1), (-1, 2, -1)),
    "Edges": ((0, -1, 0), (-1, 4, -1), (0, -1, 0)),
    "Sobel": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "Sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "Mean": ((1 / 9,) * 3,) * 3,
    "Identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
}


@dataclass(frozen=True)
class Term:
    """One multiplication: the pixel at channel, row and column of the padded image, its weight."""

    channel: int
    row: int
    column: int
    pixel: float
    weight: float

    @property
    def product(self) -> float:
        return self.pixel * self.weight


@dataclass(frozen=True)
class Window:
    """Where a window of `size` × `size` pixels, `dilation` apart, is placed on an image that is
    padded with zeros.
    """

    size: int = 3
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def reach(self) -> int:
        """The rows from the first to the last pixel of the window."""
        return self.dilation * (self.size - 1) + 1

    def output_size(self, length: int) -> int:
        """Return ⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1 for n rows or columns. Raises BadInput
        (window_too_large) where the window does not fit.
        """
        room = length + 2 * self.padding - self.reach
        if room < 0:
            raise BadInput(
                f"The window reaches over {self.reach} pixels, but the padded image has only "
                f"{length + 2 * self.padding}. Use a smaller dilation or more padding.",
                code="window_too_large",
            )
        return room // self.stride + 1

    def pad(self, image: np.ndarray) -> np.ndarray:
        """Return the image (D, H, W) with zeros around it."""
        p = self.padding
        return np.pad(image, ((0, 0), (p, p), (p, p)))

    def rows(self, place: int) -> list[int]:
        """Return the rows (or columns) of the padded image under the window at this place of the
        output.
        """
        return [place * self.stride + self.dilation * k for k in range(self.size)]

    def patches(self, image: np.ndarray) -> np.ndarray:
        """Return what the window sees at each place, (H', W', D, size, size)."""
        padded = self.pad(image)
        down, across = (self.output_size(length) for length in image.shape[1:])
        return np.stack(
            [
                [padded[:, self.rows(i)][:, :, self.rows(j)] for j in range(across)]
                for i in range(down)
            ]
        )


def feature_maps(
    image: np.ndarray, kernels: np.ndarray, window: Window, biases: np.ndarray
) -> np.ndarray:
    """Return the outputs (K, H', W') of an image and K kernels (K, D, size, size) with K biases:
    each kernel makes a map.
    """
    maps = np.einsum("ijdkl,ndkl->nij", window.patches(image), kernels)
    return maps + np.asarray(biases)[:, None, None]


def terms(
    image: np.ndarray, kernel: np.ndarray, window: Window, row: int, column: int
) -> list[Term]:
    """Return the multiplications behind one pixel of the output."""
    padded = window.pad(image)
    return [
        Term(d, r, c, float(padded[d, r, c]), float(kernel[d, k, m]))
        for d in range(len(image))
        for k, r in enumerate(window.rows(row))
        for m, c in enumerate(window.rows(column))
    ]


def pool(image: np.ndarray, window: Window, how: Literal["max", "mean"]) -> np.ndarray:
    """Return the largest or mean pixel of each window, (H', W'), of the first channel."""
    patches = window.patches(image)[:, :, 0]
    return patches.max((-2, -1)) if how == "max" else patches.mean((-2, -1))


def shapes() -> np.ndarray:
    """Return a drawn image (1, 12, 12) of values 0 … 1: a frame, a diagonal and a block."""
    image = np.zeros((12, 12))
    image[1, 1:11] = image[10, 1:11] = image[1:11, 1] = image[1:11, 10] = 1.0
    image[[3, 4, 5], [8, 7, 6]] = 0.7
    image[7:9, 3:6] = 0.5
    return image[None]
