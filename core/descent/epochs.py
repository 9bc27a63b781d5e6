"""Epoch-wise double descent in closed form: gradient descent on two blocks of features with
different scales, at any step without the steps before it.

w(t) = V diag((1 − (1 − ηS²)ᵗ)/S) UᵀY is gradient descent from 0 on |Φw − Y|²/2 with Φ = USVᵀ and
η = 1/S₁². A direction is learned after about (S₁/S)² steps. The large block, random cosines of the
first half of the inputs, is learned first and overfits: the error rises. The small block, whitened
principal components of the whole input, is more informative and learned late: the error falls
again. At the same scale (the control, scale 1), both are learned together: a single U with the same
end. Heckel & Yilmaz 2020; Pezeshki et al. 2021; Stephenson & Lee 2021.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.descent.point import CurvePoint
from core.descent.problem import Problem
from core.descent.score import measure

SCALE = 0.02  # of the slow block
COSINES, COMPONENTS = 0.6, 0.03  # features of each block relative to n: together fewer than rows
BANDWIDTH = 0.4  # relative to √d, the typical length of an input
_COSINES = 4  # the random stream of a seed for the cosines


@dataclass(frozen=True)
class ClosedFormDescent:
    """Gradient descent from 0 on one Φ (n, P) and Y (n, K), at any step t."""

    values: Tensor  # (r,) singular values S, descending
    directions: Tensor  # (P, r) V
    projected: Tensor  # (r, K) UᵀY

    @classmethod
    def solve(cls, features: Tensor, targets: Tensor) -> "ClosedFormDescent":
        left, values, right = torch.linalg.svd(features, full_matrices=False)
        return cls(values, right.T, left.T @ targets)

    def weights(self, step: float) -> Tensor:
        """Return w(t), (P, K). (1 − x)ᵗ is computed by logarithms, so that t = 1e8 keeps its
        digits.
        """
        ratio = (self.values / self.values[0]).square()
        learned = -torch.expm1(step * torch.log1p(-ratio))  # log1p(−1) = −∞: learned in one step
        inverse = torch.where(ratio > 0, 1 / self.values, 0.0)
        return self.directions @ ((learned * inverse)[:, None] * self.projected)


def log_spaced(last: int, count: int) -> tuple[int, ...]:
    """Return at most `count` whole steps from 1 to `last`, equally spaced on a log axis; with a
    count of 1 only the last.

    >>> log_spaced(1000, 4)
    (1, 10, 100, 1000)
    """
    return tuple(sorted({round(last ** (k / (count - 1))) for k in range(count - 1)} | {last}))


def over_steps(
    problem: Problem,
    steps: Sequence[int] = log_spaced(10**7, 42),
    scale: float = SCALE,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
) -> Iterator[CurvePoint]:
    """Yield one point for each step count, ascending; every seed has its own rows and cosines."""
    tests = torch.from_numpy(problem.test_labels)
    descents = [_SeedDescent(problem, seed, scale) for seed in seeds]
    labels = torch.stack([seed.labels for seed in descents])
    for step in sorted(steps):
        weights = torch.stack([seed.descent.weights(step) for seed in descents])  # (S, P, K)
        yield measure(
            torch.stack([seed.train @ w for seed, w in zip(descents, weights, strict=True)]),
            labels,
            torch.stack([seed.test @ w for seed, w in zip(descents, weights, strict=True)]),
            tests,
            weights.flatten(1).norm(dim=1),
            steps=step,
            last=step == max(steps),
            width=weights.shape[1],
            parameters=weights[0].numel(),
            samples=problem.samples,
            control=scale,
        )


class _SeedDescent:
    """The features of one seed and its gradient descent."""

    def __init__(self, problem: Problem, seed: int, scale: float):
        drawn = problem.draw(seed)
        train, test = (torch.as_tensor(x).double() for x in (drawn.inputs, problem.test_inputs))
        self.labels = torch.from_numpy(drawn.labels)
        self.train, self.test = blocks(train, test, scale, seed)
        self.descent = ClosedFormDescent.solve(
            self.train, one_hot(self.labels, problem.classes).double()
        )


def blocks(train: Tensor, test: Tensor, scale: float, seed: int) -> tuple[Tensor, Tensor]:
    """Inputs (n, d), (T, d) -> features (n, P), (T, P): the fast block, then `scale` × the slow
    one.

    The fast block is cos(xω + b) of the first half of x (of an image, its upper rows) with
    ω ~ N(0, 1/bandwidth²) and b uniform: Rahimi & Recht 2007.
    """
    half, cosines = (train.shape[1] + 1) // 2, max(1, round(COSINES * len(train)))
    draw = torch.Generator().manual_seed(seed * 16 + _COSINES)
    waves = torch.randn(half, cosines, generator=draw, dtype=torch.float64)
    waves /= BANDWIDTH * half**0.5
    phases = 2 * math.pi * torch.rand(cosines, generator=draw, dtype=torch.float64)
    white = _whitener(train)
    pairs = ((torch.cos(x[:, :half] @ waves + phases), scale * (x @ white)) for x in (train, test))
    first, second = (torch.cat(pair, dim=1) for pair in pairs)
    return first, second


def _whitener(train: Tensor) -> Tensor:
    """Return (d, c): leading principal components, each divided by its standard deviation."""
    _, values, directions = torch.linalg.svd(train, full_matrices=False)
    count = int((values > 1e-6 * values[0]).sum())
    count = min(count, max(1, round(COMPONENTS * len(train))))
    return directions[:count].T / values[:count] * len(train) ** 0.5
