"""Hashes of the weights during a training, by which a replay finds the first layer that differs.

The hash of a tensor is Σ bitsᵢ·mᵢ mod 2³² with fixed odd pseudo-random multipliers mᵢ, over the
32 bits of each number. A change of one number always changes it. Integers are added exactly, so the
order of the sum does not matter and every device gives the same hash; it is computed where the
weights are, and read together with the losses.
"""

import numpy as np
import torch
from torch import Tensor, nn

from core.base.events import WeightHash

EVERY = 50  # steps between two hashes
FACTOR = 0x01000193  # of the hash so far when the next tensor of a layer is added


class WeightHasher:
    """The hashes of a model's layers: of all parameters and running statistics."""

    def __init__(self, model: nn.Module):
        named = [*model.named_parameters(), *model.named_buffers()]
        named = [(name, value) for name, value in named if value.is_floating_point()]
        self._layers = [name.rpartition(".")[0] for name, _ in named]
        self._tensors = [value for _, value in named]
        shared = multipliers(max((value.numel() for value in self._tensors), default=0))
        shared = torch.from_numpy(shared).to(self._tensors[0].device if named else "cpu")
        self._multipliers = [_shaped_like(value, shared) for value in self._tensors]
        self._pending: list[tuple[int, Tensor]] = []
        self.step = 0  # of the newest hash

    def after_step(self, step: int) -> None:
        """Hash the weights after `step` steps if it is time, without synchronizing."""
        if step % EVERY == 0:
            self._add(step)

    def last(self, step: int) -> list[WeightHash]:
        """Return the hash after the last step, if it was not returned before."""
        if self.step < step:
            self._add(step)
        return self.read()

    @torch.no_grad()
    def _add(self, step: int) -> None:
        self.step = step
        if self._tensors:
            pairs = zip(self._tensors, self._multipliers, strict=True)
            sums = [(_bits(value) * factors).sum(dtype=torch.int32) for value, factors in pairs]
            self._pending.append((step, torch.stack(sums)))

    def read(self) -> list[WeightHash]:
        """Return the hashes since the last reading."""
        pending, self._pending = self._pending, []
        return [WeightHash(step, self._by_layer(sums.tolist())) for step, sums in pending]

    def _by_layer(self, sums: list[int]) -> dict[str, str]:
        hashes: dict[str, int] = {}
        for layer, value in zip(self._layers, sums, strict=True):
            hashes[layer] = (hashes.get(layer, 0) * FACTOR + value) % 2**32
        return {layer: f"{value:08x}" for layer, value in hashes.items()}


def multipliers(count: int) -> np.ndarray:
    """Return `count` odd pseudo-random numbers (int32), the same everywhere (the integer hash
    `lowbias32` of Wellons 2018).
    """
    x = np.arange(1, count + 1, dtype=np.uint32)
    x = (x ^ (x >> 16)) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * np.uint32(0x846CA68B)
    return ((x ^ (x >> 16)) | np.uint32(1)).view(np.int32)


def _bits(value: Tensor) -> Tensor:
    return value.detach().float().view(torch.int32)


def _shaped_like(value: Tensor, shared: Tensor) -> Tensor:
    """Return the first multipliers with the shape of the tensor and its order in memory."""
    shaped = shared[: value.numel()].view(value.shape)
    if value.is_contiguous():
        return shaped  # a view, which takes no memory
    return torch.empty_like(value, dtype=torch.int32).copy_(shaped)
