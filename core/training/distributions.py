"""How the weights, gradients and outputs of each layer are distributed during a training: quantiles
of some of their values. Read-only; draws no random numbers.
"""

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from core.base.events import QUANTILES, Distribution

VALUES = 1024  # of each tensor; the middle half of them is known to about one percent of the ranks
GOLDEN = (5**0.5 - 1) / 2  # its multiples, modulo 1, are evenly spaced without a fixed stride
EVENTS = 60  # in a run: one for each sixtieth of the planned steps …
GROWTH = 1.1  # … and, at the start, at this multiple of the step before


class DistributionProbe:
    """The quantiles of every layer with weights at some steps of a run of `steps`."""

    def __init__(self, model: nn.Module, layers: Iterable[str], steps: int):
        self.weights = {name: _weight(model.get_submodule(name)) for name in layers}
        self.steps, self.next_step = steps, 0

    def due(self, step: int) -> bool:
        """Return whether the step after `step` steps is measured."""
        return step >= self.next_step

    @torch.no_grad()
    def measure(self, step: int, outputs: Mapping[str, Tensor]) -> Distribution:
        """Return the event of step `step`, counted from 1: weights and gradients before it, and
        `outputs` (N, …) by layer.
        """
        self.next_step = step - 1 + max(1, int(min((GROWTH - 1) * step, self.steps / EVENTS)))
        gradients = {name: w.grad for name, w in self.weights.items() if w.grad is not None}
        tables = {"weight": self.weights, "gradient": gradients, "output": outputs}
        places = [(quantity, name) for quantity, table in tables.items() for name in table]
        chosen = [_some(tables[quantity][name]) for quantity, name in places]
        found = quantiles(torch.stack(chosen)).tolist()  # one copy from the device
        result: dict[str, dict[str, tuple[float, ...]]] = {quantity: {} for quantity in tables}
        for (quantity, name), row in zip(places, found, strict=True):
            result[quantity][name] = tuple(float(f"{value:.4g}") for value in row)
        return Distribution(step, **result)


def quantiles(values: Tensor) -> Tensor:
    """(R, VALUES) -> (R, 5): the QUANTILES of each row, each the value of the nearest rank.

    On a CPU, NumPy sorts: it takes an eighth of the time of torch, which was a fifth of a short
    training of 60 layers.
    """
    ranks = [round(q * (values.shape[1] - 1)) for q in QUANTILES]
    if values.device.type == "cpu":
        return torch.from_numpy(np.sort(values.numpy(), axis=1)[:, ranks])
    return values.sort(1).values[:, ranks]


def _some(tensor: Tensor) -> Tensor:
    """Return VALUES values of a tensor, (…) -> (VALUES,) float32."""
    flat = tensor.detach().reshape(-1)
    return flat[_places(len(flat), str(flat.device))].float()


@cache
def _places(size: int, device: str) -> Tensor:
    """Return VALUES indices below `size`, evenly spaced."""
    fractions = torch.arange(VALUES, dtype=torch.float64) * GOLDEN % 1
    return (fractions * size).long().to(device)


def _weight(layer: nn.Module) -> nn.Parameter:
    """Return the weight matrix of a layer: its largest parameter."""
    return max(layer.parameters(recurse=False), key=torch.numel)
