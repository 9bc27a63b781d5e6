"""Deck C's three linear scores, and their hinge loss against the training's own."""

import numpy as np
import pytest
import torch

from core.concepts.linear_scores import BIASES, PIXELS, PRINTED, WEIGHTS, linear_scores
from core.losses import Hinge


def test_the_numbers_of_the_deck():
    rows, _ = linear_scores(PIXELS, right=0)
    assert [row.score for row in rows] == pytest.approx([-96.8, 437.9, 60.75], abs=1e-9)
    assert rows[2].weighted == pytest.approx(PRINTED) and BIASES[2] == -1.2


@pytest.mark.parametrize("right", range(3))
@pytest.mark.parametrize("scale", [1.0, 0.01, 0.0])
def test_the_hinge_loss_is_that_of_training(right: int, scale: float):
    pixels = [scale * pixel for pixel in PIXELS]
    rows, loss = linear_scores(pixels, right)
    scores = torch.tensor(np.array(WEIGHTS) @ pixels + np.array(BIASES))[None]
    trained = Hinge().call().make()(scores, torch.tensor([right])).item()
    assert loss == pytest.approx(trained, rel=1e-12)
    assert rows[right].missed == 0 and loss == pytest.approx(sum(row.missed for row in rows))
