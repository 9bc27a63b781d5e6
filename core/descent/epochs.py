"""Epoch-wise double descent in closed form: gradient descent on two blocks of features of unlike
scale, at any step without taking the steps before it.

w(t) = V diag((1 − (1 − ηS²)ᵗ)/S) UᵀY is gradient descent from 0 on |Φw − Y|²/2 with Φ = USVᵀ and
η = 1/S₁². A direction is learned after about (S₁/S)² steps. The large block, random cosines of the
first half of the inputs, is learned first and overfits: the error rises. The small block, whitened
principal components of the whole input, tells more and is learned late: the error falls again.
Scaled alike (the control, scale 1) both are learned together: one U, and the same end. Heckel &
Yilmaz 2020; Pezeshki et al. 2021; Stephenson & Lee 2021.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.descent.point import Point
from core.descent.problem import Problem
from core.descent.score import measure

SCALE = 0.02  # of the slow block
COSINES, COMPONENTS = 0.6, 0.03  # features of each block, as shares of n: together fewer than rows
BANDWIDTH = 0.4  # in typical lengths √d of an input
_COSINES = 4  # the purpose of a seed: which cosines


@dataclass(frozen=True)
class Descent:
    """Gradient descent from 0 on one Φ (n, P) and Y (n, K), known at every t."""

    values: Tensor  # (r,) singular values S, falling
    directions: Tensor  # (P, r) V
    seen: Tensor  # (r, K) UᵀY

    @classmethod
    def of(cls, features: Tensor, targets: Tensor) -> "Descent":
        left, values, right = torch.linalg.svd(features, full_matrices=False)
        return cls(values, right.T, left.T @ targets)

    def weights(self, step: float) -> Tensor:
        """w(t), (P, K). (1 − x)ᵗ by logarithms, so that t = 1e8 keeps its digits."""
        share = (self.values / self.values[0]).square()
        learned = -torch.expm1(step * torch.log1p(-share))  # log1p(−1) = −∞: learned at once
        inverse = torch.where(share > 0, 1 / self.values, 0.0)
        return self.directions @ ((learned * inverse)[:, None] * self.seen)


def log_spaced(last: int, count: int) -> tuple[int, ...]:
    """At most `count` whole steps from 1 to `last`, evenly apart on a log axis; one: the last.

    >>> log_spaced(1000, 4)
    (1, 10, 100, 1000)
    """
    return tuple(sorted({round(last ** (k / (count - 1))) for k in range(count - 1)} | {last}))


def over_steps(
    problem: Problem,
    steps: Sequence[int] = log_spaced(10**7, 42),
    scale: float = SCALE,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
) -> Iterator[Point]:
    """One point for each step count, ascending; every seed has its own rows and cosines."""
    tests = torch.from_numpy(problem.test_labels)
    seen = [_Seed(problem, seed, scale) for seed in seeds]
    labels = torch.stack([one.labels for one in seen])
    for step in sorted(steps):
        weights = torch.stack([one.descent.weights(step) for one in seen])  # (S, P, K)
        yield measure(
            torch.stack([one.train @ w for one, w in zip(seen, weights, strict=True)]),
            labels,
            torch.stack([one.test @ w for one, w in zip(seen, weights, strict=True)]),
            tests,
            weights.flatten(1).norm(dim=1),
            steps=step,
            last=step == max(steps),
            width=weights.shape[1],
            parameters=weights[0].numel(),
            samples=problem.samples,
            control=scale,
        )


class _Seed:
    """The features of one seed, and its descent."""

    def __init__(self, problem: Problem, seed: int, scale: float):
        drawn = problem.draw(seed)
        train, test = (torch.as_tensor(x).double() for x in (drawn.inputs, problem.test_inputs))
        self.labels = torch.from_numpy(drawn.labels)
        self.train, self.test = blocks(train, test, scale, seed)
        self.descent = Descent.of(self.train, one_hot(self.labels, problem.classes).double())


def blocks(train: Tensor, test: Tensor, scale: float, seed: int) -> tuple[Tensor, Tensor]:
    """Inputs (n, d), (T, d) -> features (n, P), (T, P): the fast block, then `scale` × the slow.

    cos(xω + b) of the first half of x (of a picture: its upper rows) with ω ~ N(0, 1/bandwidth²)
    and b uniform: Rahimi & Recht 2007.
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
    """(d, c): leading principal components, each divided by its own deviation over the rows."""
    _, values, directions = torch.linalg.svd(train, full_matrices=False)
    kept = int((values > 1e-6 * values[0]).sum())
    kept = min(kept, max(1, round(COMPONENTS * len(train))))
    return directions[:kept].T / values[:kept] * len(train) ** 0.5
