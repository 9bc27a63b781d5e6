"""Activations: the curve in plain Python against the values and gradients of torch."""

import math

import pytest
import torch

from core.experiment import Experiment
from core.network.activations import ELU, Activation, LeakyReLU, StepFunction
from core.network.build import build
from core.network.initializers import He
from core.network.layers import Flatten, Layer, Linear, Output

EVERY = [
    *(cls() for cls in Layer.members.values() if issubclass(cls, Activation)),
    LeakyReLU(alpha=0.3),
    ELU(alpha=2.5),
]


def by_torch(activation: Activation, a: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """z(a) and dz/da, by the module and autograd in float64."""
    a = a.clone().requires_grad_()
    z = activation.call((len(a),), 10).make()(a)
    (slope,) = torch.autograd.grad(z.sum(), a)
    return z.detach(), slope


@pytest.mark.parametrize("activation", EVERY, ids=repr)
def test_curve_and_slope_equal_those_of_torch(activation: Activation) -> None:
    a, z, slope = torch.tensor(activation.curve(-30, 30, 241), dtype=torch.float64).T
    assert (a[0], a[-1], len(a)) == (-30, 30, 241) and 0 in a
    values, slopes = by_torch(activation, a)
    # torch's softplus is a itself above 20, which is 2e-9 off
    torch.testing.assert_close(z, values, atol=3e-9, rtol=1e-9)
    torch.testing.assert_close(slope, slopes, atol=3e-9, rtol=1e-9)


@pytest.mark.parametrize("activation", EVERY, ids=repr)
def test_the_slope_is_the_derivative_of_the_curve(activation: Activation) -> None:
    for a in (-4.3, -1.0, -0.2, 0.3, 1.0, 3.9):
        h = 1e-6
        difference = (activation.value(a + h) - activation.value(a - h)) / (2 * h)
        assert activation.slope(a) == pytest.approx(difference, abs=1e-8)


@pytest.mark.parametrize(
    ("kind", "a", "value"),
    [
        ("sigmoid", 0.0, 0.5),
        ("tanh", 0.5, 2 / (1 + math.exp(-1.0)) - 1),
        ("softplus", 0.0, math.log(2)),
        ("relu", -2.0, 0.0),
        ("leaky_relu", -2.0, -0.02),
        ("elu", -1.0, math.exp(-1) - 1),
        ("swish", 1.0, 1 / (1 + math.exp(-1))),
        ("gelu", 1.0, 0.841344746068543),  # Φ(1), from a table
        ("step", 0.0, 1.0),
        ("step", -1e-300, 0.0),
    ],
)
def test_values_known_by_hand(kind: str, a: float, value: float) -> None:
    assert Layer.pick(kind).value(a) == pytest.approx(value, abs=1e-15)


@pytest.mark.parametrize("activation", EVERY, ids=repr)
def test_the_ends_of_the_curve_are_finite(activation: Activation) -> None:
    for a in (-1e4, 1e4):
        assert math.isfinite(activation.value(a)) and math.isfinite(activation.slope(a))


def test_the_gradient_of_the_step_exists_and_is_zero() -> None:
    a = torch.tensor([-math.inf, -2.0, -1e-30, 0.0, 1e-30, 2.0, math.inf])
    z, slope = by_torch(StepFunction(), a)
    assert z.tolist() == [0, 0, 0, 1, 1, 1, 1] and slope.tolist() == [0] * 7
    model = build(
        (Flatten(), Linear(units=5), StepFunction(), Output()),
        (1, 4, 4),
        3,
        initializer=He(),
        generator=torch.Generator().manual_seed(0),
        dropout=torch.Generator(),
    )
    model(torch.rand(8, 1, 4, 4)).square().sum().backward()
    assert model.linear1.weight.grad.eq(0).all() and model.linear1.bias.grad.eq(0).all()
    assert model.output.weight.grad.any()


def test_only_the_step_blocks_the_gradient_and_its_help_explains_why() -> None:
    assert [a.kind for a in EVERY if not a.passes_gradient] == ["step"]
    assert "derivative is 0" in StepFunction.doc()
    assert (
        Experiment(network=(Flatten(), Linear(), StepFunction(), Output())).network[2]
        == StepFunction()
    )
