"""Ridge regression: both closed forms, descent and autograd agree; eigenvalues and condition."""

import numpy as np
import pytest
import torch

from core.concepts.ridge import Ridge, eigenvalues, ridge_table

N, D = 40, 6
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(N, D)) * np.array([1, 2, 1, 0.5, 3, 1])
Y = X @ RANDOM.normal(size=D) + RANDOM.normal(size=N)
STRENGTHS = [0.01, 0.1, 1.0, 10.0]


def autograd_reference(ridge: Ridge, w: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Loss, gradient and Hessian at w, from the formula, by autograd."""
    x, y = torch.tensor(X), torch.tensor(Y)

    def loss(w: torch.Tensor) -> torch.Tensor:
        squares = ((x @ w - y) ** 2).sum()
        squares = squares if ridge.convention == "sum" else squares / (2 * N)
        return squares + ridge.strength * (w**2).sum()

    point = torch.tensor(w, requires_grad=True)
    value = loss(point)
    (gradient,) = torch.autograd.grad(value, point)
    hessian = torch.autograd.functional.hessian(loss, point)
    return value.item(), gradient.numpy(), hessian.detach().numpy()


@pytest.mark.parametrize("convention", ["sum", "mean"])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_loss_gradient_and_curvature_equal_autograd(strength: float, convention: str) -> None:
    ridge, w = Ridge(strength, convention), np.random.default_rng(1).normal(size=D)
    value, gradient, hessian = autograd_reference(ridge, w)
    assert ridge.loss(X, Y, w) == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(ridge.gradient(X, Y, w), gradient, rtol=1e-10)
    np.testing.assert_allclose(ridge.curvature(X), np.linalg.eigvalsh(hessian), rtol=1e-10)
    assert ridge.condition(X) == pytest.approx(np.linalg.cond(hessian), rel=1e-9)


@pytest.mark.parametrize("convention", ["sum", "mean"])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_the_gradient_vanishes_at_the_closed_form_and_descent_reaches_it(
    strength, convention
) -> None:
    ridge = Ridge(strength, convention)
    w = ridge.solve(X, Y)
    scale = np.abs(ridge.gradient(X, Y, np.zeros(D))).max()
    assert np.abs(ridge.gradient(X, Y, w)).max() < 1e-12 * scale
    path = ridge.descend(X, Y, steps=4000)
    np.testing.assert_allclose(path[-1], w, rtol=1e-8)
    losses = [ridge.loss(X, Y, step) for step in path[:50]]
    assert (path[0] == 0).all() and (np.diff(losses) <= 1e-14 * losses[0]).all()


@pytest.mark.parametrize("strength", STRENGTHS)
def test_the_mean_convention_needs_2nλ_in_place_of_λ(strength: float) -> None:
    mean, same = Ridge(strength, "mean"), Ridge(2 * N * strength, "sum")
    np.testing.assert_allclose(mean.solve(X, Y), same.solve(X, Y), rtol=1e-12)
    formula = np.linalg.inv(X.T @ X + 2 * N * strength * np.eye(D)) @ X.T @ Y
    np.testing.assert_allclose(mean.solve(X, Y), formula, rtol=1e-10)
    assert mean.condition(X) == pytest.approx(same.condition(X), rel=1e-12)
    assert not np.allclose(mean.solve(X, Y), Ridge(strength, "sum").solve(X, Y))


def test_the_error_falls_within_the_bound_of_the_condition_number() -> None:
    ridge = Ridge(0.1, "mean")
    distance = np.linalg.norm(ridge.descend(X, Y, steps=60) - ridge.solve(X, Y), axis=1)
    kappa = ridge.condition(X)
    assert (distance[1:] <= distance[:-1] * (kappa - 1) / (kappa + 1) * (1 + 1e-9)).all()


def test_a_learning_rate_above_the_limit_diverges() -> None:
    ridge = Ridge(0.1)
    path = ridge.descend(X, Y, steps=200, learning_rate=2.1 / ridge.curvature(X)[-1])
    assert ridge.loss(X, Y, path[-1]) > ridge.loss(X, Y, path[0])


def test_without_a_penalty_the_result_is_the_shortest_least_squares_solution() -> None:
    np.testing.assert_allclose(Ridge(0.0).solve(X, Y), np.linalg.lstsq(X, Y, rcond=None)[0])
    wide, few = X[:3], Y[:3]
    w = Ridge(0.0).solve(wide, few)
    np.testing.assert_allclose(w, np.linalg.pinv(wide) @ few)
    assert Ridge(0.0).condition(wide) == np.inf and np.isfinite(Ridge(0.1).condition(wide))
    np.testing.assert_allclose(Ridge(1e-6).solve(wide, few), w, atol=1e-5)


def test_eigenvalues_equal_squared_singular_values() -> None:
    np.testing.assert_allclose(eigenvalues(X), np.linalg.svd(X)[1][::-1] ** 2, rtol=1e-10)
    assert (eigenvalues(X[:3]) >= 0).all()


@pytest.mark.parametrize("convention", ["sum", "mean"])
def test_a_larger_strength_lowers_condition_and_norm_and_raises_the_error(convention: str) -> None:
    table = ridge_table(X, Y, [0.0, *STRENGTHS], convention)
    assert [row.strength for row in table] == [0.0, *STRENGTHS]
    assert table[2].shift == pytest.approx(0.1 if convention == "sum" else 0.1 * 2 * N)
    conditions, norms = [r.condition for r in table], [r.squared_norm for r in table]
    assert conditions == sorted(conditions, reverse=True)
    assert norms == sorted(norms, reverse=True)
    assert [r.error for r in table] == sorted(r.error for r in table)


def test_a_single_column_is_solved_in_one_step() -> None:
    ridge, x = Ridge(2.0), np.array([[1.0], [2.0]])
    assert ridge.solve(x, np.array([1.0, 1.0])) == pytest.approx([3 / 7])
    assert ridge.condition(x) == 1 and ridge.descend(x, np.ones(2), steps=1)[1] == pytest.approx(
        [3 / 7]
    )
