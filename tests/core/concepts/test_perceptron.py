"""The perceptron rule: its definition, its bound, and gradient descent against torch."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from core.concepts import perceptron as demo


@pytest.mark.parametrize("gap", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_separable_classes_are_learned_within_the_bound(gap: float, seed: int) -> None:
    problem = demo.make_problem(gap, seed)
    path = demo.perceptron(problem, 60)
    assert 0 < demo.count_updates(path) <= problem.bound
    assert demo.count_errors(problem, path[-1]) == 0
    distances = problem.y * (problem.x @ problem.separator)
    assert distances.min() >= gap - 1e-12


def test_each_update_follows_a_mistake_and_adds_the_sample() -> None:
    problem = demo.make_problem(-0.5)
    path = demo.perceptron(problem, 3)
    for step, (before, after) in enumerate(pairwise(path)):
        row = step % demo.SAMPLES
        mistake = problem.y[row] * float(before @ problem.x[row]) <= 0
        assert np.array_equal(after, before + problem.y[row] * problem.x[row] * mistake)
    assert problem.bound is None


def test_gradient_descent_is_that_of_torch() -> None:
    problem = demo.make_problem(-0.5)
    x, y = torch.from_numpy(problem.x), torch.from_numpy(problem.y)
    weights = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer, expected = torch.optim.SGD([weights], lr=1.0), [[0.0, 0.0, 0.0]]
    for _ in range(4):
        optimizer.zero_grad()
        torch.nn.functional.soft_margin_loss(x @ weights, y).backward()
        optimizer.step()
        expected.append(weights.tolist())
    assert demo.gradient_descent(problem, 4) == pytest.approx(np.array(expected))
