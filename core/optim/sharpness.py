"""Flat minima in torch: sharpness-aware minimization, a penalty on the variance of gradients."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.optim.transforms import Losses, Transform


class SharpnessAware(Transform):
    """g' = ∇L(θ + ρ g/‖g‖), computed on the same mini-batch (Foret et al. 2020, equation 3)."""

    def __init__(self, radius: float = 0.05):
        self.radius = radius

    def bind(self, model: nn.Module) -> None:
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]

    def recompute_gradient(self, compute_gradient: Callable[[], Any]) -> None:
        original = self._climb()
        with self._frozen_statistics():
            compute_gradient()
        with torch.no_grad():
            torch._foreach_copy_(self.parameters, original)

    @torch.no_grad()
    def _climb(self) -> list[Tensor]:
        """Move the weights uphill by ρ and return the original weights."""
        original = [p.clone() for p in self.parameters]
        moved = [p for p in self.parameters if p.grad is not None]
        gradients = [p.grad for p in moved]
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        factor = self.radius / norm.clamp(min=1e-12)
        torch._foreach_add_(moved, torch._foreach_mul(gradients, factor))
        return original

    @contextmanager
    def _frozen_statistics(self) -> Iterator[None]:
        """Keep the running mean and variance of batch normalization unchanged."""
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
    mini-batch, the sum runs over all weights, and Var divides by m − 1 (after Smith et al. 2021).
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
        """Return the gradient of all weights as one row, with a graph: it is differentiated once
        more.
        """
        trained = [p for p in self.parameters if p.requires_grad]  # not those frozen for now
        gradients = torch.autograd.grad(loss, trained, create_graph=True, materialize_grads=True)
        return torch.cat([g.flatten() for g in gradients])
