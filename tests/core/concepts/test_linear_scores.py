"""Linear scores match the published figure, and their hinge loss equals the training loss."""

import numpy as np
import pytest
import torch

from core.concepts.linear_scores import (
    BIASES,
    PIXELS,
    PUBLISHED_SHIP_SCORE,
    WEIGHTS,
    linear_scores,
)
from core.losses import Hinge


def test_the_scores_match_the_figure_except_for_the_omitted_bias():
    rows, _ = linear_scores(PIXELS, label=0)
    assert [row.score for row in rows] == pytest.approx([-96.8, 437.9, 60.75], abs=1e-9)
    assert rows[2].weighted_sum == pytest.approx(PUBLISHED_SHIP_SCORE) and BIASES[2] == -1.2


@pytest.mark.parametrize("label", range(3))
@pytest.mark.parametrize("scale", [1.0, 0.01, 0.0])
def test_the_hinge_loss_equals_the_training_loss(label: int, scale: float):
    pixels = [scale * pixel for pixel in PIXELS]
    rows, loss = linear_scores(pixels, label)
    scores = torch.tensor(np.array(WEIGHTS) @ pixels + np.array(BIASES))[None]
    expected = Hinge().call().make()(scores, torch.tensor([label])).item()
    assert loss == pytest.approx(expected, rel=1e-12)
    assert rows[label].violation == 0
    assert loss == pytest.approx(sum(row.violation for row in rows))
