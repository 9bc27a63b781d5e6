"""Losses against float64 NumPy and the numbers of the deck."""

import numpy as np
import pytest
import torch

from core.losses import MSE, CrossEntropy, Loss


def by_hand(loss: Loss, z: np.ndarray, c: np.ndarray) -> float:
    if isinstance(loss, CrossEntropy):
        p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        return float(-np.log(p[np.arange(len(c)), c]).mean())
    if isinstance(loss, MSE):
        return float(((z - np.eye(z.shape[1])[c]) ** 2).mean())
    raise AssertionError(f"{loss!r} has no formula here: write one")


@pytest.mark.parametrize("cls", Loss.members.values())
def test_values_and_gradients(cls: type[Loss]) -> None:
    generator = np.random.default_rng(0)
    z, c = generator.normal(size=(6, 4)), generator.integers(0, 4, 6)
    criterion = cls().call().make()
    labels = torch.tensor(c)
    assert criterion(torch.tensor(z), labels).item() == pytest.approx(
        by_hand(cls(), z, c), rel=1e-12
    )
    logits = torch.tensor(z, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: criterion(t, labels), [logits])


def test_the_table_of_the_lecture() -> None:
    """Scores (3.2, 5.1, −1.7), the first class is right: exp 24.5, 164.0, 0.18; p 0.13, 0.87, 0.00;
    loss 2.04.
    """
    z = torch.tensor([[3.2, 5.1, -1.7]], dtype=torch.float64)
    assert z.exp()[0].tolist() == pytest.approx([24.5, 164.0, 0.18], abs=0.05)
    assert z.softmax(1)[0].tolist() == pytest.approx([0.13, 0.87, 0.00], abs=0.005)
    assert CrossEntropy().call().make()(z, torch.tensor([0])).item() == pytest.approx(
        2.04, abs=0.005
    )


def test_a_guess_among_ten_classes_costs_log_ten() -> None:
    assert CrossEntropy().call().make()(
        torch.zeros(3, 10), torch.arange(3)
    ).item() == pytest.approx(np.log(10))


@pytest.mark.parametrize("cls", Loss.members.values())
def test_facts_for_menus_stand_at_the_class(cls: type[Loss]) -> None:
    assert cls.label and cls.doc() and cls.formula and cls.source and cls.technique
