"""The largest eigenvalue of a Hessian, against a known matrix and the exact one of a small net."""

import numpy as np
import pytest
import torch
from torch import nn

from core.analysis.inside.curvature import largest_eigenvalue, sharpness
from core.network.activations import Tanh
from core.network.layers import Flatten, Linear, Output
from core.optim.optimizers import SGD
from core.training.setup import Setup
from tests.core.bars import bars, experiment


@pytest.mark.parametrize(
    "eigenvalues", [[5.0, 1.0, 0.1], [-7.0, 2.0, 1.0], [-3.0, -1.0, -0.5], [0.0] * 3]
)
def test_the_value_of_a_quadratic_is_that_of_its_matrix(eigenvalues: list[float]) -> None:
    q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    a = torch.tensor(q @ np.diag(eigenvalues) @ q.T, dtype=torch.float32)
    w = torch.ones(3, requires_grad=True)
    *_, value = largest_eigenvalue(lambda: 0.5 * w @ a @ w, [w])
    assert value == pytest.approx(max(eigenvalues), abs=0.02)


def test_a_loss_that_is_linear_has_no_curvature() -> None:
    w = torch.ones(3, requires_grad=True)
    assert [*largest_eigenvalue(w.sum, [w])][-1] == 0.0


def test_the_value_of_a_network_is_that_of_its_full_hessian() -> None:
    e = experiment(network=(Flatten(), Linear(units=3), Tanh(), Output()), optimizer=SGD())
    data = bars()
    setup = Setup(e, data, None)
    x, y = setup.train.batch(torch.arange(len(setup.train)))
    later = {name: 2 * value for name, value in setup.weights().items()}
    found, names = list(sharpness(e, data, [later])), [n for n, _ in setup.model.named_parameters()]
    for value, weights in zip(found, (setup.weights(), later), strict=True):
        shapes = [weights[name].shape for name in names]

        def loss(flat: torch.Tensor, shapes=shapes) -> torch.Tensor:
            parts = flat.split([shape.numel() for shape in shapes])
            named = {n: p.view(s) for n, p, s in zip(names, parts, shapes, strict=True)}
            outputs = torch.func.functional_call(setup.model, named, (x,))
            return nn.functional.cross_entropy(outputs, y)

        flat = torch.cat([weights[name].flatten() for name in names])
        exact = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, flat))
        assert value == pytest.approx(exact[-1].item(), rel=0.02)


def test_descent_diverges_above_two_over_the_eigenvalue_and_converges_below() -> None:
    a = torch.diag(torch.tensor([4.0, 1.0]))
    w = torch.tensor([1.0, 0.0], requires_grad=True)
    *_, value = largest_eigenvalue(lambda: 0.5 * w @ a @ w, [w])

    def after(rate: float) -> float:
        moved = w - rate * (a @ w)
        return (0.5 * moved @ a @ moved).item()

    assert after(2.05 / value) > 2.0 > after(1.95 / value)
