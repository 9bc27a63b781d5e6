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


class Blocks:
    """The samples of memory-mapped `inputs` (M, …) at `rows` (N,), sorted indices.

    At most `window` bytes of them are in memory.
    """

    def __init__(self, inputs: np.ndarray, rows: np.ndarray, *, window: int):
        self.inputs, self.rows = inputs, np.asarray(rows)
        each = max(1, prod(inputs.shape[1:]) * inputs.dtype.itemsize)
        self.size = max(1, window // (WINDOW * each))  # samples in a block
        self.cached: OrderedDict[int, np.ndarray] = OrderedDict()

    def __len__(self) -> int:
        return len(self.rows)

    def order(self, generator: torch.Generator) -> Tensor:
        """Return every sample once, (N,) int64, shuffled within windows of WINDOW blocks."""
        count = -(-len(self) // self.size)
        blocks = torch.randperm(count, generator=generator).tolist()
        windows = [blocks[start : start + WINDOW] for start in range(0, count, WINDOW)]
        return torch.cat([self._shuffled(window, generator) for window in windows])

    def _shuffled(self, window: list[int], generator: torch.Generator) -> Tensor:
        ranges = [torch.arange(b * self.size, self._end(b)) for b in window]
        samples = torch.cat(ranges)
        return samples[torch.randperm(len(samples), generator=generator)]

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
            rows = self.rows[block * self.size : self._end(block)]
            self.cached[block] = np.asarray(self.inputs[rows[0] : rows[-1] + 1][rows - rows[0]])
        return self.cached[block]

    def forget(self) -> None:
        """Release the memory."""
        self.cached.clear()

    def _end(self, block: int) -> int:
        return min((block + 1) * self.size, len(self))
