"""Signals in a network during a step: mean and spread of layer outputs, dead units, saturated
outputs, and the noise of a mini-batch gradient.

Read-only. Uses the forward pass of the training itself, so that no second one is needed; the
gradient noise takes one more pass, without dropout.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from core.optim.transforms import is_activation

SAMPLES = 64  # of the mini-batch
FLAT = 5e-3  # a smaller slope passes less than half a percent of a change
DELTA = 0.05  # distance of the two inputs that a slope is computed from
MEASURED = ("spread", "mean", "dead", "saturated")
PARTS = 4  # of a mini-batch whose gradients are compared


class Signals:
    """Signals of the layers that have weights, and of the activations."""

    def __init__(self, model: nn.Module, layers: list[str]):
        self.layers = {name: model.get_submodule(name) for name in layers}
        self.activations = {
            name: module for name, module in model.named_modules() if is_activation(module)
        }
        self._recorded: dict[str, Tensor] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Record outputs and inputs while the model computes."""
        with ExitStack() as stack:
            for name, module in self.layers.items():
                stack.enter_context(module.register_forward_hook(self._recorder(name, after=True)))
            for name, module in self.activations.items():
                stack.enter_context(module.register_forward_hook(self._recorder(name, after=False)))
            yield

    def _recorder(self, name: str, *, after: bool) -> Callable[..., None]:
        def record(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
            self._recorded[name] = (output if after else inputs[0]).detach()[:SAMPLES]

        return record

    def outputs(self) -> dict[str, Tensor]:
        """Return the recorded outputs (n, …) of each layer, of at most SAMPLES samples."""
        return {name: self._recorded[name] for name in self.layers if name in self._recorded}

    @torch.no_grad()
    def measure(self) -> dict[str, dict[str, float]]:
        """Return spread, mean, dead and saturated by name, and forget what was recorded."""
        measured: dict[str, dict[str, Tensor]] = {name: {} for name in MEASURED}
        for name, outputs in self.outputs().items():
            measured["spread"][name] = spread(outputs)
            measured["mean"][name] = outputs.float().mean()
        for name, module in self.activations.items():
            if name in self._recorded:
                flat = slopes(module, self._recorded[name]) < FLAT  # (N, …)
                measured["dead"][name] = flat.flatten(1).all(0).float().mean()
                measured["saturated"][name] = flat.float().mean()
        self._recorded = {}
        values = [v for table in measured.values() for v in table.values()]
        numbers = iter(torch.stack(values).tolist() if values else ())  # one copy from the device
        return {
            quantity: {name: next(numbers) for name in table}
            for quantity, table in measured.items()
        }


def spread(outputs: Tensor) -> Tensor:
    """(N, …) -> (): the standard deviation over samples, root mean square over units. What all
    samples have in common, such as the ½ of a sigmoid, is not a signal.
    """
    return outputs.float().flatten(1).var(0, correction=0).mean().sqrt()


def slopes(activation: nn.Module, a: Tensor) -> Tensor:
    """Return |f'(a)| of each value, (N, …) -> (N, …), from two points beside it."""
    a = a.float()
    higher, lower = (activation.forward(a + sign * DELTA / 2) for sign in (1, -1))
    return (higher - lower).abs() / DELTA


def gradient_noise(
    losses: Callable[[Tensor], Tensor], rows: int, parameters: list[Tensor]
) -> tuple[float, float] | None:
    """Return (trΣ, ‖G‖²) from the gradients of PARTS equal parts of a mini-batch; None with fewer
    samples.

    `losses(part)` is the mean loss () of the samples at `part`. With b samples in a part and B in
    total, S the mean of ‖gᵢ‖² and T = ‖mean gᵢ‖²: trΣ = (S − T)/(1/b − 1/B) and ‖G‖² = (B·T −
    b·S)/(B − b), both without bias; their ratio is the gradient noise scale (McCandlish et al.
    2018, appendix A.1).
    """
    b = rows // PARTS
    if not b:
        return None
    total, squares = [torch.zeros_like(p) for p in parameters], []
    for part in torch.arange(PARTS * b, device=parameters[0].device).split(b):
        gradients = torch.autograd.grad(losses(part), parameters, materialize_grads=True)
        squares.append(_square(gradients))
        torch._foreach_add_(total, list(gradients), alpha=1 / PARTS)
    s, t = torch.stack([torch.stack(squares).mean(), _square(total)]).double().tolist()
    large = PARTS * b
    return (s - t) / (1 / b - 1 / large), (large * t - b * s) / (large - b)


def _square(tensors: Any) -> Tensor:
    return torch.stack(torch._foreach_norm(list(tensors))).square().sum()
