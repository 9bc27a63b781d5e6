"""Random features against an independent least-squares solver, and against exact theory of linear
regression at finite n.
"""

from itertools import pairwise
from statistics import fmean, median

import numpy as np
import pytest
import torch

from core.data.ready.builtin import digits
from core.data.samples import Samples
from core.descent import features
from core.descent.features import (
    SeedFeatures,
    directions,
    over_samples,
    over_widths,
    relu,
    solve_ridges,
)
from core.descent.problem import Problem, make_problem
from core.studies.curve_methods import FEATURE_SIDE

RIDGES = (0.0, 1e-6, 1e-3)


@pytest.fixture(scope="module")
def noisy() -> Problem:
    return make_problem(digits(None), side=FEATURE_SIDE, wanted=150, noise=0.1)


@pytest.fixture(scope="module")
def curve(noisy) -> list:
    return list(over_widths(noisy, features.widths(150), (0.0, 1e-3), (0, 1, 2, 3, 4)))


def risks(n: int, p: int, *, r2: float, s2: float, draws: int, penalty: float) -> np.ndarray:
    """|b̂ − b|² of ridge regression on isotropic Gaussian rows, by our solver."""
    draw = torch.Generator().manual_seed(n + 1000 * p)
    result = []
    for _ in range(draws):
        x = torch.randn(n, p, generator=draw, dtype=torch.float64)
        b = torch.randn(p, 1, generator=draw, dtype=torch.float64)
        b *= (r2 / b.square().sum()).sqrt()
        y = x @ b + s2**0.5 * torch.randn(n, 1, generator=draw, dtype=torch.float64)
        if p <= n:
            fitted = solve_ridges(x.T @ x, x.T @ y, [penalty])[0]
        else:
            fitted = x.T @ solve_ridges(x @ x.T, y, [penalty])[0]
        result.append(float((fitted - b).square().sum()))
    return np.array(result)


@pytest.mark.parametrize("p", [20, 50, 80, 125, 200, 1000])
def test_the_risk_of_minimum_norm_least_squares_equals_exact_theory(p):
    """Wishart moments: σ²p/(n−p−1) for p ≤ n−2; r²(1−n/p) + σ²n/(p−n−1) for p ≥ n+2."""
    n, r2, s2 = 100, 5.0, 1.0
    exact = s2 * p / (n - p - 1) if p < n else r2 * (1 - n / p) + s2 * n / (p - n - 1)
    result = risks(n, p, r2=r2, s2=s2, draws=40, penalty=0.0)
    assert abs(result.mean() - exact) < 4 * result.std() / 40**0.5


def test_the_best_ridge_has_no_peak():
    """Hastie et al. 2019: λ* = σ²γ/r² gives σ²γ·m(−λ*), which rises with γ through γ = 1."""
    n, r2, s2, before = 100, 5.0, 1.0, 0.0
    for p in (50, 90, 110, 200, 1000):
        g = p / n
        lam = s2 * g / r2
        half = 1 - g + lam
        limit = s2 * g * (-half + (half**2 + 4 * g * lam) ** 0.5) / (2 * g * lam)
        result = risks(n, p, r2=r2, s2=s2, draws=40, penalty=n * lam)
        assert abs(result.mean() - limit) < 4 * result.std() / 40**0.5 + 0.03 * limit
        assert limit > before
        before = limit


@pytest.mark.parametrize("rank", [3, 40])
def test_collinear_features_are_solved_by_the_pseudo_inverse(rank):
    draw = torch.Generator().manual_seed(rank)
    rows = torch.randn(200, rank, generator=draw, dtype=torch.float64)
    rows = rows @ torch.randn(rank, 150, generator=draw, dtype=torch.float64)
    right = rows.T @ torch.randn(200, 2, generator=draw, dtype=torch.float64)
    result = solve_ridges(rows.T @ rows, right, [0.0])[0]
    wanted = torch.linalg.pinv(rows.T @ rows, rtol=1e-12, hermitian=True) @ right
    torch.testing.assert_close(result, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("width", [1, 40, 149, 150, 151, 400])
def test_primal_and_dual_equal_an_independent_least_squares_solver(noisy, width):
    line = SeedFeatures(noisy, 400, 0, RIDGES)
    solved = line.solve(width)
    drawn = noisy.draw(0)
    columns = directions(64, width, 0)
    train, test = (
        relu(torch.from_numpy(x).double(), columns) / width**0.5
        for x in (drawn.inputs, noisy.test_inputs)
    )
    targets = torch.eye(10, dtype=torch.float64)[torch.from_numpy(drawn.labels)]
    for place, ridge in enumerate(RIDGES):
        extra = (150 * ridge) ** 0.5 * torch.eye(width, dtype=torch.float64)
        tall = torch.cat([train, extra]) if ridge else train
        goal = torch.cat([targets, targets.new_zeros(width, 10)]) if ridge else targets
        weights = torch.linalg.lstsq(tall, goal, driver="gelsd").solution
        loose = 1e-3 if width in (149, 150, 151) and not ridge else 1e-6
        torch.testing.assert_close(solved.test[place], test @ weights, rtol=loose, atol=loose)
        torch.testing.assert_close(solved.train[place], train @ weights, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(solved.norm[place], weights.norm(), rtol=loose, atol=0)


def test_a_smaller_number_of_features_is_a_prefix_of_a_larger_one():
    assert (directions(5, 30, 2) == directions(5, 100, 2)[:, :30]).all()
    assert directions(400, 3000, 0).var().item() == pytest.approx(1 / 400, rel=0.01)


def test_nested_features_fit_better_and_better_and_finally_exactly(curve):
    line = [point for point in curve if point.control == 0]
    for seed in range(5):
        losses = [point.train_loss[seed] for point in line]
        assert all(after <= before + 1e-9 for before, after in pairwise(losses))
        beyond = [point for point in line if point.width > 150]
        assert max(point.train_loss[seed] for point in beyond) < 1e-7
        norms = [point.norm[seed] for point in beyond]
        assert all(after <= before * (1 + 1e-9) for before, after in pairwise(norms))


def test_a_ridge_reduces_the_weight_norm(curve):
    for free, held in zip(curve[::2], curve[1::2], strict=True):
        assert (free.control, held.control) == (0, 1e-3)
        assert free.width == held.width
        assert all(h <= f * (1 + 1e-9) for f, h in zip(free.norm, held.norm, strict=True))


def test_the_peak_is_at_as_many_features_as_samples_and_a_ridge_removes_it(curve):
    loss = {(p.width, p.control): median(p.test_loss) for p in curve}
    valley = min(value for (width, ridge), value in loss.items() if width < 100 and not ridge)
    for width in (round(0.95 * 150), round(1.05 * 150)):
        assert loss[width, 0] > 3 * valley
        assert loss[width, 1e-3] < 1.05 * valley
    assert max((v, w) for (w, r), v in loss.items() if r == 0)[1] == 150
    assert loss[1500, 0] < 1.5 * valley


def test_mean_loss_equals_ensemble_loss_plus_variance(curve):
    for point in curve:
        total = point.ensemble_loss + point.variance
        assert fmean(point.test_loss) == pytest.approx(total, rel=1e-12)


def test_more_rows_hurt_at_as_many_rows_as_features(noisy):
    sizes = (60, 95, 100, 105, 400)
    points = list(over_samples(noisy, 100, sizes, (0.0, 1e-3), (0, 1, 2)))
    free, held = ({p.samples: median(p.test_loss) for p in points[k::2]} for k in (0, 1))
    assert list(free) == list(sizes)
    assert min(free[95], free[105]) > 2 * free[60] > 2 * free[400]
    assert all(after < before for before, after in pairwise(held.values()))


def test_a_table_with_one_column_can_be_classified_by_its_middle():
    column = np.random.default_rng(0).normal(size=(300, 1)).astype(np.float32)
    samples = Samples("Middle", column, (np.abs(column[:, 0]) < 0.7).astype(np.int64), ("a", "b"))
    (point,) = over_widths(make_problem(samples, side=FEATURE_SIDE), (60,), (1e-6,), (0,))
    assert point.test_error[0] < 0.1


def test_the_same_seeds_give_the_same_points(noisy):
    first, second = (list(over_widths(noisy, (20, 200), RIDGES, (0, 1))) for _ in range(2))
    assert first == second
    assert first[0].test_loss[0] != first[0].test_loss[1]
    alone = list(over_widths(noisy, (200,), RIDGES, (1,)))
    assert alone[0].test_loss[0] == pytest.approx(first[3].test_loss[1], rel=1e-9)
