"""Sharpness of a minimum: the largest eigenvalue λ of the Hessian of the training loss, at the
initial weights and at the saved weights of a run.

Computed by power iteration on Hessian-vector products (Pearlmutter 1994; Yao et al. 2020,
PyHessian). If the eigenvalue of largest magnitude is negative, a second iteration on the matrix
shifted by it finds the largest one. Dropout is off and penalties are excluded. Gradient descent
diverges along this direction with a learning rate above 2/λ.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from core.data.samples import Samples
from core.experiment import Experiment
from core.training.setup import Setup
from core.training.setup_state import State

SAMPLES = 512  # of the training set, evenly spaced
ROUNDS = 100
TOLERANCE = 1e-3  # relative change of the estimate at which the iteration ends


def sharpness(experiment: Experiment, data: Samples, weights: Sequence[State]) -> Iterator[float]:
    """Yield the eigenvalue at the initial weights of the experiment, then at each of `weights`.
    Raises what a training raises.
    """
    setup = Setup(experiment, data, None)
    every = max(1, len(setup.train) // SAMPLES)
    rows = torch.arange(0, len(setup.train), every, device=setup.device)[:SAMPLES]
    x, y = setup.train.batch(rows)
    setup.model.eval()
    parameters = [p for p in setup.model.parameters() if p.requires_grad]
    for state in [None, *weights]:
        if state is not None:
            setup.model.load_state_dict(state)
        *_, value = largest_eigenvalue(lambda: setup.criterion(setup.model(x), y), parameters)
        yield value


def largest_eigenvalue(loss: Callable[[], Tensor], parameters: list[Tensor]) -> Iterator[float]:
    """Yield estimates of the largest eigenvalue of the Hessian of `loss()`; the last is the
    best.
    """
    gradient = torch.autograd.grad(loss(), parameters, create_graph=True)

    def times(v: list[Tensor]) -> list[Tensor]:
        if not any(g.requires_grad for g in gradient):  # The loss is linear in the weights.
            return [torch.zeros_like(p) for p in parameters]
        products = torch.autograd.grad(
            gradient, parameters, grad_outputs=v, retain_graph=True, materialize_grads=True
        )
        return list(products)

    value = 0.0
    for value in _iterate(times, parameters, 0.0):
        yield value
    if value < 0:
        yield from _iterate(times, parameters, value)


def _iterate(
    times: Callable[[list[Tensor]], list[Tensor]], parameters: list[Tensor], shift: float
) -> Iterator[float]:
    """Yield Rayleigh quotients vᵀHv of the power iteration on H − shift·I."""
    random, old = torch.Generator().manual_seed(0), float("inf")
    v = _unit([torch.randn(p.shape, generator=random).to(p.device) for p in parameters])
    for _ in range(ROUNDS):
        product = times(v)  # Hv
        value = sum((a * b).sum() for a, b in zip(v, product, strict=True)).item()
        yield value
        if abs(value - old) <= TOLERANCE * abs(value):
            return
        old = value
        v = _unit([h - shift * w for h, w in zip(product, v, strict=True)])


def _unit(v: list[Tensor]) -> list[Tensor]:
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(v)))
    return torch._foreach_div(v, norm.clamp(min=1e-30).item())
