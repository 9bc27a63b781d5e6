"""Surfaces against automatic differentiation and SciPy's minima; paths against the papers' formulas
and the theory of quadratics.
"""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from core.concepts import race
from core.concepts.race import RACERS, Racer, convergence, run, starts, steps_to_minimum
from core.concepts.surfaces import SURFACES, LossSurface, Quadratic, TwoMinima, conditioned
from core.optim.flatness import SAM
from core.optim.momentum import SGD
from tests.core.optim.formulas import UPDATES

EVERY = [*SURFACES, conditioned(SURFACES[0], 50.0)]


def in_torch(surface: LossSurface, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The formulas that the page shows, written once more."""
    e, pi = torch.exp, torch.pi
    return {
        "quadratic": lambda: (x**2 + getattr(surface, "condition", 1) * y**2) / 2,
        "ripples": lambda: (x**2 + y**2) / 10 + 3 / 20 * (2 - (pi * x).cos() - (pi * y).cos()),
        "rosenbrock": lambda: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        "saddle": lambda: x**2 / 2 - y**2 / 2 + y**4 / 4 + 1 / 4,
        "two_minima": lambda: (
            (x**2 + y**2) / 20
            - e(-((x + 1) ** 2 + y**2) / 2)
            - 6 / 5 * e(-10 * ((x - 1.2) ** 2 + y**2))
        ),
    }[surface.kind]()


@pytest.mark.parametrize("surface", EVERY, ids=repr)
def test_values_and_gradients_equal_automatic_differentiation(surface: LossSurface) -> None:
    left, right, bottom, top = surface.area
    draw = np.random.default_rng(0).uniform((left, bottom), (right, top), (50, 2))
    x, y = (torch.tensor(column, requires_grad=True) for column in draw.T)
    value = in_torch(surface, x, y)
    value.sum().backward()
    np.testing.assert_allclose(surface.value(*draw.T), value.detach().numpy(), rtol=1e-12)
    for ours, theirs in zip(surface.gradient(*draw.T), (x.grad, y.grad), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("surface", EVERY, ids=repr)
def test_minima_and_curvatures_are_those_that_scipy_and_torch_find(surface: LossSurface) -> None:
    for minimum in surface.minima:
        found = minimize(lambda p: float(surface.value(*p)), minimum, tol=1e-14)
        assert found.x == pytest.approx(minimum, abs=1e-4)
    values = [float(surface.value(*minimum)) for minimum in surface.minima]
    assert values == sorted(values)  # the global one first
    at = torch.tensor(surface.minima[0], dtype=torch.float64)
    hessian = torch.autograd.functional.hessian(lambda p: in_torch(surface, p[0], p[1]), at)
    expected = torch.linalg.eigvalsh(hessian).tolist()
    assert surface.curvatures() == pytest.approx(expected, rel=1e-5)


def by_formula(racer: Racer, surface: LossSurface, start, learning_rate: float, steps: int):
    """The papers' updates; SAM as in equation 3 of Foret et al. 2020."""
    choice, theta, memory, path = racer.at(learning_rate), np.array(start), {}, [np.array(start)]
    for k in range(1, steps + 1):
        g = np.array(surface.gradient(*theta))
        if racer.regularizer:
            uphill = theta + racer.regularizer.radius * g / np.linalg.norm(g)
            g = np.array(surface.gradient(*uphill))
        theta = UPDATES[type(choice)](choice, theta, g, k, memory)
        path.append(theta)
    return np.array(path)


@pytest.mark.parametrize("racer", RACERS, ids=lambda racer: racer.label)
def test_paths_equal_the_formulas_of_the_papers(racer: Racer) -> None:
    surface, start = TwoMinima(), (2.2, 1.4)
    path = run(surface, racer, start, learning_rate=0.05, steps=20)
    np.testing.assert_allclose(path, by_formula(racer, surface, start, 0.05, 20), rtol=1e-9)


@pytest.mark.parametrize("condition", [1.0, 3.0, 20.0])
@pytest.mark.parametrize("learning_rate", [0.05, 0.22, 0.63])
def test_gradient_descent_on_a_quadratic_keeps_the_stated_part_of_the_error(
    condition: float, learning_rate: float
) -> None:
    at = convergence(Quadratic(condition), learning_rate)
    assert at.best_factor == pytest.approx((condition - 1) / (condition + 1))
    assert at.limit == pytest.approx(2 / condition)
    path = run(Quadratic(condition), RACERS[0], (1.0, 1.0), learning_rate=learning_rate, steps=5)
    errors = np.linalg.norm(path, axis=1)
    alone = [abs(1 - learning_rate * curvature) for curvature in (1.0, condition)]
    assert at.factor == pytest.approx(max(alone))
    assert (errors[1:] <= at.factor * errors[:-1] * (1 + 1e-9)).all()
    np.testing.assert_allclose(np.abs(path[-1]), np.power(alone, 5), rtol=1e-9, atol=1e-60)
    best = convergence(Quadratic(condition), at.best_rate)
    assert best.factor == pytest.approx(at.best_factor)


def test_a_rate_above_the_limit_diverges_and_the_path_ends() -> None:
    path = run(Quadratic(3.0), RACERS[0], (1.0, 1.0), learning_rate=2.0, steps=100)
    assert convergence(Quadratic(3.0), 2.0).factor == 5.0
    last = int(np.isfinite(path).all(1).sum())
    assert 1 < last < 100 and np.isnan(path[last:]).all()
    assert steps_to_minimum(Quadratic(3.0), path) is None


def test_all_racers_get_the_same_noise() -> None:
    """Two optimizers that are the same rule take the same path; another seed takes another one."""
    twins = [Racer("a", SGD(momentum=0.0)), Racer("b", SGD(momentum=0.0), SAM(radius=1e-9))]
    how = {"learning_rate": 0.1, "steps": 30, "noise": 1.0}
    first, second = (run(Quadratic(3.0), racer, (1.0, 1.0), **how) for racer in twins)
    np.testing.assert_allclose(first, second, atol=1e-6)
    third = run(Quadratic(3.0), twins[0], (1.0, 1.0), seed=1, **how)
    assert np.abs(first - third).max() > 0.1


def test_what_the_surfaces_say_of_their_paths_is_true() -> None:
    """Flat and sharp: plain descent ends in the narrow minimum, momentum in the flat one, SAM in
    neither. Ripples: momentum passes a crest.
    """
    ends = {}
    for surface in SURFACES:
        for racer in RACERS:
            how = {"learning_rate": surface.learning_rate, "steps": 150}
            ends[surface.kind, racer.label] = run(surface, racer, surface.start, **how)[-1]
    sharp, flat = TwoMinima.minima
    assert ends["two_minima", "Gradient descent"] == pytest.approx(sharp, abs=0.01)
    assert ends["two_minima", "Momentum"] == pytest.approx(flat, abs=0.05)
    assert min(np.linalg.norm(ends["two_minima", "SAM"] - place) for place in (sharp, flat)) > 0.3
    assert ends["ripples", "Gradient descent"][0] < -1.5 < ends["ripples", "Momentum"][0]
    assert ends["saddle", "Gradient descent"] == pytest.approx((0, 1), abs=1e-3)


def test_the_first_step_that_stays_near_a_minimum_counts() -> None:
    path = np.array([[1.0, 0.0], [0.005, 0.0], [0.5, 0.0], [0.01, 0.0], [0.0, 0.0]])
    assert steps_to_minimum(Quadratic(), path) == 3
    assert steps_to_minimum(Quadratic(), path[:3]) is None


def test_starts_lie_inside_the_area() -> None:
    for surface in SURFACES:
        left, right, bottom, top = surface.area
        places = starts(surface)
        assert len(set(places)) == 12
        assert all(left < x < right and bottom < y < top for x, y in places)
    assert race.FAR > 100
