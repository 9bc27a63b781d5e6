"""Averages of the weights in torch: an exponential moving average over steps (EMA) and the mean of
the last epochs (SWA).

The arithmetic is that of `torch.optim.swa_utils`. Its `AveragedModel` is not used: it copies the
whole module, whose dropout layers share a generator with the training, it always begins with the
weights after the first update, and it stores its state inside a module instead of beside it. Its
`update_bn` leaves dropout on and fails on a batch of one sample.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import swa_utils

from core.optim.transforms import Transform


class Average(Transform):
    """A second state_dict beside the model's. Integers in it are copied from the model."""

    def bind(self, model: nn.Module) -> None:
        self.model, self.count = model, 0
        self.mean = {name: value.clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def _update(self, average: Any) -> None:
        """Move the mean towards the current weights; `average` is a function of swa_utils."""
        current = self.model.state_dict()
        floating = [name for name, value in current.items() if value.is_floating_point()]
        average(
            [self.mean[name] for name in floating], [current[name] for name in floating], self.count
        )
        for name in current.keys() - set(floating):
            self.mean[name].copy_(current[name])
        self.count += 1

    def average(self) -> dict[str, Tensor] | None:
        return self.mean if self.count else None

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean, "count": self.count}

    def load_state(self, state: dict[str, Any]) -> None:
        self.count = state["count"]
        for name, value in state["mean"].items():
            self.mean[name].copy_(value)


class ExponentialAverage(Average):
    """θ̄ ← dθ̄ + (1 − d)θ with d = min(β, (1 + k)/(10 + k)) after step k, counted from 1, starting
    from the initial weights (Polyak & Juditsky 1992).
    """

    def __init__(self, beta: float = 0.999):
        self.beta = beta

    def after_step(self) -> None:
        k = self.count + 1
        decay = min(self.beta, (1 + k) / (10 + k))
        self._update(swa_utils.get_ema_multi_avg_fn(decay))


class EpochAverage(Average):
    """The mean of the weights after each epoch beyond the fraction `start` of the planned epochs
    (Izmailov et al. 2018).
    """

    recompute_statistics = True

    def __init__(self, start: float = 0.75):
        self.start = start

    def after_epoch(self, progress: float) -> None:
        if progress > self.start:
            self._update(swa_utils.get_swa_multi_avg_fn())


@torch.no_grad()
def recompute_statistics(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Recompute the running mean and variance of batch normalization with the current weights, as
    the mean over these batches, without dropout; those of frozen layers stay. The model is left in
    training mode.
    """
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    norms = [m for m in norms if not getattr(m, "is_frozen", False)]
    momenta = [m.momentum for m in norms]
    model.eval()
    for module in norms:
        module.reset_running_stats()
        module.momentum = None  # the plain mean over all batches
        module.train()
    for x in batches if norms else ():
        if len(x) > 1:  # a single sample has no variance
            model(x)
    for module, momentum in zip(norms, momenta, strict=True):
        module.momentum = momentum
    model.train()
