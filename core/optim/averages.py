"""Averages of the weights in torch: a running mean over steps (EMA), a mean of the last epochs
(SWA). Own torch code: it can be pasted into a script.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.optim.transforms import Transform


class Average(Transform):
    """A second state_dict beside the model's; whole numbers in it are the model's own."""

    def bind(self, model: nn.Module) -> None:
        self.model, self.count = model, 0
        self.mean = {name: value.clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def _toward(self, share: float) -> None:
        """Moves the mean by `share` of its way to the present weights."""
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                self.mean[name].lerp_(value, share)
            else:
                self.mean[name].copy_(value)
        self.count += 1

    def average(self) -> dict[str, Tensor] | None:
        return self.mean if self.count else None

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean, "count": self.count}

    def load_state(self, state: dict[str, Any]) -> None:
        self.count = state["count"]
        for name, value in state["mean"].items():
            self.mean[name].copy_(value)


@torch.no_grad()
def fresh_statistics(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Batch normalization's running mean and variance, measured anew with the model's weights as
    the mean over these batches; dropout is off. Left in training mode.
    """
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    momenta = [m.momentum for m in norms]
    model.eval()
    for module in norms:
        module.reset_running_stats()
        module.momentum = None  # the plain mean over all batches
        module.train()
    for x in batches if norms else ():
        if len(x) > 1:  # one sample has no variance
            model(x)
    for module, momentum in zip(norms, momenta, strict=True):
        module.momentum = momentum
    model.train()


class RunningMean(Average):
    """θ̄ ← dθ̄ + (1 − d)θ with d = min(β, (1 + k)/(10 + k)) after step k, counted from 1 (Polyak &
    Juditsky 1992), from the first weights on.
    """

    def __init__(self, beta: float = 0.999):
        self.beta = beta

    def after_step(self) -> None:
        k = self.count + 1
        self._toward(1 - min(self.beta, (1 + k) / (10 + k)))


class LastEpochs(Average):
    """The mean of the weights after each epoch beyond the share `start` of the planned ones
    (Izmailov et al. 2018).
    """

    fresh_statistics = True

    def __init__(self, start: float = 0.75):
        self.start = start

    def after_epoch(self, done: float) -> None:
        if done > self.start:
            self._toward(1 / (self.count + 1))
