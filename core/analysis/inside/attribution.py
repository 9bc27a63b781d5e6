"""Attribution: which parts of one input the score of a network depends on. Pure functions of a
model in evaluation mode; `score(x)` (N,) are the scores of a batch x (N, …).
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.analysis.inside.layer_outputs import recorded

Score = Callable[[Tensor], Tensor]
STEPS = (64, 256, 1024)  # of the integral: the next one where the gap is above LARGEST_GAP
LARGEST_GAP = 0.01
POINTS = 16  # of the integral in one pass


@dataclass(frozen=True)
class Integrated:
    """Integrated gradients (…) of one input; their sum should equal the `difference` of the scores
    of input and baseline.
    """

    attributions: Tensor
    difference: float
    steps: int

    @property
    def total(self) -> float:
        """The sum of all attributions."""
        return self.attributions.double().sum().item()

    @property
    def gap(self) -> float:
        """|total − difference| / |difference|, the error of the integral."""
        error = abs(self.total - self.difference)
        return error / abs(self.difference) if self.difference else error


def input_gradient(score: Score, x: Tensor) -> Tensor:
    """Return ∂S/∂x (…) of one input x (1, …) (Simonyan, Vedaldi & Zisserman 2013)."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(score(x).sum(), x)[0][0]


def integrated_gradients(
    score: Score, x: Tensor, baseline: Tensor
) -> Generator[float, None, Integrated]:
    """Return the integrated gradients of one input x (1, …): (x − x′)·∫₀¹ ∂S(x′ + α(x − x′))/∂x dα
    (Sundararajan, Taly & Yan 2017). Yields the fraction done.

    The integral is a Gauss-Legendre sum of the first number of STEPS whose gap is small enough.
    """
    with torch.no_grad():
        difference = (score(x) - score(baseline)).double().item()
    for steps in STEPS:
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        total = torch.zeros_like(x[0], dtype=torch.float64)
        for start in range(0, steps, POINTS):
            yield start / steps
            some = slice(start, start + POINTS)
            alphas = _column((1 + nodes[some]) / 2, x)  # (P, 1, …)
            inputs = (baseline + alphas * (x - baseline)).detach().requires_grad_()  # (P, …)
            gradients = torch.autograd.grad(score(inputs).sum(), inputs)[0]
            total += (gradients * _column(weights[some] / 2, x)).double().sum(0)
        found = Integrated(((x - baseline)[0] * total).float(), difference, steps)
        if not found.gap > LARGEST_GAP:
            break
    return found


def _column(values: np.ndarray, x: Tensor) -> Tensor:
    """Return values (P,) as (P, 1, …) with the dimensions of x."""
    return torch.tensor(values, dtype=x.dtype, device=x.device).view(-1, *[1] * (x.ndim - 1))


def grad_cam(model: nn.Module, score: Score, x: Tensor, paths: Sequence[str]) -> dict[str, Tensor]:
    """Return ReLU(Σₖ αₖAₖ) (H, W) of each layer at `paths`, whose outputs are A (K, H, W), for one
    input x (1, …); αₖ is the mean of ∂S/∂Aₖ over the positions (Selvaraju et al. 2017).
    """
    x = x.detach().requires_grad_()  # so that the graph exists without weights before a layer
    with recorded(model, paths) as outputs:
        total = score(x).sum()
    maps = [outputs[path] for path in paths]
    gradients = torch.autograd.grad(total, maps, materialize_grads=True)
    return {
        path: F.relu((gradient.mean((2, 3), keepdim=True) * a).sum(1))[0].detach()
        for path, a, gradient in zip(paths, maps, gradients, strict=True)
    }
