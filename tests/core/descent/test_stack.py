"""Batched networks against the same networks one by one: nn.Module, autograd, torch's plain
optimizers, float64.
"""

from dataclasses import replace

import pytest
import torch
from torch import nn

from core.data.ready.builtin import digits
from core.descent.batched import NetworkTrainer
from core.descent.batched_training import BatchedTraining, batch_orders
from core.descent.problem import Problem, make_problem
from core.descent.stack import NetworkWeights, Stack, pack, unpack
from core.descent.training_settings import TrainingSettings
from core.studies.curve_methods import NETWORK_SIDE

WIDTHS = (1, 3, 7, 8)
EXACT = TrainingSettings(steps=50, precision="float64", stop=0.0, warm_up=10)


@pytest.fixture(scope="module")
def small() -> Problem:
    return make_problem(digits(None), side=NETWORK_SIDE, wanted=60, noise=0.2)


def alone(
    problem: Problem, net: NetworkWeights, seed: int, settings: TrainingSettings, steps: int
) -> NetworkWeights:
    """One network as a module, trained by autograd and an optimizer that is not fused."""
    drawn = problem.draw(seed)
    inputs, labels = torch.from_numpy(drawn.inputs).double(), torch.from_numpy(drawn.labels)
    first, last = nn.Linear(64, net.width).double(), nn.Linear(net.width, 10).double()
    model = nn.Sequential(first, nn.ReLU(), last)
    with torch.no_grad():
        first.weight.copy_(net.first[:, :-1])
        first.bias.copy_(net.first[:, -1])
        last.weight.copy_(net.second)
        last.bias.copy_(net.bias[:, 0])
    if settings.optimizer == "adamw":
        optimizer = torch.optim.AdamW(model.parameters(), weight_decay=settings.weight_decay)
    else:
        optimizer = torch.optim.SGD(
            model.parameters(), momentum=settings.momentum, weight_decay=settings.weight_decay
        )
    orders = batch_orders(seed, len(labels), settings)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = settings.learning_rate_at(step)
        rows = next(orders) if settings.batch_size else slice(None)
        outputs = model(inputs[rows])
        if settings.loss == "cross_entropy":
            loss = nn.functional.cross_entropy(outputs, labels[rows])
        else:
            marks = nn.functional.one_hot(labels[rows], 10)
            loss = (outputs - marks).square().sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    joined = torch.cat([first.weight, first.bias[:, None]], 1)
    return NetworkWeights(joined.detach(), last.weight.detach(), last.bias.detach()[:, None])


def grouped(
    problem: Problem, settings: TrainingSettings, seeds: tuple[int, ...] = (0, 5)
) -> BatchedTraining:
    trainer = NetworkTrainer(problem, settings, seeds)
    return trainer.training({width: trainer.initial_networks(width) for width in WIDTHS})


@pytest.mark.parametrize("batch_size", [0, 16])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_batched_training_equals_training_one_by_one(
    small, loss, optimizer, weight_decay, batch_size
):
    settings = replace(
        EXACT, loss=loss, optimizer=optimizer, weight_decay=weight_decay, batch_size=batch_size
    )
    training = grouped(small, settings)
    starts = unpack(training.stack.flat.clone(), training.stack.sizes, training.stack.widths)
    assert [net.width for net in starts] == [width for width in WIDTHS for _ in (0, 5)]
    assert list(training.run([50])) == [50]
    for start, end, seed in zip(starts, training.networks(), training.seeds, strict=True):
        for found, wanted in zip(end, alone(small, start, seed, settings, 50), strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-11)
            assert (found != 0).any()


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_padding_stays_zero(small, optimizer):
    training = grouped(small, replace(EXACT, optimizer=optimizer, weight_decay=0.1))
    list(training.run([50]))
    first, second, _ = training.stack.first, training.stack.second, training.stack.bias
    for place, width in enumerate(training.stack.widths):
        assert not first[place, width:].any()
        assert not second[place, :, width:].any()
    memory = training.optimizer.state[training.stack.flat]
    held = [value for value in memory.values() if value.shape == training.stack.flat.shape]
    assert len(held) == (2 if optimizer == "adamw" else 1)
    for value in held:
        nets = unpack(value, training.stack.sizes, training.stack.widths)
        assert torch.equal(pack(nets)[0], value)


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_a_fitted_network_stops_without_changing_the_others(small, loss):
    """The widest end first; each is what it is when it trains by itself to the same step."""
    settings = replace(EXACT, loss=loss, steps=200, stop=0.4)
    together = grouped(small, settings)
    list(together.run([200]))
    assert 0 < len(together.finished) < 8
    assert 7 in together.finished
    trainer = NetworkTrainer(small, settings, (0, 5))
    for place, width in enumerate(WIDTHS):
        by_itself = trainer.training({width: trainer.initial_networks(width)})
        list(by_itself.run([200]))
        ended = {2 * place + k for k in by_itself.finished}
        assert ended == {k for k in together.finished if k // 2 == place}
        for found, wanted in zip(
            together.networks()[2 * place : 2 * place + 2], by_itself.networks(), strict=True
        ):
            for one, other in zip(found, wanted, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-11)


def test_pauses_do_not_change_the_result(small):
    straight, paused = (grouped(small, replace(EXACT, steps=400, stop=0.9)) for _ in range(2))
    assert list(straight.run([400])) == [400]
    assert list(paused.run([1, 7, 100, 400])) == [1, 7, 100, 400]
    assert not paused.active
    for one, other in zip(straight.networks(), paused.networks(), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_packing_and_unpacking_are_inverse():
    nets = [
        NetworkWeights(torch.randn(w, 4), torch.randn(3, w), torch.randn(3, 1)) for w in (2, 5, 1)
    ]
    flat, sizes = pack(nets)
    assert flat.numel() == 3 * (5 * 4 + 3 * 5 + 3)
    for net, found in zip(nets, unpack(flat, sizes, (2, 5, 1)), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(net, found, strict=True))
    inputs = torch.cat([torch.randn(6, 3), torch.ones(6, 1)], 1)
    outputs = Stack(nets, "squared").outputs(inputs)
    for place, net in enumerate(nets):
        wanted = (net.second @ (net.first @ inputs.T).relu() + net.bias).T
        torch.testing.assert_close(outputs[place], wanted)


def test_the_learning_rate_rises_and_falls():
    settings = TrainingSettings(learning_rate=0.2, warm_up=4, steps=14)
    rates = [settings.learning_rate_at(step) for step in range(15)]
    assert rates[:4] == pytest.approx([0.05, 0.1, 0.15, 0.2])
    assert rates[9] == pytest.approx(0.1)
    assert rates[14] == pytest.approx(0)
    assert replace(settings, schedule="constant").learning_rate_at(13) == 0.2


def test_a_minibatch_epoch_uses_each_row_once():
    orders = batch_orders(3, 10, TrainingSettings(batch_size=4))
    epochs = [torch.cat([next(orders), next(orders)]) for _ in range(3)]
    assert all(len(set(epoch.tolist())) == 8 for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])
