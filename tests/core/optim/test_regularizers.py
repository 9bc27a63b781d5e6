"""Every regularizer's transform against autograd, NumPy or torch's own form of it."""

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from core.base.encoding import decode
from core.base.errors import BadExperiment
from core.data.dataset import Facts
from core.experiment import Experiment
from core.optim.optimizers import SGD, Adam, AdamW
from core.optim.penalties import Penalty
from core.optim.regularizers import (
    EMA,
    L1,
    L2,
    SAM,
    SWA,
    Elastic,
    GradientVariance,
    Regularizer,
    WeightDecay,
)
from core.optim.transforms import Transform
from core.training.checks import check_experiment
from tests.core.optim.models import backward, bound, network

PENALTIES = [
    cls(strength=strength, biases=biases)
    for cls in (L2, L1, Elastic)
    for strength, biases in ((0.3, 0.0), (0.0, 0.2), (0.3, 0.2), (0.0, 0.0))
] + [Elastic(strength=0.3, share=0.9)]


def shares(penalty: Penalty) -> tuple[float, float]:
    """How much of |w| and of w² there is in the cost of one value."""
    l1 = {L2: 0.0, L1: 1.0}.get(type(penalty), getattr(penalty, "share", 0.0))
    return l1, 1 - l1


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_each_part_has_its_own_lambda_and_the_gradient_of_the_formula(penalty: Penalty) -> None:
    plain, held = network(), network()
    backward(plain, Transform())
    backward(held, bound(penalty, held))
    l1, l2 = shares(penalty)
    for (_, p), (_, q) in zip(held.named_parameters(), plain.named_parameters(), strict=True):
        w, factor = p.detach(), penalty.strength if p.ndim > 1 else penalty.biases
        torch.testing.assert_close(p.grad, q.grad + factor * (l1 * w.sign() + 2 * l2 * w))


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_a_penalty_is_the_sum_of_its_formula(penalty: Penalty) -> None:
    model, (l1, l2), expected = network(), shares(penalty), 0.0
    for p in model.parameters():
        w, factor = p.detach().numpy(), penalty.strength if p.ndim > 1 else penalty.biases
        expected += factor * (l1 * np.abs(w) + l2 * w**2).sum()
    found = bound(penalty, model).penalty()
    assert (0.0 if found is None else found.item()) == pytest.approx(expected)


@pytest.mark.parametrize("cls", [L2, L1, Elastic])
def test_the_gradient_of_a_penalty_matches_finite_differences(cls: type[Penalty]) -> None:
    """Finite differences over all weights, away from 0, where |w| has a corner."""
    model = network()
    transform = bound(cls(strength=0.3, biases=0.1), model)
    places = [p for p in model.parameters() if (p.detach().abs() > 1e-3).all()]
    assert len(places) >= 4
    assert torch.autograd.gradcheck(lambda *_: transform.penalty(), places)


@pytest.mark.parametrize("cls", [L2, L1, Elastic])
def test_the_activation_penalty_uses_the_outputs_of_activations(cls: type[Penalty]) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    for activation in (model[1], model[3]):
        activation.is_activation = True  # as `core.network.build` marks it
    penalty, x = cls(strength=0.0, activities=0.3), torch.randn(6, 5)
    transform, (l1, l2) = bound(penalty, model), shares(penalty)
    with transform.watching():
        model(x)
    found = transform.penalty()
    outputs = [model[:2](x), model[:4](x)]
    expected = 0.3 * sum((l1 * a.abs() + l2 * a**2).sum() / 6 for a in outputs)
    torch.testing.assert_close(found, expected)
    weights = list(model[:4].parameters())
    for a, b in zip(
        torch.autograd.grad(found, weights), torch.autograd.grad(expected, weights), strict=True
    ):
        torch.testing.assert_close(a, b)
    model(x)  # nothing listens any more
    assert transform.penalty() is None and not any(m._forward_hooks for m in model.modules())


def test_the_former_switch_for_biases_is_read_as_the_strength_of_the_weights() -> None:
    read = [decode(L2, f'{{"kind": "l2", "strength": 0.3, "biases": {v}}}') for v in BOOLEANS]
    assert [penalty.biases for penalty in read] == [0.3, 0.0]


BOOLEANS = ("true", "false")


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


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, {"first": 1, "second": 1, "last": 1}),
        ({"depth_factor": 0.5}, {"first": 0.25, "second": 0.5, "last": 1}),
        ({"depth_factor": 2.0, "layers": "second.0 0"}, {"first": 4, "second": 0, "last": 1}),
        ({"layers": "first: 0.1, last=3"}, {"first": 0.1, "second": 1, "last": 3}),
    ],
    ids=str,
)
@pytest.mark.parametrize("biases", [False, True])
def test_each_layer_decays_by_its_own_factor(fields: dict, wanted: dict, biases: bool) -> None:
    """θ ← (1 − ηλf)θ; a normalization has the factor of the layer before it."""
    layers = {
        "first": nn.Linear(3, 4), "norm": nn.BatchNorm1d(4), "relu": nn.ReLU(),
        "second": nn.Sequential(nn.Linear(4, 4)), "last": nn.Linear(4, 2),
    }  # fmt: skip
    model, factors = nn.Sequential(OrderedDict(layers)).double(), wanted | {"norm": wanted["first"]}
    if "layers" in fields:  # a factor of a layer is not that of the normalization behind it
        factors["norm"] = fields.get("depth_factor", 1) ** 2
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    bound(WeightDecay(strength=0.5, biases=biases, **fields), model).before_step(0.1)
    for name, parameter in model.named_parameters():
        factor = factors[name.partition(".")[0]] if parameter.ndim > 1 or biases else 0
        torch.testing.assert_close(parameter.detach(), (1 - 0.1 * 0.5 * factor) * before[name])


def test_factors_of_layers_are_read_and_faults_are_refused() -> None:
    decay = WeightDecay(layers=" conv1: 0,output = 2.50 ,")
    assert decay.layers == "conv1 0, output 2.5" and decay.named_layers == ("conv1", "output")
    for text in ("conv1", "conv1 x", "conv1 -1", "conv1 1 2", "conv1 1, conv1 2", "conv1 nan"):
        with pytest.raises(ValueError):
            WeightDecay(layers=text)
    named = Experiment(regularizers=(WeightDecay(layers="output 2"),))
    facts = Facts((1, 8, 8), tuple("0123456789"), 100)
    assert check_experiment(named, facts)
    other = Experiment(regularizers=(WeightDecay(layers="nowhere 2"),))
    with pytest.raises(BadExperiment) as refused:
        check_experiment(other, facts)
    assert refused.value.code == "regularized_layer_unknown"


@pytest.mark.parametrize("parts", [2, 3, 7])
def test_the_gradient_variance_equals_numpy_over_parts_of_the_mini_batch(parts: int) -> None:
    """A line with squared error, whose gradients are known in closed form."""
    draw = np.random.default_rng(2)
    x, y, model = draw.normal(size=(7, 3)), draw.normal(size=7), nn.Linear(3, 1).double()
    transform = bound(GradientVariance(strength=0.3, parts=parts), model)

    def losses(count: int) -> list[torch.Tensor]:
        wrong = model(torch.tensor(x))[:, 0] - torch.tensor(y)
        return [part.square().mean() for part in wrong.tensor_split(count)]

    w, b = model.weight.detach().numpy()[0], model.bias.item()
    rows = np.array_split(np.arange(7), parts)
    wrong = x @ w + b - y
    gradients = [[*(2 * (wrong[r, None] * x[r]).mean(0)), 2 * wrong[r].mean()] for r in rows]
    expected = 0.3 * np.var(gradients, axis=0, ddof=1).sum()
    assert transform.penalty(losses).item() == pytest.approx(expected, rel=1e-9)
    assert torch.autograd.gradcheck(lambda *_: transform.penalty(losses), list(model.parameters()))


def test_a_single_part_has_no_variance() -> None:
    transform = bound(GradientVariance(), network())
    assert transform.penalty() is None
    assert transform.penalty(lambda count: [torch.ones(())]) is None


def test_sam_computes_the_gradient_at_distance_rho_and_restores_the_weights() -> None:
    weight = nn.Linear(2, 1, bias=False).double()
    transform = bound(SAM(radius=0.5), weight)
    a = torch.tensor([[2.0, 0.0], [0.0, 6.0]], dtype=torch.float64)
    place = weight.weight.detach().clone()

    def gradient() -> None:
        weight.zero_grad()
        (weight.weight @ a @ weight.weight.T).squeeze().backward()

    gradient()
    slope = (2 * place @ a).numpy()
    np.testing.assert_allclose(weight.weight.grad.numpy(), slope)
    transform.recompute_gradient(gradient)
    uphill = place.numpy() + 0.5 * slope / np.linalg.norm(slope)
    np.testing.assert_allclose(weight.weight.grad.numpy(), 2 * uphill @ a.numpy())
    assert torch.equal(weight.weight, place)


def test_sam_does_not_move_without_a_gradient() -> None:
    model = network()
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    before = [p.detach().clone() for p in model.parameters()]
    bound(SAM(), model).recompute_gradient(lambda: None)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), before, strict=True))


def test_the_moving_average_equals_its_formula() -> None:
    model = network()
    transform = bound(EMA(beta=0.6), model)
    name, weight = next(iter(model.named_parameters()))
    mean = weight.detach().numpy().copy()
    assert transform.average() is None
    for k in range(1, 31):
        with torch.no_grad():
            weight.add_(torch.randn_like(weight))
        transform.after_step()
        share = min(0.6, (1 + k) / (10 + k))
        mean = share * mean + (1 - share) * weight.detach().numpy()
        np.testing.assert_allclose(transform.average()[name].numpy(), mean, rtol=1e-12)
    twin = torch.optim.swa_utils.AveragedModel(
        network(), multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.6)
    )
    twin.module.load_state_dict(transform.average())
    twin.n_averaged += 1  # torch's first mean is the model itself
    twin.update_parameters(model)
    transform.after_step()  # the 31st: beta alone
    for place, expected in twin.module.named_parameters():
        torch.testing.assert_close(transform.average()[place], expected.detach())


def test_the_average_of_epochs_begins_after_its_start() -> None:
    model = network()
    transform = bound(SWA(start=0.5), model)
    seen, twin = [], torch.optim.swa_utils.AveragedModel(network())
    for epoch in range(1, 7):
        with torch.no_grad():
            for p in model.parameters():
                p.add_(torch.randn_like(p))
        transform.after_epoch(epoch / 6)
        assert (transform.average() is None) == (epoch <= 3)
        if epoch > 3:
            seen.append([p.detach().clone() for p in model.parameters()])
            twin.update_parameters(model)
    for (name, p), *values in zip(twin.module.named_parameters(), *seen, strict=True):
        found = transform.average()[name]
        torch.testing.assert_close(found, torch.stack(values).mean(0))
        torch.testing.assert_close(found, p.detach())


@pytest.mark.parametrize("cls", Regularizer.members.values())
def test_every_regularizer_declares_the_facts_of_its_menu_entry(cls: type[Regularizer]) -> None:
    assert (
        cls.label and cls.doc() and cls.formula and cls.source and cls.technique and cls().summary
    )
    assert isinstance(cls().call().make(), Transform)
