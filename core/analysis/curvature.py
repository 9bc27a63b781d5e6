"""Sharpness of a minimum (R4): the largest eigenvalue of the Hessian of the training loss, before
the first step and at the weights that a run has kept.

By power iteration on Hessian-vector products (Pearlmutter 1994; Yao et al. 2020, PyHessian); where
the largest in size is negative, once more on the matrix shifted by it. Dropout is off, penalties
are left out. A step of gradient descent longer than 2/λ climbs along that direction.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from core.data.samples import Samples
from core.experiment import Experiment
from core.training.setup import Setup, State

SAMPLES = 512  # of the training part, evenly apart
ROUNDS = 100
CLOSE = 1e-3  # the share by which the estimate may still change at the end


def sharpness(experiment: Experiment, data: Samples, weights: Sequence[State]) -> Iterator[float]:
    """The eigenvalue at the first weights of the experiment, then at each of these. Raises what a
    training raises.
    """
    setup = Setup(experiment, data, None)
    every = max(1, len(setup.train) // SAMPLES)
    rows = torch.arange(0, len(setup.train), every, device=setup.device)[:SAMPLES]
    x, y = setup.train.batch(rows)
    setup.model.eval()
    parameters = [p for p in setup.model.parameters() if p.requires_grad]
    for kept in [None, *weights]:
        if kept is not None:
            setup.model.load_state_dict(kept)
        *_, value = largest(lambda: setup.criterion(setup.model(x), y), parameters)
        yield value


def largest(loss: Callable[[], Tensor], parameters: list[Tensor]) -> Iterator[float]:
    """Estimates of the largest eigenvalue of the Hessian of `loss()`, the last one is the best."""
    gradient = torch.autograd.grad(loss(), parameters, create_graph=True)

    def times(v: list[Tensor]) -> list[Tensor]:
        if not any(g.requires_grad for g in gradient):  # a loss that is linear in the weights
            return [torch.zeros_like(p) for p in parameters]
        found = torch.autograd.grad(
            gradient, parameters, grad_outputs=v, retain_graph=True, materialize_grads=True
        )
        return list(found)

    value = 0.0
    for value in _iterate(times, parameters, 0.0):
        yield value
    if value < 0:
        yield from _iterate(times, parameters, value)


def _iterate(
    times: Callable[[list[Tensor]], list[Tensor]], parameters: list[Tensor], shift: float
) -> Iterator[float]:
    """Rayleigh quotients vᵀHv while v turns to where H − shift·I is largest."""
    random, old = torch.Generator().manual_seed(0), float("inf")
    v = _unit([torch.randn(p.shape, generator=random).to(p.device) for p in parameters])
    for _ in range(ROUNDS):
        turned = times(v)  # Hv
        value = sum((a * b).sum() for a, b in zip(v, turned, strict=True)).item()
        yield value
        if abs(value - old) <= CLOSE * abs(value):
            return
        old = value
        v = _unit([h - shift * w for h, w in zip(turned, v, strict=True)])


def _unit(v: list[Tensor]) -> list[Tensor]:
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(v)))
    return torch._foreach_div(v, norm.clamp(min=1e-30).item())
