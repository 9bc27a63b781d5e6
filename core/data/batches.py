"""A part of a set as tensors on the device: batches by index, normalized as they are taken.

Pictures stay uint8 (a quarter of the memory) and one multiply-add makes a batch of them; a
DataLoader that works picture by picture costs four times the arithmetic of a small network.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data.blocks import Blocks
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
        self.inputs, self.targets = (_owned(array).to(device) for array in (inputs, targets))
        self.multiply, self.add = (_factor(f, device) for f in (affine.multiply, affine.add))
        self.device = device
        self.format = torch.channels_last if channels_last else torch.contiguous_format

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def values(self) -> bool:
        """Whether the targets are values and no classes."""
        return self.targets.is_floating_point()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one input."""
        return tuple(self.inputs.shape[1:])

    def raw(self, rows: Tensor | slice) -> Tensor:
        """Inputs (B, …) as they are stored, on the device, of these rows (int64, there too)."""
        return self.inputs[rows] if isinstance(rows, slice) else self.inputs.index_select(0, rows)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Normalized inputs (B, …) float32 and targets (B,) of these rows, int64 on the device."""
        return self.normalized(self.raw(rows)), self.targets.index_select(0, rows)

    def in_order(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All rows, in batches of `size`."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield self.normalized(self.raw(rows)), self.targets[rows]

    def normalized(self, raw: Tensor) -> Tensor:
        """Raw values (B, …) as the network sees them: float32, x' = multiply·x + add."""
        x = raw.to(torch.float32, memory_format=self.format, copy=True)
        return x.mul_(self.multiply).add_(self.add)


class Streamed(Part):
    """A part whose inputs, those at `rows`, stay on disk and are read in blocks (D11): memory holds
    `window` bytes of them.
    """

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
    """On the CPU, in memory that may be written."""
    return torch.from_numpy(np.require(array, requirements=["C", "W"]))


def _factor(value: float | np.ndarray, device: str) -> float | Tensor:
    """A number stays one; an array that differs from place to place becomes a tensor."""
    if isinstance(value, float):
        return value
    return torch.tensor(value, dtype=torch.float32, device=device)
