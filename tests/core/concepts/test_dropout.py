"""Dropout: mean and deviation over all masks, and the layer of the lab."""

from itertools import product

import numpy as np
import pytest
import torch

from core.concepts import dropout
from core.network.modules import DropoutModule

VALUES = np.array([0.9, 0.2, -1.4])


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("p", [0.0, 0.3, 0.9])
def test_mean_and_deviation_are_those_over_every_mask(p: float, scaled: bool) -> None:
    masks = np.array(list(product((0.0, 1.0), repeat=3)))
    weights = np.prod(np.where(masks == 1, 1 - p, p), axis=1)
    outputs = dropout.apply(VALUES, masks, p, scaled=scaled)
    mean = weights @ outputs
    assert dropout.expected(VALUES, p, scaled=scaled) == pytest.approx(mean)
    deviation = np.sqrt(weights @ (outputs - mean) ** 2)
    assert dropout.deviation(VALUES, p, scaled=scaled) == pytest.approx(deviation)


def test_the_layer_of_the_lab_scales_in_the_same_way() -> None:
    module = DropoutModule(0.3, torch.Generator().manual_seed(0))
    output = module(torch.from_numpy(VALUES).expand(50, 3)).numpy()
    mask = (output != 0).astype(float)
    assert 0 < mask.mean() < 1
    assert output == pytest.approx(dropout.apply(VALUES, mask, 0.3))
    assert module.eval()(torch.from_numpy(VALUES)).numpy() == pytest.approx(VALUES)


def test_a_mask_drops_the_requested_fraction() -> None:
    masks = dropout.masks(0.3, 2000)
    assert masks.shape == (2000, 12) and set(masks.ravel()) == {0.0, 1.0}
    assert masks.mean() == pytest.approx(0.7, abs=4 * (0.21 / masks.size) ** 0.5)
    assert dropout.masks(0.0, 5).all()
