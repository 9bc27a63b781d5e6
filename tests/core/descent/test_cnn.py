"""The small CNN: its size, its points, its reproducibility."""

from statistics import fmean

import numpy as np
import pytest
import torch

from core.base.errors import BadData
from core.data.ready.builtin import digits
from core.data.samples import Samples
from core.descent.cnn import network, over_epochs
from core.descent.problem import make_problem
from core.studies.curve_methods import FEATURE_SIDE


def test_the_network_has_the_expected_number_of_parameters():
    model = network((14, 14), 64, 10, 0)
    assert sum(part.numel() for part in model.parameters()) == 373_130
    assert model(torch.zeros(2, 1, 14, 14)).shape == (2, 10)


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (3, 3), (16, 16)])
def test_the_network_accepts_small_images(shape):
    assert network(shape, 2, 4, 0)(torch.zeros(2, 1, *shape)).shape == (2, 4)


def test_weights_depend_on_the_seed_and_not_on_the_global_generator():
    torch.manual_seed(9)
    wanted = torch.rand(3)
    torch.manual_seed(9)
    first, second, other = (network((8, 8), 4, 10, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), wanted)
    assert torch.equal(first[0].weight, second[0].weight)
    assert not torch.equal(first[0].weight, other[0].weight)


def test_training_yields_a_point_per_epoch_and_learns():
    made = make_problem(digits(None), side=FEATURE_SIDE, wanted=200, noise=0.2)
    first, second = (list(over_epochs(made, 8, 5, (0, 1))) for _ in range(2))
    assert first == second
    assert [point.steps for point in first] == [4, 8, 12, 16, 20]
    assert [point.last for point in first] == [False] * 4 + [True]
    assert fmean(first[-1].test_error) < 0.7 * fmean(first[0].test_error)
    assert first[-1].train_loss < first[0].train_loss


def test_table_rows_are_refused():
    draw = np.random.default_rng(0)
    samples = Samples("Sheet", draw.normal(size=(90, 5)), draw.integers(0, 2, 90), ("a", "b"))
    with pytest.raises(BadData, match="Sheet has 5 columns") as error:
        next(over_epochs(make_problem(samples, side=FEATURE_SIDE)))
    assert error.value.code == "not_images"
