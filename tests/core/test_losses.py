"""Losses against float64 NumPy and the numbers of the deck."""

import numpy as np
import pytest
import torch

from core.base.encoding import decode, encode
from core.base.errors import BadExperiment
from core.experiment import Experiment
from core.losses import (
    MSE,
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    Focal,
    Hinge,
    Huber,
    LargestHinge,
    Loss,
    Quantile,
    SimilarityCrossEntropy,
    WeightedCrossEntropy,
)
from core.network.layers import Flatten, Output

EVERY = [
    *(cls() for cls in Loss.members.values()),
    CrossEntropy(smoothing=0.2),
    BinaryCrossEntropy(logits=False),
    Focal(gamma=0.5),
    Huber(delta=0.3),
    Quantile(fraction=0.9),
    WeightedCrossEntropy(smoothing=0.1),
]


def by_hand(loss: Loss, z: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The loss of each sample, (N,), sample by sample and class by class in float64."""
    each = []
    for scores, right in zip(z, c, strict=True):
        wrong = [1 + s - scores[right] for j, s in enumerate(scores) if j != right]
        p = np.exp(scores) / np.exp(scores).sum()
        sigma = 1 / (1 + np.exp(-scores))
        asked = np.eye(len(scores))[right]
        gaps = np.abs(scores - asked)
        delta = getattr(loss, "delta", 1.0)
        tau = getattr(loss, "fraction", 0.5)
        smooth = getattr(loss, "smoothing", 0)
        soft = (1 - smooth) * asked + smooth / len(scores)
        each.append(
            {
                "cross_entropy": -(soft * np.log(p)).sum(),
                "weighted_cross_entropy": -(soft * np.log(p)).sum(),  # before it is fitted
                "similarity_cross_entropy": -(soft * np.log(p)).sum(),  # before it is fitted
                "bce": -(asked * np.log(sigma) + (1 - asked) * np.log(1 - sigma)).mean(),
                "hinge": sum(max(0.0, w) for w in wrong),
                "largest_hinge": max(0.0, *wrong),
                "focal": -((1 - p[right]) ** getattr(loss, "gamma", 0) * np.log(p[right])),
                "absolute": gaps.mean(),
                "huber": np.where(gaps <= delta, gaps**2 / 2, delta * (gaps - delta / 2)).mean(),
                "quantile": np.where(
                    asked > scores, tau * (asked - scores), (1 - tau) * (scores - asked)
                ).mean(),
                "mse": ((scores - asked) ** 2).mean(),
            }[loss.kind]
        )
    return np.array(each)


@pytest.mark.parametrize("loss", EVERY, ids=repr)
@pytest.mark.parametrize("classes", [2, 4])
def test_values_and_gradients(loss: Loss, classes: int) -> None:
    generator = np.random.default_rng(0)
    z, c = 2 * generator.normal(size=(6, classes)), generator.integers(0, classes, 6)
    criterion, each = loss.call().make(), loss.each().make()
    labels, wanted = torch.tensor(c), by_hand(loss, z, c)
    assert criterion(torch.tensor(z), labels).item() == pytest.approx(wanted.mean(), rel=1e-12)
    assert each(torch.tensor(z), labels).numpy() == pytest.approx(wanted, rel=1e-12)
    logits = torch.tensor(z, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: criterion(t, labels), [logits])


@pytest.mark.parametrize("loss", EVERY, ids=repr)
@pytest.mark.parametrize("classes", [2, 10])
def test_equal_scores_cost_the_loss_of_guessing(loss: Loss, classes: int) -> None:
    found = loss.call().make()(torch.zeros(classes, classes), torch.arange(classes)).item()
    assert found == pytest.approx(loss.guess(classes))


def test_guessing_a_value_costs_its_variance() -> None:
    values = torch.randn(1000, dtype=torch.float64)
    values = (values - values.mean()) / values.std(correction=0)
    found = MSE().call().make()(torch.zeros(1000, 1), values).item()
    assert found == pytest.approx(MSE().guess(0)) == 1
    assert all(loss.guess(0) is None for loss in EVERY if not loss.for_values)


@pytest.mark.parametrize(
    ("loss", "twin"),
    [
        (MSE(), torch.nn.MSELoss()),
        (AbsoluteError(), torch.nn.L1Loss()),
        (Huber(delta=0.5), torch.nn.HuberLoss(delta=0.5)),
        (Huber(), torch.nn.SmoothL1Loss()),
    ],
    ids=repr,
)
def test_losses_of_values_equal_those_of_torch(loss: Loss, twin: torch.nn.Module) -> None:
    outputs, values = 2 * torch.randn(50, 1), torch.randn(50)
    wanted = twin(outputs[:, 0], values).item()
    assert loss.call().make()(outputs, values).item() == pytest.approx(wanted, rel=1e-6)
    each = loss.each().make()(outputs, values)
    assert each.shape == (50,)
    assert each.mean().item() == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        (WeightedCrossEntropy(balance=0.0), [1, 1, 1]),
        (WeightedCrossEntropy(), [1 / 6, 1 / 3, 1 / 1]),  # in proportion
        (WeightedCrossEntropy(balance=0.5), [6**-0.5, 3**-0.5, 1]),
        (WeightedCrossEntropy(weights="2, 1, 0.5", smoothing=0.1), [2, 1, 0.5]),
    ],
    ids=repr,
)
def test_class_weights_equal_those_of_torch_up_to_the_divisor(loss, wanted) -> None:
    targets = torch.tensor([0] * 6 + [1] * 3 + [2])
    z, weights = torch.randn(10, 3), torch.tensor(wanted, dtype=torch.float32)
    twin = torch.nn.CrossEntropyLoss(weight=weights, label_smoothing=0.0, reduction="none")
    if loss.smoothing:  # torch weighs the smoothed part of each class by its own weight
        plain = torch.nn.CrossEntropyLoss(label_smoothing=loss.smoothing, reduction="none")
        losses = plain(z, targets) * weights[targets]
    else:
        losses = twin(z, targets)
    criterion, each = loss.call().make(), loss.each().make()
    for module in (criterion, each):
        module.fit(targets, 3)
    mean_weight = weights[targets].mean()
    torch.testing.assert_close(each(z, targets), losses / mean_weight)
    torch.testing.assert_close(criterion(z, targets), losses.mean() / mean_weight)


def soft_targets(x: np.ndarray, c: np.ndarray, loss: SimilarityCrossEntropy) -> np.ndarray:
    """The targets (C, C) by the formula, class by class in float64."""
    means = [x[c == k].mean(0) for k in range(c.max() + 1)]
    count, pairs = len(means), [(a, b) for a in range(len(means)) for b in range(len(means))]
    d = {(a, b): np.sqrt(((means[a] - means[b]) ** 2).sum()) for a, b in pairs}
    unit = np.mean([d[a, b] for a, b in pairs if a != b])
    rows = np.zeros((count, count))
    for a in range(count):
        likes = {b: np.exp(-d[a, b] / unit / loss.temperature) for b in range(count) if b != a}
        for b, like in likes.items():
            rows[a, b] = loss.smoothing * (1 - 1 / count) * like / sum(likes.values())
        rows[a, a] = 1 - loss.smoothing + loss.smoothing / count
    return rows


@pytest.mark.parametrize("temperature", [0.05, 0.3, 2.0])
def test_smoothing_prefers_classes_whose_mean_inputs_are_near(temperature: float) -> None:
    loss = SimilarityCrossEntropy(smoothing=0.3, temperature=temperature)
    draw = np.random.default_rng(0)
    c = np.repeat(np.arange(4), 6)
    x = draw.normal(size=(24, 2, 3)) + np.array([0.0, 0.5, 3.0, 9.0])[c][:, None, None]
    criterion, each = loss.call().make(), loss.each().make()
    inputs, labels = torch.tensor(x), torch.tensor(c)
    for module in (criterion, each):
        module.fit(zip(inputs.split(5), labels.split(5), strict=True), 4)
    q = soft_targets(x.reshape(24, 6), c, loss)
    np.testing.assert_allclose(criterion.soft.numpy(), q, rtol=1e-10)
    assert q[0, 1] > q[0, 2] > q[0, 3] and q.sum(1) == pytest.approx(1)
    z = torch.tensor(draw.normal(size=(24, 4)))
    wanted = -(q[c] * np.log(np.exp(z.numpy()) / np.exp(z.numpy()).sum(1, keepdims=True))).sum(1)
    assert each(z, labels).numpy() == pytest.approx(wanted, rel=1e-10)
    assert criterion(z, labels).item() == pytest.approx(wanted.mean(), rel=1e-10)


@pytest.mark.parametrize(
    ("changes", "inputs"),
    [
        ({"temperature": 100.0}, torch.randn(30, 4)),  # the limit of a high temperature
        ({}, torch.zeros(30, 4)),  # no class is more similar than another
        ({"smoothing": 0.0}, torch.randn(30, 4)),
    ],
)
def test_plain_label_smoothing_is_the_limit_of_equal_similarities(changes, inputs) -> None:
    loss = SimilarityCrossEntropy(**{"smoothing": 0.2} | changes)
    labels, z = torch.arange(30) % 3, torch.randn(30, 5)  # two classes have no samples
    criterion = loss.call().make()
    criterion.fit([(inputs, labels)], 5)
    plain = torch.nn.CrossEntropyLoss(label_smoothing=loss.smoothing)(z, labels)
    torch.testing.assert_close(criterion(z, labels), plain, rtol=2e-3, atol=1e-6)


def test_class_weights_need_one_number_for_each_class() -> None:
    loss = WeightedCrossEntropy(weights="1, 5")
    assert loss.misfit(("a", "b")) is None
    assert loss.misfit(("a", "b", "c")).code == "class_weights_count"
    assert loss.misfit(()).code == "loss_needs_classes"
    for text in ("1, 0", "1; 5", "a", "1,,2", "-1, 2"):
        with pytest.raises(BadExperiment):
            decode(Experiment, f'{{"loss": {{"kind": "{loss.kind}", "weights": "{text}"}}}}')


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.95])
def test_the_quantile_loss_is_lowest_at_that_quantile(fraction: float) -> None:
    values = torch.linspace(-3, 5, 1001, dtype=torch.float64)
    criterion = Quantile(fraction=fraction).call().make()
    output = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([output], lr=1.0)
    for step in range(2000):
        optimizer.param_groups[0]["lr"] = 5 / (1 + step) ** 0.7
        optimizer.zero_grad()
        criterion(output.expand(1001, 1), values).backward()
        optimizer.step()
    assert output.item() == pytest.approx(np.quantile(values.numpy(), fraction), abs=0.02)


def test_focal_loss_without_focusing_is_cross_entropy_also_for_certain_answers() -> None:
    z = torch.tensor([[300.0, 0.0], [0.5, 0.2]], requires_grad=True)
    c = torch.tensor([0, 1])
    plain, focal = (loss.call().make()(z, c) for loss in (CrossEntropy(), Focal(gamma=0.0)))
    assert focal.item() == pytest.approx(plain.item())
    Focal(gamma=0.5).call().make()(z, c).backward()
    assert torch.isfinite(z.grad).all()


def test_bce_from_logits_and_from_probabilities_are_equal_to_rounding() -> None:
    z, c = torch.randn(50, 3, dtype=torch.float64), torch.arange(50) % 3
    first, second = (
        BinaryCrossEntropy(logits=logits).call().make()(z, c) for logits in (True, False)
    )
    assert first.item() == pytest.approx(second.item(), rel=1e-14)


def test_a_confident_wrong_answer_has_a_gradient_only_from_logits() -> None:
    for logits, kept in ((True, True), (False, False)):
        z = torch.tensor([[-200.0, 0.0]], requires_grad=True)  # σ(−200) is 0 in float32
        BinaryCrossEntropy(logits=logits).call().make()(z, torch.tensor([0])).backward()
        assert bool(z.grad[0, 0] != 0) == kept


@pytest.mark.parametrize("cls", [Hinge, LargestHinge])
def test_for_two_classes_hinge_depends_on_the_margin(cls: type[Loss]) -> None:
    z, c = torch.randn(40, 2, dtype=torch.float64), torch.arange(40) % 2
    f, y = z[:, 1] - z[:, 0], 2 * c - 1
    torch.testing.assert_close(cls().each().make()(z, c), (1 - y * f).clamp(min=0))


def test_hinge_equals_the_multi_margin_loss_of_torch() -> None:
    z, c = torch.randn(40, 5, dtype=torch.float64), torch.arange(40) % 5
    twin = torch.nn.MultiMarginLoss()(z, c) * 5  # torch divides by C
    assert Hinge().call().make()(z, c).item() == pytest.approx(twin.item(), rel=1e-14)


def test_hinge_of_known_scores() -> None:
    """max(0, 5.1 − 3.2 + 1) + max(0, −1.7 − 3.2 + 1) = 2.9."""
    z, c = torch.tensor([[3.2, 5.1, -1.7]], dtype=torch.float64), torch.tensor([0])
    for loss in (Hinge(), LargestHinge()):
        assert loss.call().make()(z, c).item() == pytest.approx(2.9)


def test_label_smoothing_has_a_minimum_at_finite_scores() -> None:
    criterion = CrossEntropy(smoothing=0.1).call().make()
    costs = [criterion(torch.tensor([[s, 0.0]]), torch.tensor([0])).item() for s in (1, 3, 30)]
    assert costs[0] > costs[1] < costs[2]


@pytest.mark.parametrize("loss", [loss for loss in EVERY if not loss.for_values], ids=repr)
def test_classification_losses_refuse_values_and_name_the_alternative(loss: Loss) -> None:
    assert loss.misfit(()).code == "loss_needs_classes" and loss.misfit(("a",)) is None


@pytest.mark.parametrize("loss", EVERY, ids=repr)
def test_every_loss_trains(loss: Loss) -> None:
    experiment = Experiment(loss=loss, network=(Flatten(), Output()), epochs=1)
    assert decode(Experiment, encode(experiment)) == experiment
    generator = torch.Generator().manual_seed(0)
    x, c = torch.rand(60, 5, generator=generator), torch.arange(60) % 3
    weight = torch.randn(3, 5, generator=generator).requires_grad_()  # away from hinges' kinks
    criterion = loss.call().make()
    before = criterion(x @ weight.T, c)
    before.backward()
    assert criterion(x @ (weight - 0.01 * weight.grad).T, c) < before


def test_known_scores_have_known_probabilities_and_losses() -> None:
    """Scores (3.2, 5.1, −1.7), the first class is right: exp 24.5, 164.0, 0.18; p 0.13, 0.87, 0.00;
    loss 2.04.
    """
    z = torch.tensor([[3.2, 5.1, -1.7]], dtype=torch.float64)
    assert z.exp()[0].tolist() == pytest.approx([24.5, 164.0, 0.18], abs=0.05)
    assert z.softmax(1)[0].tolist() == pytest.approx([0.13, 0.87, 0.00], abs=0.005)
    assert CrossEntropy().call().make()(z, torch.tensor([0])).item() == pytest.approx(
        2.04, abs=0.005
    )


def test_guessing_among_ten_classes_costs_log_ten() -> None:
    assert CrossEntropy().call().make()(
        torch.zeros(3, 10), torch.arange(3)
    ).item() == pytest.approx(np.log(10))


@pytest.mark.parametrize("cls", Loss.members.values())
def test_every_loss_declares_the_facts_of_its_menu_entry(cls: type[Loss]) -> None:
    assert cls.label and cls.doc() and cls.formula and cls.source and cls.technique
