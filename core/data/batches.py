"""Parts: the training, validation or test set as tensors on the device, in normalized batches.

Images stay uint8 (a quarter of the memory) and one multiply-add normalizes a batch. A DataLoader
that works image by image costs four times the arithmetic of a small network.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data.blocks import Blocks
from core.data.normalization import Affine


class Part:
    """Inputs (N, C, H, W) or (N, F) and targets (N,) of one part, on one device."""

    def __init__(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        affine: Affine,
        *,
        device: str,
        channels_last: bool = False,
    ):
        self.inputs, self.targets = (_owned(array).to(device) for array in (inputs, targets))
        self.multiply, self.add = (_factor(f, device) for f in (affine.multiply, affine.add))
        self.device = device
        self.format = torch.channels_last if channels_last else torch.contiguous_format

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def values(self) -> bool:
        """Whether the targets are values instead of classes."""
        return self.targets.is_floating_point()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one input."""
        return tuple(self.inputs.shape[1:])

    def raw(self, rows: Tensor | slice) -> Tensor:
        """Return unnormalized inputs (B, …) of these rows (int64 on the device)."""
        return self.inputs[rows] if isinstance(rows, slice) else self.inputs.index_select(0, rows)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return normalized inputs (B, …) float32 and targets (B,) of these rows (int64)."""
        return self.normalized(self.raw(rows)), self.targets.index_select(0, rows)

    def in_order(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield all rows in batches of `size`."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield self.normalized(self.raw(rows)), self.targets[rows]

    def normalized(self, raw: Tensor) -> Tensor:
        """Normalize raw values (B, …) to float32: x' = multiply·x + add."""
        x = raw.to(torch.float32, memory_format=self.format, copy=True)
        return x.mul_(self.multiply).add_(self.add)


class Streamed(Part):
    """A part whose inputs at `rows` stay on disk; at most `window` bytes of them are in memory."""

    def __init__(
        self,
        inputs: np.ndarray,
        rows: np.ndarray,
        targets: np.ndarray,
        affine: Affine,
        *,
        window: int,
        **how: Any,
    ):
        super().__init__(inputs[:0], targets, affine, **how)
        self.blocks = Blocks(inputs, rows, window=window)

    def in_order(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        yield from super().in_order(size)
        self.blocks.forget()

    def raw(self, rows: Tensor | slice) -> Tensor:
        samples = np.arange(len(self))[rows] if isinstance(rows, slice) else rows.cpu().numpy()
        return torch.from_numpy(self.blocks.take(samples)).to(self.device)


def _owned(array: np.ndarray) -> Tensor:
    """Return a tensor on the CPU in writable memory."""
    return torch.from_numpy(np.require(array, requirements=["C", "W"]))


def _factor(value: float | np.ndarray, device: str) -> float | Tensor:
    """Return a number unchanged, and an array as a tensor on the device."""
    if isinstance(value, float):
        return value
    return torch.tensor(value, dtype=torch.float32, device=device)
