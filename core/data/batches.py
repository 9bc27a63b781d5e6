"""A part of a set as tensors on the device: batches by index, normalized as they are taken.

Pictures stay uint8 (a quarter of the memory) and one multiply-add makes a batch of them; a
DataLoader that works picture by picture costs four times the arithmetic of a small network.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.data.normalization import Affine


class Part:
    """Inputs (N, C, H, W) or (N, F) and targets (N,) of the training, validation or test part, on
    one device.
    """

    def __init__(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        affine: Affine,
        *,
        device: str,
        channels_last: bool = False,
    ):
        own = (np.require(array, requirements=["C", "W"]) for array in (inputs, targets))
        self.inputs, self.targets = (torch.from_numpy(array).to(device) for array in own)
        self.multiply, self.add = (_factor(f, device) for f in (affine.multiply, affine.add))
        self.device = device
        self.format = torch.channels_last if channels_last else torch.contiguous_format

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def values(self) -> bool:
        """Whether the targets are values and no classes."""
        return self.targets.is_floating_point()

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Normalized inputs (B, …) float32 and targets (B,) of these rows, int64 on the device."""
        return self.normalized(self.inputs.index_select(0, rows)), self.targets.index_select(
            0, rows
        )

    def in_order(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All rows, in batches of `size`."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield self.normalized(self.inputs[rows]), self.targets[rows]

    def normalized(self, raw: Tensor) -> Tensor:
        """Raw values (B, …) as the network sees them: float32, x' = multiply·x + add."""
        x = raw.to(torch.float32, memory_format=self.format, copy=True)
        return x.mul_(self.multiply).add_(self.add)


def _factor(value: float | np.ndarray, device: str) -> float | Tensor:
    """A number stays one; an array that differs from place to place becomes a tensor."""
    if isinstance(value, float):
        return value
    return torch.tensor(value, dtype=torch.float32, device=device)
