"""Gradient clipping by norm and by value, against torch's own form and NumPy."""

import numpy as np
import pytest
import torch
from torch import nn

from core.optim.regularizers import ClipNorm, ClipValue, Regularizer
from core.optim.transforms import Transform
from tests.core.optim.models import backward, bound, network


@pytest.mark.parametrize("limit", [1e-3, 0.05, 1e3])
def test_clipping_equals_torch_and_keeps_the_direction(limit: float) -> None:
    ours, theirs = network(), network()
    for model in (ours, theirs):
        backward(model, Transform())
    bound(ClipNorm(limit=limit), ours).before_step(0.1)
    norm = nn.utils.clip_grad_norm_(theirs.parameters(), limit)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(
            a.grad, b.grad, rtol=1e-4, atol=1e-12
        )  # torch adds 1e-6 to the norm
    length = torch.stack([p.grad.norm() for p in ours.parameters()]).norm().item()
    assert length == pytest.approx(min(limit, norm.item()), rel=1e-9)


@pytest.mark.parametrize("limit", [1e-3, 0.05, 1e3])
def test_clipping_by_value_equals_torch_and_numpy(limit: float) -> None:
    ours, theirs = network(), network()
    for model in (ours, theirs):
        backward(model, Transform())
    before = [p.grad.numpy().copy() for p in ours.parameters()]
    bound(ClipValue(limit=limit), ours).before_step(0.1)
    nn.utils.clip_grad_value_(theirs.parameters(), limit)
    for a, b, g in zip(ours.parameters(), theirs.parameters(), before, strict=True):
        assert torch.equal(a.grad, b.grad)
        np.testing.assert_array_equal(a.grad.numpy(), np.clip(g, -limit, limit))


@pytest.mark.parametrize("cls", [ClipNorm, ClipValue])
def test_a_zero_gradient_is_not_changed(cls: type[Regularizer]) -> None:
    model = network()
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    bound(cls(limit=1.0), model).before_step(0.1)
    assert all(p.grad.eq(0).all() for p in model.parameters())


@pytest.mark.parametrize("cls", [ClipNorm, ClipValue])
def test_the_fraction_of_clipped_steps_survives_a_resume(cls: type[Regularizer]) -> None:
    model = nn.Linear(1, 1, bias=False)
    transform = bound(cls(limit=1.0), model)
    assert transform.clip_fraction is None
    for slope in (0.5, -2.0, 1.0, 3.0, 0.0):
        model.weight.grad = torch.full((1, 1), slope)
        transform.before_step(0.1)
    assert transform.clip_fraction == 2 / 5
    again = bound(cls(limit=1.0), model)
    again.load_state(transform.state())
    assert again.clip_fraction == 2 / 5
