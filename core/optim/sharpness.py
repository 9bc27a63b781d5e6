"""Flat minima in torch: sharpness-aware steps, and a penalty on how much gradients differ. Own
torch code: it can be pasted into a script.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.optim.transforms import Losses, Transform


class SharpnessAware(Transform):
    """g' = ∇L(θ + ρ g/‖g‖), taken on the same minibatch (Foret et al. 2020, equation 3)."""

    def __init__(self, radius: float = 0.05):
        self.radius = radius

    def bind(self, model: nn.Module) -> None:
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]

    def retake(self, gradient: Callable[[], Any]) -> None:
        here = self._climb()
        with self._still_statistics():
            gradient()
        with torch.no_grad():
            torch._foreach_copy_(self.parameters, here)

    @torch.no_grad()
    def _climb(self) -> list[Tensor]:
        """Moves the weights uphill by ρ; the weights as they were."""
        here = [p.clone() for p in self.parameters]
        moved = [p for p in self.parameters if p.grad is not None]
        gradients = [p.grad for p in moved]
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        factor = self.radius / norm.clamp(min=1e-12)
        torch._foreach_add_(moved, torch._foreach_mul(gradients, factor))
        return here

    @contextmanager
    def _still_statistics(self) -> Iterator[None]:
        """Batch normalization leaves its running mean and variance alone."""
        momenta = [m.momentum for m in self.norms]
        for module in self.norms:
            module.momentum = 0.0
        try:
            yield
        finally:
            for module, momentum in zip(self.norms, momenta, strict=True):
                module.momentum = momentum


class GradientVarianceTransform(Transform):
    """λΣ Var(g₁ … gₘ), added to the loss: gᵢ is the gradient of the i-th of m parts of the
    minibatch, the sum goes over all weights, and Var divides by m − 1 (after Smith et al. 2021).
    """

    def __init__(self, strength: float = 0.01, parts: int = 4):
        self.strength, self.parts = strength, parts

    def bind(self, model: nn.Module) -> None:
        self.parameters = [p for p in model.parameters() if p.requires_grad]

    def penalty(self, losses: Losses | None = None) -> Tensor | None:
        if not losses or not self.strength or len(parts := losses(self.parts)) < 2:
            return None
        gradients = torch.stack([self._gradient(loss) for loss in parts])  # (m, weights)
        return self.strength * gradients.var(0).sum()

    def _gradient(self, loss: Tensor) -> Tensor:
        """Of all weights in one row, with a graph, for it is to be differentiated once more."""
        found = torch.autograd.grad(
            loss, self.parameters, create_graph=True, materialize_grads=True
        )
        return torch.cat([g.flatten() for g in found])
