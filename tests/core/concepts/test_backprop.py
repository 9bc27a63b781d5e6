"""Backpropagation through 5-7-4-3 agrees with autograd and with a worked example."""

import numpy as np
import pytest
import torch

from core.concepts.backprop import backprop, cross_entropy_gradients, random_layers

WIDTHS, LABELS = (5, 7, 4, 3), (2, 0, 1, 2)


def test_the_gradients_at_the_loss_match_a_worked_example():
    probabilities = np.array(
        [[0.4358, 0.2137, 0.3505], [0.4785, 0.1890, 0.3325], [0.4795, 0.1882, 0.3324],
         [0.4797, 0.1880, 0.3323]]
    )  # fmt: skip
    loss, by_probabilities, by_scores = cross_entropy_gradients(probabilities, LABELS)
    assert loss == pytest.approx(1.1394, abs=2e-4)
    assert by_probabilities[0] == pytest.approx([0, 0, -0.7133], abs=2e-4)
    assert by_probabilities[2] == pytest.approx([0, -1.3285, 0], abs=2e-4)
    assert by_scores[0] == pytest.approx([0.1090, 0.0534, -0.1624], abs=2e-4)


@pytest.mark.parametrize("seed", range(3))
def test_every_value_and_gradient_equals_autograd(seed: int):
    x = np.random.default_rng(seed).normal(size=(4, 5))
    layers = random_layers(WIDTHS, seed)
    loss, quantities = backprop(x, LABELS, layers)
    values = {"X": torch.tensor(x, requires_grad=True)}
    output = values["X"]
    for number, (weight, bias) in enumerate(layers, 1):
        w, b = (torch.tensor(v, requires_grad=True) for v in (weight, bias))
        z = output @ w.T + b
        output = z.softmax(1) if number == 3 else z.sigmoid()
        values |= {f"W{number}": w, f"b{number}": b, f"Z{number}": z, f"A{number}": output}
    total = torch.nn.functional.nll_loss(output.log(), torch.tensor(LABELS))
    gradients = torch.autograd.grad(total, list(values.values()))
    assert loss == pytest.approx(total.item(), rel=1e-12)
    assert [quantity.name for quantity in quantities] == list(values)
    for quantity, gradient in zip(quantities, gradients, strict=True):
        value = values[quantity.name].detach().numpy()
        np.testing.assert_allclose(quantity.value, value, rtol=1e-12)
        np.testing.assert_allclose(quantity.gradient, gradient.numpy(), rtol=1e-9, atol=1e-15)


def test_weights_depend_on_the_seed_alone():
    first, again, other = (random_layers(WIDTHS, seed)[0][0] for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
