"""Every optimizer against its paper's formula in NumPy and against torch.optim, step by step."""

import numpy as np
import pytest
import torch

from core.numbers import short
from core.optim.optimizers import SGD, Adam, AdamW, Optimizer

STEPS = 20
EVERY = [cls() for cls in Optimizer.members.values()] + [
    SGD(learning_rate=0.1, momentum=0.0),
    SGD(learning_rate=0.01, momentum=0.99),
    Adam(learning_rate=0.1, beta1=0.5, beta2=0.9, epsilon=1e-3),
    AdamW(learning_rate=0.1, weight_decay=0.5),
]


def gradients() -> list[np.ndarray]:
    return list(np.random.default_rng(0).normal(size=(STEPS, 7)))


def start() -> np.ndarray:
    return np.random.default_rng(1).normal(size=7)


def by_formula(choice: Optimizer) -> np.ndarray:
    """The update rules of the papers, written out in float64."""
    theta, v, m = start(), np.zeros(7), np.zeros(7)
    for k, g in enumerate(gradients(), 1):
        if isinstance(choice, SGD):
            v = choice.momentum * v + g
            theta = theta - choice.learning_rate * v
            continue
        if isinstance(choice, AdamW):
            theta = theta - choice.learning_rate * choice.weight_decay * theta
        m = choice.beta1 * m + (1 - choice.beta1) * g
        v = choice.beta2 * v + (1 - choice.beta2) * g**2
        m_hat, v_hat = m / (1 - choice.beta1**k), v / (1 - choice.beta2**k)
        theta = theta - choice.learning_rate * m_hat / (np.sqrt(v_hat) + choice.epsilon)
    return theta


def by_the_lab(choice: Optimizer) -> np.ndarray:
    weight = torch.nn.Parameter(torch.tensor(start()))
    optimizer = choice.call().make([weight], **{"fused": True} if choice.fused else {})
    for g in gradients():
        weight.grad = torch.tensor(g)
        optimizer.step()
    return weight.detach().numpy()


@pytest.mark.parametrize("choice", EVERY, ids=repr)
def test_twenty_steps_equal_the_paper(choice: Optimizer) -> None:
    np.testing.assert_allclose(by_the_lab(choice), by_formula(choice), rtol=1e-9)


@pytest.mark.parametrize("choice", EVERY, ids=repr)
def test_the_minimum_of_a_parabola_is_found(choice: Optimizer) -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    optimizer = choice.call().make([weight])
    first = weight.square().sum().item()
    for _ in range(3000):
        optimizer.zero_grad()
        weight.square().sum().backward()
        optimizer.step()
    assert weight.square().sum().item() < 1e-2 * first


@pytest.mark.parametrize("cls", Optimizer.members.values())
def test_facts_for_menus_stand_at_the_class(cls: type[Optimizer]) -> None:
    assert cls.label and cls.doc() and cls.formula and cls.source and cls.technique
    assert short(cls().learning_rate) in cls().summary
    assert cls().call().code("parameters").startswith("torch.optim.")
