"""Random ReLU features with every ridge in closed form: the curve over the number of features N or
over the number of rows n, one point at a time.

f(x) = φ(x)ᵀw, φ(x) = ReLU(xW)/√N, W ~ N(0, 1/d), where w minimizes |Φw − Y|²/n + λ|w|²:
w = (ΦᵀΦ + nλI)⁻¹ΦᵀY, and for λ = 0 the minimum-norm least-squares solution. Rahimi & Recht 2007;
Belkin, Hsu, Ma & Mandal 2019. For N ≤ n it is computed from the N × N matrix ΦᵀΦ, for N > n from
the n × n matrix ΦΦᵀ; one eigendecomposition serves all ridges. In float64, because at N = n the
eigenvalues differ by a factor of 1e10 and float32 would cut off the peak.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.descent.point import CurvePoint
from core.descent.problem import Problem
from core.descent.score import measure

RIDGES = (0.0, 1e-6, 1e-4, 1e-3, 1e-2)
ZERO = 1e-14  # relative to the largest eigenvalue: smaller ones count as 0 in the pseudo-inverse
RATIOS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
RATIOS += (1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
_FEATURES = 3  # the random stream of a seed for W


@dataclass(frozen=True)
class RidgeSolution:
    """The solution of one seed for R ridges: predictions (R, n, K) and (R, T, K), norms (R,)."""

    train: Tensor
    test: Tensor
    norm: Tensor


def widths(samples: int, ratios: Sequence[float] = RATIOS) -> tuple[int, ...]:
    """Return the numbers of features for n rows, N/n from 1/50 to 10, dense around N = n."""
    return tuple(sorted({max(1, round(samples * ratio)) for ratio in ratios}))


def directions(inputs: int, features: int, seed: int) -> Tensor:
    """Draw W (d, N) ~ N(0, 1/d); a smaller N gives the first columns of a larger one."""
    draw = torch.Generator().manual_seed(seed * 16 + _FEATURES)
    padded = -(-features // 16) * 16  # torch draws in blocks of 16, partial blocks differently
    columns = torch.randn(padded, inputs, generator=draw, dtype=torch.float64)[:features]
    return columns.T / inputs**0.5


def over_widths(
    problem: Problem,
    widths: Sequence[int],
    ridges: Sequence[float] = RIDGES,
    seeds: Sequence[int] = (0, 1, 2),
) -> Iterator[CurvePoint]:
    """Model-wise: for each N, in ascending order, one point for each ridge."""
    solvers = [SeedFeatures(problem, max(widths), seed, ridges) for seed in seeds]
    for width in sorted(widths):
        yield from solve_width(problem, solvers, width, ridges)


def over_samples(
    problem: Problem,
    width: int,
    sizes: Sequence[int],
    ridges: Sequence[float] = RIDGES,
    seeds: Sequence[int] = (0, 1, 2),
) -> Iterator[CurvePoint]:
    """Sample-wise: for each n, in ascending order, one point for each ridge, N fixed."""
    for size in sorted(sizes):
        smaller = problem.sized(size)
        solvers = [SeedFeatures(smaller, width, seed, ridges) for seed in seeds]
        yield from solve_width(smaller, solvers, width, ridges)


class SeedFeatures:
    """The features of one seed on one problem, and the Gram matrices that grow with N."""

    def __init__(self, problem: Problem, max_width: int, seed: int, ridges: Sequence[float]):
        drawn = problem.draw(seed)
        self.inputs = with_constant(problem, drawn.inputs)
        self.tests = with_constant(problem, problem.test_inputs)
        self.columns = directions(self.inputs.shape[1], max_width, seed)
        self.labels = torch.from_numpy(drawn.labels)
        self.targets = one_hot(self.labels, problem.classes).double()
        rows = len(self.labels)
        self.penalties = [rows * ridge for ridge in ridges]  # nλ
        self.train = relu(self.inputs, self.columns[:, :rows])  # (n, N) up to N = n
        self.test = relu(self.tests, self.columns[:, :rows])  # (T, N)
        self.gram = self.train.T @ self.train  # its leading N × N block belongs to N features
        self.added = 0  # number of features in the two kernels
        self.kernel = torch.zeros(rows, rows, dtype=torch.float64)
        self.test_kernel = torch.zeros(len(self.tests), rows, dtype=torch.float64)

    def solve(self, width: int) -> RidgeSolution:
        """Solve all ridges for the first `width` features; widths must not decrease."""
        if width <= len(self.labels):
            return self._primal(width)
        self.add_features(width)
        return self._dual(width)

    def _primal(self, width: int) -> RidgeSolution:
        train, test = (part[:, :width] / width**0.5 for part in (self.train, self.test))
        gram = self.gram[:width, :width] / width
        weights = solve_ridges(gram, train.T @ self.targets, self.penalties)  # (R, N, K)
        return RidgeSolution(train @ weights, test @ weights, weights.flatten(1).norm(dim=1))

    def _dual(self, width: int) -> RidgeSolution:
        kernel = self.kernel / width
        dual = solve_ridges(kernel, self.targets, self.penalties)  # (R, n, K)
        train, test = kernel @ dual, (self.test_kernel / width) @ dual
        norm = (dual * train).sum((1, 2)).clamp_min(0).sqrt()  # wᵀw = αᵀKα
        return RidgeSolution(train, test, norm)

    def add_features(self, width: int) -> None:
        """Add the features up to `width` to the kernels, without solving. Only the new ones are
        computed, so the whole curve costs one pass over all features and never stores them all. The
        last digits of the sums depend on the steps: add the same widths to get the same numbers.
        """
        if width <= len(self.labels):
            return
        columns = self.columns[:, self.added : width]
        new = relu(self.inputs, columns)
        self.kernel += new @ new.T
        self.test_kernel += relu(self.tests, columns) @ new.T
        self.added = max(self.added, width)


def with_constant(problem: Problem, inputs: np.ndarray) -> Tensor:
    """Return the inputs in float64. Table rows get a constant 1: without it, a function of two
    columns would depend on their angle alone.
    """
    rows = torch.from_numpy(inputs).double()
    return rows if len(problem.shape) == 2 else torch.cat([rows, torch.ones_like(rows[:, :1])], 1)


def relu(inputs: Tensor, columns: Tensor) -> Tensor:
    """(n, d) @ (d, N) -> (n, N), float64."""
    return (inputs @ columns).relu_()


def solve_ridges(matrix: Tensor, right: Tensor, penalties: Sequence[float]) -> Tensor:
    """Return (A + λI)⁻¹B for each λ, with the pseudo-inverse: A (m, m), B (m, K) -> (R, m, K)."""
    values, vectors = torch.linalg.eigh(matrix)
    projected = vectors.T @ right
    nonzero = values > ZERO * values[-1]
    inverses = [torch.where(nonzero, 1 / (values + penalty), 0.0) for penalty in penalties]
    return vectors @ torch.stack([inverse[:, None] * projected for inverse in inverses])


def solve_width(
    problem: Problem, solvers: Sequence[SeedFeatures], width: int, ridges: Sequence[float]
) -> Iterator[CurvePoint]:
    """Yield one point for each ridge; `solvers` has one entry for each seed."""
    solutions = [solver.solve(width) for solver in solvers]
    tests = torch.from_numpy(problem.test_labels)
    labels = torch.stack([solver.labels for solver in solvers])
    for index, ridge in enumerate(ridges):
        yield measure(
            torch.stack([solution.train[index] for solution in solutions]),
            labels,
            torch.stack([solution.test[index] for solution in solutions]),
            tests,
            torch.stack([solution.norm[index] for solution in solutions]),
            width=width,
            parameters=width * problem.classes,
            samples=problem.samples,
            control=ridge,
        )
