"""The closed form against the loop of gradient steps, and its double descent."""

from statistics import fmean

import pytest
import torch

from core.data.ready.builtin import digits
from core.descent.epochs import ClosedFormDescent, blocks, log_spaced, over_steps
from core.descent.problem import Problem, make_problem
from core.studies.curve_methods import FEATURE_SIDE


@pytest.fixture(scope="module")
def clean() -> Problem:
    return make_problem(digits(None), side=FEATURE_SIDE, wanted=600)


@pytest.mark.parametrize("shape", [(60, 20), (60, 60), (30, 80)])
def test_the_closed_form_equals_the_loop_of_gradient_steps(shape):
    draw = torch.Generator().manual_seed(1)
    features = torch.randn(*shape, generator=draw, dtype=torch.float64)
    features[:, : shape[1] // 2] *= 0.05
    targets = torch.randn(shape[0], 3, generator=draw, dtype=torch.float64)
    rate = 1 / torch.linalg.matrix_norm(features, 2) ** 2
    descent, weights = ClosedFormDescent.solve(features, targets), torch.zeros(shape[1], 3).double()
    for step in range(1, 1001):
        weights -= rate * features.T @ (features @ weights - targets)
        if step in (1, 2, 10, 100, 1000):
            torch.testing.assert_close(descent.weights(step), weights, rtol=0, atol=1e-12)


def test_the_limit_is_the_least_squares_solution_at_any_scale(clean):
    drawn = clean.draw(0)
    inputs, tests = (torch.from_numpy(x).double() for x in (drawn.inputs, clean.test_inputs))
    targets = torch.eye(10, dtype=torch.float64)[torch.from_numpy(drawn.labels)]
    ends = []
    for scale in (0.02, 1.0):
        train, test = blocks(inputs, tests, scale, 0)
        assert train.shape[1] < len(train)
        ends.append(test @ ClosedFormDescent.solve(train, targets).weights(1e12))
        best = torch.linalg.lstsq(train, targets, driver="gelsd").solution
        torch.testing.assert_close(ends[-1], test @ best, rtol=0, atol=1e-6)
    torch.testing.assert_close(*ends, rtol=0, atol=1e-6)


def test_a_slow_block_causes_a_second_descent_and_equal_scales_remove_it(clean):
    steps = log_spaced(10**7, 20)
    slow, control = (list(over_steps(clean, steps, scale, (0, 1))) for scale in (0.02, 1.0))
    error = [fmean(point.test_error) for point in slow]
    top = max(range(5, 20), key=lambda k: error[k])
    assert min(error[:top]) * 1.2 < error[top] > 1.3 * error[-1]
    error = [fmean(point.test_error) for point in control]
    assert error[-1] > 0.98 * max(error[5:])
    assert slow[-1].test_error == pytest.approx(control[-1].test_error, abs=0.005)
    assert [point.steps for point in slow] == list(steps)
    assert [point.last for point in slow] == [False] * 19 + [True]


def test_the_training_loss_never_increases_and_is_reproducible(clean):
    first, second = (list(over_steps(clean, log_spaced(1000, 6), seeds=(4,))) for _ in range(2))
    assert first == second
    losses = [point.train_loss[0] for point in first]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize(
    ("last", "count", "steps"),
    [(1, 5, (1,)), (1000, 1, (1000,)), (1000, 2, (1, 1000)), (6, 50, (1, 2, 3, 4, 5, 6))],
)
def test_steps_are_equally_spaced_on_a_log_axis(last, count, steps):
    assert log_spaced(last, count) == steps
