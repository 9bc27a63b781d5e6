"""What goes through a network in a step: how far a layer's outputs lie apart, which units are dead,
which outputs are saturated (V3), and how noisy the gradient of a minibatch is (V5).

Read-only. What is looked at is the training's own forward pass, so that it costs no second one; the
noise of the gradient takes one pass more, with dropout off.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from core.optim.transforms import is_activation

LOOKED_AT = 64  # samples of the minibatch
FLAT = 5e-3  # a slope below it lets less than half a per cent of a change through
NEAR = 0.05  # how far apart two inputs are from which a slope is taken
PARTS = 4  # of a minibatch whose gradients are compared


class Signals:
    """Of the layers that have weights, and of the activations."""

    def __init__(self, model: nn.Module, layers: list[str]):
        self.layers = {name: model.get_submodule(name) for name in layers}
        self.activations = {
            name: module for name, module in model.named_modules() if is_activation(module)
        }
        self._seen: dict[str, Tensor] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Keeps what goes through while the model computes its outputs."""
        with ExitStack() as stack:
            for name, module in self.layers.items():
                stack.enter_context(module.register_forward_hook(self._keeper(name, after=True)))
            for name, module in self.activations.items():
                stack.enter_context(module.register_forward_hook(self._keeper(name, after=False)))
            yield

    def _keeper(self, name: str, *, after: bool) -> Callable[..., None]:
        def keep(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
            self._seen[name] = (output if after else inputs[0]).detach()[:LOOKED_AT]

        return keep

    @torch.no_grad()
    def measure(self) -> dict[str, dict[str, float]]:
        """spread, dead and saturated by name, of what was kept; nothing is kept any longer."""
        found: dict[str, dict[str, Tensor]] = {"spread": {}, "dead": {}, "saturated": {}}
        for name in self.layers:
            if name in self._seen:
                found["spread"][name] = spread(self._seen[name])
        for name, module in self.activations.items():
            if name in self._seen:
                flat = slopes(module, self._seen[name]) < FLAT  # (N, …)
                found["dead"][name] = flat.flatten(1).all(0).float().mean()
                found["saturated"][name] = flat.float().mean()
        self._seen = {}
        values = [v for table in found.values() for v in table.values()]
        told = iter(torch.stack(values).tolist() if values else ())  # one copy from the device
        return {what: {name: next(told) for name in table} for what, table in found.items()}


def spread(outputs: Tensor) -> Tensor:
    """(N, …) -> (): the standard deviation over samples, root mean square over units. What all
    samples share, such as the ½ of a sigmoid, is no signal.
    """
    return outputs.float().flatten(1).var(0, correction=0).mean().sqrt()


def slopes(activation: nn.Module, a: Tensor) -> Tensor:
    """|f'(a)| of each value, (N, …) -> (N, …), from two places beside it."""
    a = a.float()
    higher, lower = (activation.forward(a + sign * NEAR / 2) for sign in (1, -1))
    return (higher - lower).abs() / NEAR


def noise(
    losses: Callable[[Tensor], Tensor], rows: int, parameters: list[Tensor]
) -> tuple[float, float] | None:
    """(trΣ, ‖G‖²) from the gradients of PARTS equal parts of a minibatch; None with fewer samples.

    `losses(part)` is the mean loss () of the samples at `part`. With b samples in a part and B in
    all, S the mean of ‖gᵢ‖² and T = ‖mean gᵢ‖²: trΣ = (S − T)/(1/b − 1/B) and ‖G‖² = (B·T −
    b·S)/(B − b), both without bias; their ratio is the gradient noise scale (McCandlish et al.
    2018, appendix A.1).
    """
    b = rows // PARTS
    if not b:
        return None
    total, squares = [torch.zeros_like(p) for p in parameters], []
    for part in torch.arange(PARTS * b, device=parameters[0].device).split(b):
        found = torch.autograd.grad(losses(part), parameters, materialize_grads=True)
        squares.append(_square(found))
        torch._foreach_add_(total, list(found), alpha=1 / PARTS)
    s, t = torch.stack([torch.stack(squares).mean(), _square(total)]).double().tolist()
    large = PARTS * b
    return (s - t) / (1 / b - 1 / large), (large * t - b * s) / (large - b)


def _square(tensors: Any) -> Tensor:
    return torch.stack(torch._foreach_norm(list(tensors))).square().sum()
