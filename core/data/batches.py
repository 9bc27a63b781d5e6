"""A part of a picture set as tensors on the device: batches by index, normalized as they are taken.

The pictures stay uint8 (a quarter of the memory) and one multiply-add makes a batch of them; a
DataLoader that works picture by picture costs four times the arithmetic of a small network.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor


class Part:
    """Pictures (N, C, H, W) and labels (N,) of the training, validation or test part, on one
    device.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        indices: np.ndarray,
        *,
        multiply: float,
        add: float,
        device: str,
        channels_last: bool,
    ):
        own = (np.require(array[indices], requirements=["C", "W"]) for array in (images, labels))
        self.images, self.labels = (torch.from_numpy(array).to(device) for array in own)
        self.multiply, self.add, self.device = multiply, add, device
        self.format = torch.channels_last if channels_last else torch.contiguous_format

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Normalized pictures (B, C, H, W) float32 and labels (B,) of these rows (int64, on the
        device).
        """
        return self._normalized(self.images.index_select(0, rows)), self.labels.index_select(
            0, rows
        )

    def in_order(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All rows, in batches of `size`."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield self._normalized(self.images[rows]), self.labels[rows]

    def _normalized(self, raw: Tensor) -> Tensor:
        return raw.to(torch.float32, memory_format=self.format).mul_(self.multiply).add_(self.add)
