"""Running statistics: after many batches those of the data, computed here by NumPy."""

import numpy as np
import pytest
import torch
from torch import nn

from core.analysis.inside.running_statistics import read_running_statistics

MEANS, SPREADS = np.array([-2.0, 0.5, 7.0]), np.array([0.5, 1.0, 3.0])


@pytest.fixture
def model():
    net = nn.Sequential()
    net.add_module("norm1", nn.BatchNorm1d(3, momentum=0.05))
    return net


def test_they_come_to_the_mean_and_deviation_of_what_passed(model):
    draw = np.random.default_rng(0)
    for _ in range(300):
        model(torch.tensor(draw.normal(MEANS, SPREADS, (256, 3)), dtype=torch.float32))
    (one,) = read_running_statistics({"best": None, "model": model.state_dict()})
    assert one.path == "norm1" and one.channels == 3
    assert one.mean == pytest.approx((-2, 7), abs=0.1)
    assert one.std == pytest.approx((0.5, 3), rel=0.03)
    assert one.scale == (1, 1) and one.shift == (0, 0)


def test_the_best_epoch_counts_and_then_the_average(model):
    def state(mean):
        return {**model.state_dict(), "norm1.running_mean": torch.full((3,), mean)}

    best, averaged, last = (state(mean) for mean in (1.0, 2.0, 3.0))
    full = {"best": best, "averaged": averaged, "model": last}
    assert read_running_statistics(full)[0].mean == (1, 1)
    assert read_running_statistics(full | {"best": None})[0].mean == (2, 2)
    assert read_running_statistics({"best": None, "model": last})[0].mean == (3, 3)


def test_a_network_without_has_none():
    assert read_running_statistics({"best": None, "model": nn.Linear(2, 2).state_dict()}) == ()
