"""Batches of three sizes: against torch's SGD with autograd, and the theory of their noise."""

from itertools import combinations

import numpy as np
import pytest
import torch

from core.concepts.batches import SAMPLES, SampleLoss, gradient_deviation, run, samples

START = (-2.2, 1.6)


@pytest.mark.parametrize("batch", [32, 8, 1])
def test_the_path_is_that_of_torch_on_the_same_batches(batch: int) -> None:
    path = run(batch, START, learning_rate=0.1, epochs=3, seed=5)
    x, y = map(torch.from_numpy, samples())
    weights = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer, order = torch.optim.SGD([weights], lr=0.1), np.random.default_rng(5)
    expected = [START]
    for _ in range(3):
        for rows in order.permutation(SAMPLES).reshape(-1, batch):
            optimizer.zero_grad()
            (0.5 * (x[rows] @ weights - y[rows]).square().mean()).backward()
            optimizer.step()
            expected.append(tuple(weights.tolist()))
    assert path == pytest.approx(np.array(expected))
    assert len(path) == 3 * SAMPLES // batch + 1


def test_the_surface_is_the_mean_loss_and_its_minimum_that_of_least_squares() -> None:
    surface, (x, y) = SampleLoss(), samples()
    place = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    loss = 0.5 * (torch.from_numpy(x) @ place - torch.from_numpy(y)).square().mean()
    loss.backward()
    assert float(surface.value(*START)) == pytest.approx(loss.item())
    assert surface.gradient(*START) == pytest.approx(place.grad.tolist())
    assert surface.gradient(*surface.minima[0]) == pytest.approx((0, 0), abs=1e-12)
    assert surface.curvatures() == pytest.approx(super(SampleLoss, surface).curvatures(), rel=1e-6)


def test_the_full_batch_converges_up_to_the_limit_of_the_learning_rate() -> None:
    surface = SampleLoss()
    limit = 2 / surface.curvatures()[1]
    kept = run(SAMPLES, START, learning_rate=0.99 * limit, epochs=2000)[-1]
    assert kept == pytest.approx(surface.minima[0], abs=1e-6)
    assert np.isnan(run(SAMPLES, START, learning_rate=1.1 * limit, epochs=2000)[-1]).all()


def test_the_deviation_of_a_batch_is_that_over_all_batches() -> None:
    x, y = samples()
    gradients = (x @ np.array(START) - y)[:, None] * x
    means = np.array([gradients[list(rows)].mean(0) for rows in combinations(range(SAMPLES), 2)])
    squared = ((means - gradients.mean(0)) ** 2).sum(1).mean()
    assert gradient_deviation(2, START) == pytest.approx(squared**0.5)
    assert gradient_deviation(SAMPLES, START) == 0
