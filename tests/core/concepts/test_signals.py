"""Signals through 15 layers: against a network written out in torch, and what theory says of it."""

import pytest
import torch

from core.concepts.signals import DEPTH, LayerSignals, measure, powers, stack
from core.network.initializers import He, Initializer, Orthogonal, PyTorchDefault, Xavier, Zeros
from core.network.layers import Layer
from core.network.normalizations import BatchNorm, LayerNorm
from core.network.rectifiers import ReLU
from core.network.squashers import Sigmoid, Tanh

ACTIVATIONS = [member() for member in Layer.members.values() if member.is_activation]


@pytest.mark.parametrize("weight", [0.5, 1.0, 1.5])
def test_powers_of_one_weight(weight: float) -> None:
    assert powers(weight)[-1] == pytest.approx(weight**15)
    assert len(powers(weight)) == 16


@pytest.mark.parametrize("residual", [False, True])
def test_the_measured_numbers_are_those_of_the_same_network_in_torch(residual: bool) -> None:
    measured = measure(stack(Tanh(), None, residual=residual), Xavier(), seed=3)
    generator = torch.Generator().manual_seed(3)
    layers = []
    for shape in [(64, 64)] * DEPTH + [(10, 64)]:
        weight = torch.empty(shape)
        torch.nn.init.xavier_normal_(weight, generator=generator)
        torch.empty(shape[0]).uniform_(0, 0, generator=generator)
        layers.append(weight.requires_grad_())
    x, outputs = torch.randn(256, 64, generator=generator), []
    for weight in layers[:-1]:
        out = torch.tanh(x @ weight.T)
        x = x + out if residual else out
        x.retain_grad()
        outputs.append(x)
    targets = torch.randint(10, (256,), generator=generator)
    torch.nn.functional.cross_entropy(x @ layers[-1].T, targets).backward()
    assert measured.activations == pytest.approx(
        [o.detach().std().item() for o in outputs], rel=1e-4
    )
    expected = [float(o.grad.square().mean().sqrt()) for o in outputs]
    assert measured.gradients == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
@pytest.mark.parametrize("initializer", Initializer.members.values())
def test_every_activation_and_initializer_can_be_measured(activation, initializer) -> None:
    for normalization, residual in ((None, False), (LayerNorm(), True)):
        layers = stack(activation, normalization, residual=residual)
        measured = measure(layers, initializer())
        assert len(measured.activations) == len(measured.gradients) == DEPTH
        assert all(value >= 0 for value in measured.activations + measured.gradients)


def test_what_vanishes_and_what_helps() -> None:
    """Sigmoid layers lose the gradient; He keeps it with ReLU; normalization and residual blocks
    keep it with sigmoids; zeros pass nothing.
    """

    def kept(activation, initializer, normalization=None, *, residual=False) -> float:
        layers = stack(activation, normalization, residual=residual)
        return measure(layers, initializer).gradient_kept

    assert kept(Sigmoid(), PyTorchDefault()) < 1e-9
    assert 0.3 < kept(ReLU(), He()) < 3
    assert kept(ReLU(), Xavier()) < 0.02 < kept(Tanh(), Orthogonal())
    assert 0.5 < kept(Sigmoid(), PyTorchDefault(), BatchNorm()) < 3
    assert 0.5 < kept(Sigmoid(), PyTorchDefault(), residual=True) < 3
    assert kept(ReLU(), Zeros()) == 0


def test_ratios_of_silent_layers_are_zero() -> None:
    silent = LayerSignals((0.0, 0.0), (0.0, 0.0))
    assert (silent.kept, silent.gradient_kept) == (0.0, 0.0)
