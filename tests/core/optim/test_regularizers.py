"""Every regularizer's transform against autograd, NumPy or torch's own form of it."""

import pytest
import torch
from torch import nn

from core.optim.optimizers import SGD, Adam, AdamW
from core.optim.regularizers import L2, ClipNorm, Regularizer, WeightDecay
from core.optim.transforms import Transform


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)).double()


def bound(regularizer: Regularizer, model: nn.Module) -> Transform:
    transform = regularizer.call().make()
    transform.bind(model)
    return transform


def backward(model: nn.Module, transform: Transform) -> None:
    torch.manual_seed(1)
    loss = model(torch.randn(6, 5, dtype=torch.float64)).square().mean()
    penalty = transform.penalty()
    (loss if penalty is None else loss + penalty).backward()


@pytest.mark.parametrize("biases", [False, True])
def test_the_l2_penalty_adds_two_lambda_w_to_the_gradient(biases: bool) -> None:
    plain, held = network(), network()
    backward(plain, Transform())
    backward(held, bound(L2(strength=0.3, biases=biases), held))
    for name, p in held.named_parameters():
        extra = 0.6 * p.detach() if p.ndim > 1 or biases else 0.0
        torch.testing.assert_close(p.grad, dict(plain.named_parameters())[name].grad + extra)


def test_the_l2_penalty_is_lambda_times_the_sum_of_squares() -> None:
    model = network()
    expected = 0.3 * sum(
        float((p.detach().numpy() ** 2).sum()) for p in model.parameters() if p.ndim > 1
    )
    penalty = bound(L2(strength=0.3), model).penalty()
    assert penalty.item() == pytest.approx(expected)
    weight = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda w: 0.3 * w.square().sum(), [weight])


def test_adam_with_weight_decay_is_adamw() -> None:
    ours, theirs = network(), network()
    decay = bound(WeightDecay(strength=0.2, biases=True), ours)
    adam = Adam(learning_rate=0.05).call().make(ours.parameters())
    adamw = AdamW(learning_rate=0.05, weight_decay=0.2).call().make(theirs.parameters())
    for _ in range(20):
        for model in (ours, theirs):
            model.zero_grad()
            backward(model, Transform())
        decay.before_step(0.05)
        adam.step()
        adamw.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def test_with_plain_sgd_weight_decay_is_half_the_l2_strength() -> None:
    decayed, penalized = network(), network()
    decay, penalty = bound(WeightDecay(strength=0.2), decayed), bound(L2(strength=0.1), penalized)
    for model, transform in ((decayed, decay), (penalized, penalty)):
        sgd = SGD(learning_rate=0.1, momentum=0.0).call().make(model.parameters())
        for _ in range(5):
            model.zero_grad()
            backward(model, transform)
            transform.before_step(0.1)
            sgd.step()
    for a, b in zip(decayed.parameters(), penalized.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


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


def test_a_zero_gradient_is_left_alone() -> None:
    model = network()
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    bound(ClipNorm(limit=1.0), model).before_step(0.1)
    assert all(p.grad.eq(0).all() for p in model.parameters())


@pytest.mark.parametrize("cls", Regularizer.members.values())
def test_facts_for_menus_stand_at_the_class(cls: type[Regularizer]) -> None:
    assert (
        cls.label and cls.doc() and cls.formula and cls.source and cls.technique and cls().summary
    )
    assert isinstance(cls().call().make(), Transform)
