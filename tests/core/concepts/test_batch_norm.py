"""Batch normalization: against torch.nn.BatchNorm1d, batch after batch."""

import numpy as np
import pytest
import torch

from core.concepts import batch_norm


@pytest.mark.parametrize(("size", "scale", "shift"), [(2, 1.0, 0.0), (8, 1.5, -0.5)])
def test_outputs_and_running_averages_are_those_of_torch(size, scale, shift) -> None:
    batches = batch_norm.draw_batches(6, size, seed=3)
    layer = torch.nn.BatchNorm1d(1, dtype=torch.float64)
    torch.nn.init.constant_(layer.weight, scale)
    torch.nn.init.constant_(layer.bias, shift)
    states = batch_norm.history(batches)
    for batch, state in zip(batches, states[1:], strict=True):
        inputs = torch.from_numpy(batch)[:, None]
        training = layer.train()(inputs).detach().numpy()[:, 0]
        assert batch_norm.in_training(batch, scale, shift) == pytest.approx(training)
        assert state.mean == pytest.approx(layer.running_mean.item())
        assert state.variance == pytest.approx(layer.running_var.item())
        inference = layer.eval()(inputs).detach().numpy()[:, 0]
        assert scale * state.normalize(batch) + shift == pytest.approx(inference)
    assert [state.batches for state in states] == list(range(7))


def test_the_averages_approach_the_true_values_and_the_first_batches_stay() -> None:
    last = batch_norm.history(batch_norm.draw_batches(400, 32))[-1]
    assert last.mean == pytest.approx(batch_norm.MEAN, abs=0.3)
    assert last.variance == pytest.approx(batch_norm.STD**2, rel=0.2)
    assert np.array_equal(batch_norm.draw_batches(9, 4)[:3], batch_norm.draw_batches(3, 4))
