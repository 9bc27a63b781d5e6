"""What regularizers do to a step, in torch: penalties, weight decay, clipping. A transform may add
to the loss, take the gradient elsewhere, or touch gradients and weights.

What it keeps between steps is its `state`, so that a resumed run goes on alike.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

Losses = Callable[[int], list[Tensor]]  # the mean losses () of so many parts of the minibatch


class Transform:
    """Nothing: the places where a regularizer may act, in the order of a step."""

    clipped: float | None = None  # the share of steps that were clipped, for those that clip
    fresh_statistics = False  # batch normalization is to be measured anew with the average

    def bind(self, model: nn.Module) -> None:
        """Look at the model once, before the first step."""

    def watching(self) -> AbstractContextManager[Any]:
        """Held while the model computes its outputs for the loss."""
        return nullcontext()

    def penalty(self, losses: Losses | None = None) -> Tensor | None:
        """A scalar to add to the loss, with a gradient."""
        return None

    def retake(self, gradient: Callable[[], Any]) -> None:
        """Take the gradient again, at other weights; leave the weights as they were."""

    def before_step(self, learning_rate: float) -> None:
        """Change gradients or weights in place, between backward and the optimizer's step."""

    def after_step(self) -> None:
        """Look at the weights after the optimizer's step."""

    def after_epoch(self, done: float) -> None:
        """Look at the weights after an epoch, when the share `done` of the planned ones is over."""

    def average(self) -> dict[str, Tensor] | None:
        """The state_dict to measure the network with; None for the model's own."""
        return None

    def state(self) -> dict[str, Any]:
        """Tensors and plain values that `load_state` takes."""
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""


def decayed(model: nn.Module, biases: bool) -> list[nn.Parameter]:
    """The weight matrices and kernels; biases and normalization scales (one dimension) only if
    asked for.
    """
    return [p for p in model.parameters() if p.requires_grad and (biases or p.ndim > 1)]


class PenaltyTransform(Transform):
    """λΣ(α|w| + (1 − α)w²), added to the loss, with a λ each for matrices, for biases and scales,
    and for the outputs of activations (mean over the minibatch).

    α = 0: Krogh & Hertz 1991. α = 1: Tibshirani 1996, with slope 0 at 0. Else Zou & Hastie 2005.
    """

    def __init__(
        self, l1: float = 0.0, strength: float = 0.0, biases: float = 0.0, activities: float = 0.0
    ):
        self.l1, self.strength, self.biases, self.activities = l1, strength, biases, activities

    def bind(self, model: nn.Module) -> None:
        every = decayed(model, biases=True)
        parts = (
            (self.strength, [p for p in every if p.ndim > 1]),
            (self.biases, [p for p in every if p.ndim < 2]),
        )
        self.parts = [(factor, kept) for factor, kept in parts if factor and kept]
        self.bends = [m for m in model.modules() if bends(m)] if self.activities else []
        self.outputs: list[Tensor] = []

    def watching(self) -> AbstractContextManager[Any]:
        self.outputs = []
        stack = ExitStack()
        for module in self.bends:
            stack.enter_context(module.register_forward_hook(self._keep))
        return stack

    def _keep(self, module: nn.Module, inputs: Any, output: Tensor) -> None:
        self.outputs.append(output)

    def penalty(self, losses: Losses | None = None) -> Tensor | None:
        costs = [f * torch.stack([self._cost(w) for w in kept]).sum() for f, kept in self.parts]
        costs += [self.activities * self._cost(a) / len(a) for a in self.outputs]  # a: (B, …)
        self.outputs = []
        return torch.stack(costs).sum() if costs else None

    def _cost(self, w: Tensor) -> Tensor:
        if self.l1 == 0:
            return w.square().sum()
        return self.l1 * w.abs().sum() + (1 - self.l1) * w.square().sum()


def bends(module: nn.Module) -> bool:
    """Whether it is an activation."""
    return type(module).__module__ == "torch.nn.modules.activation"


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


class Clip(Transform):
    """The base of both clippings: counts the steps, and those that were clipped on the device,
    where counting does not make the processor wait.
    """

    def __init__(self, limit: float):
        self.limit, self.steps = limit, 0

    def bind(self, model: nn.Module) -> None:
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.count = torch.zeros((), dtype=torch.int64, device=self.parameters[0].device)

    @torch.no_grad()
    def before_step(self, learning_rate: float) -> None:
        if gradients := [p.grad for p in self.parameters if p.grad is not None]:
            self.count += self.clip(gradients)
            self.steps += 1

    def clip(self, gradients: list[Tensor]) -> Tensor:
        """Shortens them in place; whether any was too long, ()."""
        raise NotImplementedError

    @property
    def clipped(self) -> float | None:
        return self.count.item() / self.steps if self.steps else None

    def state(self) -> dict[str, Any]:
        return {"count": self.count, "steps": self.steps}

    def load_state(self, state: dict[str, Any]) -> None:
        self.count.copy_(state["count"])
        self.steps = state["steps"]


class ClipNormTransform(Clip):
    """g' = min(1, c/‖g‖)·g over all gradients together (Pascanu et al. 2013)."""

    def clip(self, gradients: list[Tensor]) -> Tensor:
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        torch._foreach_mul_(gradients, (self.limit / norm).clamp(max=1.0))  # no host sync
        return norm > self.limit


class ClipValueTransform(Clip):
    """g' = max(−c, min(c, g)) for every derivative by itself (Mikolov 2012)."""

    def clip(self, gradients: list[Tensor]) -> Tensor:
        largest = torch.stack(torch._foreach_norm(gradients, float("inf"))).max()
        torch._foreach_clamp_min_(gradients, -self.limit)
        torch._foreach_clamp_max_(gradients, self.limit)
        return largest > self.limit
