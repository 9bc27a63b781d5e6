"""Backprop through 5-7-4-3 against autograd and the numbers of the deck."""

import numpy as np
import pytest
import torch

from core.concepts.backprop import at_the_end, backprop, seeded

WIDTHS, LABELS = (5, 7, 4, 3), (2, 0, 1, 2)


def test_the_numbers_of_the_deck():
    answers = np.array(
        [[0.4358, 0.2137, 0.3505], [0.4785, 0.1890, 0.3325], [0.4795, 0.1882, 0.3324],
         [0.4797, 0.1880, 0.3323]]
    )  # fmt: skip
    loss, by_answers, by_scores = at_the_end(answers, LABELS)
    assert loss == pytest.approx(1.1394, abs=2e-4)
    assert by_answers[0] == pytest.approx([0, 0, -0.7133], abs=2e-4)
    assert by_answers[2] == pytest.approx([0, -1.3285, 0], abs=2e-4)
    assert by_scores[0] == pytest.approx([0.1090, 0.0534, -0.1624], abs=2e-4)


@pytest.mark.parametrize("seed", range(3))
def test_every_value_and_gradient_is_autograd_s(seed: int):
    x = np.random.default_rng(seed).normal(size=(4, 5))
    layers = seeded(WIDTHS, seed)
    loss, way = backprop(x, LABELS, layers)
    values = {"X": torch.tensor(x, requires_grad=True)}
    at = values["X"]
    for number, (weight, bias) in enumerate(layers, 1):
        w, b = (torch.tensor(v, requires_grad=True) for v in (weight, bias))
        z = at @ w.T + b
        at = z.softmax(1) if number == 3 else z.sigmoid()
        values |= {f"W{number}": w, f"b{number}": b, f"Z{number}": z, f"A{number}": at}
    total = torch.nn.functional.nll_loss(at.log(), torch.tensor(LABELS))
    gradients = torch.autograd.grad(total, list(values.values()))
    assert loss == pytest.approx(total.item(), rel=1e-12)
    assert [quantity.name for quantity in way] == list(values)
    for quantity, gradient in zip(way, gradients, strict=True):
        value = values[quantity.name].detach().numpy()
        np.testing.assert_allclose(quantity.value, value, rtol=1e-12)
        np.testing.assert_allclose(quantity.gradient, gradient.numpy(), rtol=1e-9, atol=1e-15)


def test_weights_are_drawn_by_their_seed_alone():
    first, again, other = (seeded(WIDTHS, seed)[0][0] for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
