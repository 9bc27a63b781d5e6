"""Blocks: samples that stay on disk and are read a few thousand at a time.

A pass in random order reads each block once: blocks are shuffled, a few of them form a window, and
the samples of a window are shuffled. The window bounds the memory, whatever the size of the data.
"""

from collections import OrderedDict
from math import prod

import numpy as np
import torch
from torch import Tensor

WINDOW = 8  # blocks in memory, whose samples are shuffled together


class BlockSampler:
    """Draw each of `count` samples once: blocks of `size` samples in random order, shuffled within
    windows of several blocks.
    """

    def __init__(self, count: int, size: int):
        self.count, self.size = count, size

    def order(self, random: torch.Generator) -> Tensor:
        """Return sample indices, (n,) int64, on the CPU."""
        count = -(-self.count // self.size)
        blocks = torch.randperm(count, generator=random).tolist()
        windows = [blocks[start : start + WINDOW] for start in range(0, count, WINDOW)]
        return torch.cat([self.shuffled(window, random) for window in windows])

    def shuffled(self, window: list[int], random: torch.Generator) -> Tensor:
        """Return the samples of these blocks in random order."""
        samples = torch.cat([torch.arange(b * self.size, self.end(b)) for b in window])
        return samples[torch.randperm(len(samples), generator=random)]

    def end(self, block: int) -> int:
        """Return the sample after the last one of a block."""
        return min((block + 1) * self.size, self.count)


def block_size(inputs: np.ndarray, window: int) -> int:
    """Return the number of samples in a block, so that WINDOW of them have `window` bytes."""
    each = max(1, prod(inputs.shape[1:]) * inputs.dtype.itemsize)
    return max(1, window // (WINDOW * each))


class Blocks(BlockSampler):
    """The samples of memory-mapped `inputs` (M, …) at `rows` (N,), sorted indices.

    At most `window` bytes of them are in memory.
    """

    def __init__(self, inputs: np.ndarray, rows: np.ndarray, *, window: int):
        super().__init__(len(rows), block_size(inputs, window))
        self.inputs, self.rows = inputs, np.asarray(rows)
        self.cached: OrderedDict[int, np.ndarray] = OrderedDict()

    def take(self, samples: np.ndarray) -> np.ndarray:
        """Return the inputs (n, …) of these samples (n,), block by block, cached blocks first."""
        taken = np.empty((len(samples), *self.inputs.shape[1:]), self.inputs.dtype)
        block_of = samples // self.size
        blocks = sorted(set(block_of.tolist()), key=lambda b: (b not in self.cached, b))
        for block in blocks:
            mask = block_of == block
            taken[mask] = self._block(block)[samples[mask] - block * self.size]
        return taken

    def _block(self, block: int) -> np.ndarray:
        if block not in self.cached:
            while len(self.cached) >= WINDOW:
                self.cached.popitem(last=False)
            rows = self.rows[block * self.size : self.end(block)]
            self.cached[block] = np.asarray(self.inputs[rows[0] : rows[-1] + 1][rows - rows[0]])
        return self.cached[block]

    def forget(self) -> None:
        """Release the memory."""
        self.cached.clear()
