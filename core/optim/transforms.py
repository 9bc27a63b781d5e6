"""What regularizers do to a training step, in torch: penalties, weight decay, clipping.

A transform may add to the loss, recompute the gradient, or change gradients and weights. The order
of the calls is visible in `Training.step`. What a transform remembers between steps is its `state`,
so that a resumed run continues identically.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

Losses = Callable[[int], list[Tensor]]  # the mean losses () of this many parts of the mini-batch


class Transform:
    """The identity: every place where a regularizer may act, in the order of a step."""

    clip_fraction: float | None = None  # of the steps, for transforms that clip
    recompute_statistics = False  # batch normalization has to be measured with the average

    def bind(self, model: nn.Module) -> None:
        """Prepare for this model, once, before the first step."""

    def watching(self) -> AbstractContextManager[Any]:
        """Return a context that is active while the model computes its outputs for the loss."""
        return nullcontext()

    def penalty(self, losses: Losses | None = None) -> Tensor | None:
        """Return a differentiable scalar to add to the loss, or None."""
        return None

    def recompute_gradient(self, compute_gradient: Callable[[], Any]) -> None:
        """Compute the gradient again at other weights; the weights themselves stay unchanged."""

    def before_step(self, learning_rate: float) -> None:
        """Change gradients or weights in place, between backward and the optimizer's step."""

    def after_step(self) -> None:
        """Read the weights after the optimizer's step."""

    def after_epoch(self, progress: float) -> None:
        """Read the weights after an epoch, at this fraction of the planned epochs."""

    def average(self) -> dict[str, Tensor] | None:
        """Return the state_dict to evaluate the network with; None for the model's own."""
        return None

    def state(self) -> dict[str, Any]:
        """Return tensors and plain values for `load_state`."""
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue from this state."""


def decayed(model: nn.Module, biases: bool) -> list[nn.Parameter]:
    """Return the weight matrices and kernels; biases and normalization scales (one dimension) only
    on request.
    """
    return [p for p in model.parameters() if p.requires_grad and (biases or p.ndim > 1)]


class PenaltyTransform(Transform):
    """λΣ(α|w| + (1 − α)w²), added to the loss, with one λ for matrices, one for biases and scales,
    and one for the outputs of activations (mean over the mini-batch).

    α = 0: Krogh & Hertz 1991. α = 1: Tibshirani 1996, with derivative 0 at 0. Otherwise: Zou &
    Hastie 2005.
    """

    def __init__(
        self, l1: float = 0.0, strength: float = 0.0, biases: float = 0.0, activities: float = 0.0
    ):
        self.l1, self.strength, self.biases, self.activities = l1, strength, biases, activities

    def bind(self, model: nn.Module) -> None:
        parameters = decayed(model, biases=True)
        groups = (
            (self.strength, [p for p in parameters if p.ndim > 1]),
            (self.biases, [p for p in parameters if p.ndim < 2]),
        )
        self.groups = [(factor, group) for factor, group in groups if factor and group]
        modules = model.modules() if self.activities else ()
        self.activations = [module for module in modules if is_activation(module)]
        self.outputs: list[Tensor] = []

    def watching(self) -> AbstractContextManager[Any]:
        self.outputs = []
        stack = ExitStack()
        for module in self.activations:
            stack.enter_context(module.register_forward_hook(self._collect))
        return stack

    def _collect(self, module: nn.Module, inputs: Any, output: Tensor) -> None:
        self.outputs.append(output)

    def penalty(self, losses: Losses | None = None) -> Tensor | None:
        costs = [f * torch.stack([self._cost(w) for w in group]).sum() for f, group in self.groups]
        costs += [self.activities * self._cost(a) / len(a) for a in self.outputs]  # a: (B, …)
        self.outputs = []
        return torch.stack(costs).sum() if costs else None

    def _cost(self, w: Tensor) -> Tensor:
        if self.l1 == 0:
            return w.square().sum()
        return self.l1 * w.abs().sum() + (1 - self.l1) * w.square().sum()


def is_activation(module: nn.Module) -> bool:
    """Return whether the module belongs to an activation layer; `core.network.build` marks them."""
    return getattr(module, "is_activation", False)


class Decay(Transform):
    """θ ← (1 − ηλ)θ before the step (Loshchilov & Hutter 2017, "decoupled")."""

    def __init__(self, strength: float, biases: bool = False):
        self.strength, self.biases = strength, biases

    def bind(self, model: nn.Module) -> None:
        self.weights = decayed(model, self.biases)

    @torch.no_grad()
    def before_step(self, learning_rate: float) -> None:
        if weights := [w for w in self.weights if w.requires_grad]:  # not those frozen for now
            torch._foreach_mul_(weights, 1 - learning_rate * self.strength)


class Clip(Transform):
    """The base of both kinds of clipping. Counts all steps, and on the device those that were
    clipped, so that counting does not synchronize.
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
        """Clip in place; return whether the limit was exceeded, as a tensor ()."""
        raise NotImplementedError

    @property
    def clip_fraction(self) -> float | None:
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
    """g' = max(−c, min(c, g)) for every derivative separately (Mikolov 2012)."""

    def clip(self, gradients: list[Tensor]) -> Tensor:
        largest = torch.stack(torch._foreach_norm(gradients, float("inf"))).max()
        torch._foreach_clamp_min_(gradients, -self.limit)
        torch._foreach_clamp_max_(gradients, self.limit)
        return largest > self.limit
