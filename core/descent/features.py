"""Random ReLU features with every ridge in closed form: the curve over the number of features N, or
over the number of rows n, one point at a time.

f(x) = φ(x)ᵀw, φ(x) = ReLU(xW)/√N, W ~ N(0, 1/d), w the least of |Φw − Y|²/n + λ|w|², so
w = (ΦᵀΦ + nλI)⁻¹ΦᵀY, and for λ = 0 the shortest w of least squares. Rahimi & Recht 2007; Belkin,
Hsu, Ma & Mandal 2019. For N ≤ n from the N×N matrix ΦᵀΦ, for N > n from the n×n matrix ΦΦᵀ; one
eigendecomposition serves all ridges. In float64: at N = n eigenvalues differ by a factor of 1e10,
and float32 cuts the peak.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.descent.point import Point
from core.descent.problem import Problem
from core.descent.score import measure

RIDGES = (0.0, 1e-6, 1e-4, 1e-3, 1e-2)
ZERO = 1e-14  # of the largest eigenvalue: what counts as none in the shortest least squares
RATIOS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
RATIOS += (1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
_FEATURES = 3  # the purpose of a seed: which W


@dataclass(frozen=True)
class Solved:
    """What one seed gives for R ridges: predictions (R, n, K) and (R, T, K), norms (R,)."""

    train: Tensor
    test: Tensor
    norm: Tensor


def widths(samples: int, ratios: Sequence[float] = RATIOS) -> tuple[int, ...]:
    """How many features to try for n rows, N/n from 1/50 to 10, dense at N = n."""
    return tuple(sorted({max(1, round(samples * ratio)) for ratio in ratios}))


def directions(inputs: int, features: int, seed: int) -> Tensor:
    """W (d, N) ~ N(0, 1/d); fewer features are the first columns of more."""
    draw = torch.Generator().manual_seed(seed * 16 + _FEATURES)
    whole = -(-features // 16) * 16  # torch draws in blocks of 16, and a part of one differently
    columns = torch.randn(whole, inputs, generator=draw, dtype=torch.float64)[:features]
    return columns.T / inputs**0.5


def over_widths(
    problem: Problem,
    widths: Sequence[int],
    ridges: Sequence[float] = RIDGES,
    seeds: Sequence[int] = (0, 1, 2),
) -> Iterator[Point]:
    """Model-wise: for each N, in ascending order, one point for each ridge."""
    lines = [SeedFeatures(problem, max(widths), seed, ridges) for seed in seeds]
    for width in sorted(widths):
        yield from points(problem, lines, width, ridges)


def over_samples(
    problem: Problem,
    width: int,
    sizes: Sequence[int],
    ridges: Sequence[float] = RIDGES,
    seeds: Sequence[int] = (0, 1, 2),
) -> Iterator[Point]:
    """Sample-wise: for each n, in ascending order, one point for each ridge, N fixed."""
    for size in sorted(sizes):
        smaller = problem.sized(size)
        lines = [SeedFeatures(smaller, width, seed, ridges) for seed in seeds]
        yield from points(smaller, lines, width, ridges)


class SeedFeatures:
    """One seed's features of one problem, and the Gram matrices that grow with N."""

    def __init__(self, problem: Problem, most: int, seed: int, ridges: Sequence[float]):
        drawn = problem.draw(seed)
        self.inputs, self.tests = (
            lifted(problem, drawn.inputs),
            lifted(problem, problem.test_inputs),
        )
        self.columns = directions(self.inputs.shape[1], most, seed)
        self.labels = torch.from_numpy(drawn.labels)
        self.targets = one_hot(self.labels, problem.classes).double()
        rows = len(self.labels)
        self.penalties = [rows * ridge for ridge in ridges]  # nλ
        self.train = relu(self.inputs, self.columns[:, :rows])  # (n, N) up to N = n
        self.test = relu(self.tests, self.columns[:, :rows])  # (T, N)
        self.small = self.train.T @ self.train  # its leading N×N block is the Gram matrix of N
        self.done = 0  # how many features the two kernels have taken in
        self.kernel = torch.zeros(rows, rows, dtype=torch.float64)
        self.test_kernel = torch.zeros(len(self.tests), rows, dtype=torch.float64)

    def solve(self, width: int) -> Solved:
        """All ridges for the first `width` features; widths must not fall."""
        if width <= len(self.labels):
            return self._primal(width)
        self.skip(width)
        return self._dual(width)

    def _primal(self, width: int) -> Solved:
        train, test = (part[:, :width] / width**0.5 for part in (self.train, self.test))
        gram = self.small[:width, :width] / width
        weights = inverses(gram, train.T @ self.targets, self.penalties)  # (R, N, K)
        return Solved(train @ weights, test @ weights, weights.flatten(1).norm(dim=1))

    def _dual(self, width: int) -> Solved:
        kernel = self.kernel / width
        shares = inverses(kernel, self.targets, self.penalties)  # (R, n, K)
        train, test = kernel @ shares, (self.test_kernel / width) @ shares
        norm = (shares * train).sum((1, 2)).clamp_min(0).sqrt()  # wᵀw = αᵀKα
        return Solved(train, test, norm)

    def skip(self, width: int) -> None:
        """Takes in features up to `width`, unsolved: the new ones alone, so that the whole curve
        costs one pass over all of them, and never holds them all. Sums depend, in their last
        digits, on where they are interrupted: take in the same widths to get the same numbers.
        """
        if width <= len(self.labels):
            return
        fresh = self.columns[:, self.done : width]
        new = relu(self.inputs, fresh)
        self.kernel += new @ new.T
        self.test_kernel += relu(self.tests, fresh) @ new.T
        self.done = max(self.done, width)


def lifted(problem: Problem, inputs: np.ndarray) -> Tensor:
    """Inputs in float64; rows of numbers get a constant 1: without it a function of two columns
    would see their angle alone.
    """
    rows = torch.from_numpy(inputs).double()
    return rows if len(problem.shape) == 2 else torch.cat([rows, torch.ones_like(rows[:, :1])], 1)


def relu(inputs: Tensor, columns: Tensor) -> Tensor:
    """(n, d) @ (d, N) -> (n, N), float64."""
    return (inputs @ columns).relu_()


def inverses(matrix: Tensor, right: Tensor, penalties: Sequence[float]) -> Tensor:
    """(A + λI)⁻¹B for each λ, for 0 the pseudo-inverse: A (m, m), B (m, K) -> (R, m, K)."""
    values, vectors = torch.linalg.eigh(matrix)
    seen = vectors.T @ right
    kept = values > ZERO * values[-1]
    shares = [torch.where(kept, 1 / (values + penalty), 0.0) for penalty in penalties]
    return vectors @ torch.stack([share[:, None] * seen for share in shares])


def points(
    problem: Problem, lines: Sequence[SeedFeatures], width: int, ridges: Sequence[float]
) -> Iterator[Point]:
    """One point for each ridge, of one line for each seed."""
    solved = [line.solve(width) for line in lines]
    tests = torch.from_numpy(problem.test_labels)
    labels = torch.stack([line.labels for line in lines])
    for place, ridge in enumerate(ridges):
        yield measure(
            torch.stack([one.train[place] for one in solved]),
            labels,
            torch.stack([one.test[place] for one in solved]),
            tests,
            torch.stack([one.norm[place] for one in solved]),
            width=width,
            parameters=width * problem.classes,
            samples=problem.samples,
            control=ridge,
        )
