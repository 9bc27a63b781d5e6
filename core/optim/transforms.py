"""What regularizers do to a step, in torch. A transform may add to the loss, or touch gradients and
weights before the step.

Each keeps no state between steps, so that a resumed run needs none of it.
"""

import torch
from torch import Tensor, nn


class Transform:
    """Nothing: the three places where a regularizer may act."""

    def bind(self, model: nn.Module) -> None:
        """Look at the model once, before the first step."""

    def penalty(self) -> Tensor | None:
        """A scalar to add to the loss, with a gradient."""
        return None

    def before_step(self, learning_rate: float) -> None:
        """Change gradients or weights in place, between backward and the optimizer's step."""


def decayed(model: nn.Module, biases: bool) -> list[nn.Parameter]:
    """The weight matrices and kernels; biases and normalization scales (one dimension) only if
    asked for.
    """
    return [p for p in model.parameters() if p.requires_grad and (biases or p.ndim > 1)]


class L2Penalty(Transform):
    """λΣw², added to the loss (Krogh & Hertz 1991): its gradient is 2λw."""

    def __init__(self, strength: float, biases: bool = False):
        self.strength, self.biases = strength, biases

    def bind(self, model: nn.Module) -> None:
        self.weights = decayed(model, self.biases)

    def penalty(self) -> Tensor | None:
        if not self.weights or not self.strength:
            return None
        return self.strength * torch.stack([w.square().sum() for w in self.weights]).sum()


class Decay(Transform):
    """θ ← (1 − ηλ)θ before the step (Loshchilov & Hutter 2017, "decoupled")."""

    def __init__(self, strength: float, biases: bool = False):
        self.strength, self.biases = strength, biases

    def bind(self, model: nn.Module) -> None:
        self.weights = decayed(model, self.biases)

    @torch.no_grad()
    def before_step(self, learning_rate: float) -> None:
        if self.weights:
            torch._foreach_mul_(self.weights, 1 - learning_rate * self.strength)


class ClipNorm(Transform):
    """g' = min(1, c/‖g‖)·g over all gradients together (Pascanu et al. 2013)."""

    def __init__(self, limit: float):
        self.limit = limit

    def bind(self, model: nn.Module) -> None:
        self.parameters = [p for p in model.parameters() if p.requires_grad]

    @torch.no_grad()
    def before_step(self, learning_rate: float) -> None:
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        if not gradients:
            return
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        torch._foreach_mul_(gradients, (self.limit / norm).clamp(max=1.0))  # no host sync
