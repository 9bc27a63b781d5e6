"""Blocks: samples that stay on disk and are read some thousand at a time (D11).

A pass over them in chance order reads each block once: blocks are shuffled, a few of them make a
window, and the samples of a window are shuffled among themselves. Memory is bounded by the window,
whatever the size of the set. Knows numpy and torch's random numbers, no model.
"""

from collections import OrderedDict
from math import prod

import numpy as np
import torch
from torch import Tensor

WINDOW = 8  # blocks whose samples are mixed, and that are kept in memory


class Blocks:
    """Samples of `inputs` (M, …), memory-mapped, at `rows` (N,), sorted indices into them.

    `window` is how many bytes of them may be in memory.
    """

    def __init__(self, inputs: np.ndarray, rows: np.ndarray, *, window: int):
        self.inputs, self.rows = inputs, np.asarray(rows)
        each = max(1, prod(inputs.shape[1:]) * inputs.dtype.itemsize)
        self.size = max(1, window // (WINDOW * each))  # samples in a block
        self.kept: OrderedDict[int, np.ndarray] = OrderedDict()

    def __len__(self) -> int:
        return len(self.rows)

    def order(self, generator: torch.Generator) -> Tensor:
        """Every sample once, by chance, (N,) int64: mixed within windows of WINDOW blocks."""
        count = -(-len(self) // self.size)
        blocks = torch.randperm(count, generator=generator).tolist()
        windows = [blocks[start : start + WINDOW] for start in range(0, count, WINDOW)]
        return torch.cat([self._mixed(window, generator) for window in windows])

    def _mixed(self, window: list[int], generator: torch.Generator) -> Tensor:
        ranges = [torch.arange(b * self.size, self._end(b)) for b in window]
        samples = torch.cat(ranges)
        return samples[torch.randperm(len(samples), generator=generator)]

    def take(self, samples: np.ndarray) -> np.ndarray:
        """Those samples (n,), (n, …), read block by block; blocks that are in memory come first."""
        taken = np.empty((len(samples), *self.inputs.shape[1:]), self.inputs.dtype)
        place = samples // self.size
        wanted = sorted(set(place.tolist()), key=lambda b: (b not in self.kept, b))
        for block in wanted:
            mask = place == block
            taken[mask] = self._block(block)[samples[mask] - block * self.size]
        return taken

    def _block(self, block: int) -> np.ndarray:
        if block not in self.kept:
            while len(self.kept) >= WINDOW:
                self.kept.popitem(last=False)
            rows = self.rows[block * self.size : self._end(block)]
            self.kept[block] = np.asarray(self.inputs[rows[0] : rows[-1] + 1][rows - rows[0]])
        return self.kept[block]

    def forget(self) -> None:
        """Gives the memory back."""
        self.kept.clear()

    def _end(self, block: int) -> int:
        return min((block + 1) * self.size, len(self))
