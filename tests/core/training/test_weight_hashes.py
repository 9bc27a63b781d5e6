"""Hashes of the weights: right, sensitive to every bit, and without effect on the training."""

import numpy as np
import pytest
import torch
from torch import nn

from core.base.events import Ended, Step, WeightHash
from core.data.samples import Samples
from core.losses import MSE
from core.network.presets import SoftmaxRegression
from core.optim.optimizers import SGD
from core.optim.schedules import Constant
from core.training import weight_hashes
from core.training.loop import train
from core.training.weight_hashes import EVERY, FACTOR, WeightHasher, multipliers
from tests.core.bars import EVERYTHING, PLAIN, bars, experiment, losses, of, part_of

SOFTMAX = SoftmaxRegression().layers((1, 8, 8))


@pytest.fixture(scope="module")
def data() -> Samples:
    """The bars."""
    return bars()


def hashes(model: nn.Module) -> dict[str, str]:
    return WeightHasher(model).last(1)[0].layers


def model() -> nn.Module:
    """Weights in both orders of memory, and running statistics."""
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(8, 2)
    return nn.Sequential(*layers)


def test_the_hash_is_that_of_a_computation_with_whole_numbers() -> None:
    chosen = model()
    tensors = {**dict(chosen.named_parameters()), **dict(chosen.named_buffers())}
    expected: dict[str, int] = {}
    for name, value in tensors.items():
        if value.is_floating_point():
            bits = value.detach().numpy().ravel().view(np.int32).tolist()
            factors = multipliers(len(bits)).tolist()
            total = sum(b * m for b, m in zip(bits, factors, strict=True))
            layer = name.rpartition(".")[0]
            expected[layer] = (expected.get(layer, 0) * FACTOR + total) % 2**32
    assert hashes(chosen) == {layer: f"{value:08x}" for layer, value in expected.items()}
    assert list(expected) == ["0", "1", "3"]
    assert hashes(chosen.to(memory_format=torch.channels_last)) == hashes(model())


def test_every_changed_bit_changes_the_hash_of_its_layer() -> None:
    before, chosen = hashes(model()), model()
    for name in ("0.weight", "1.running_var", "3.bias"):
        tensor = chosen.state_dict()[name]
        bits = tensor.view(torch.int32).view(-1)
        for bit in range(32):
            for position in (0, len(bits) - 1):
                mask = 1 << bit if bit < 31 else -(2**31)
                bits[position] ^= mask
                changed = {k for k, v in hashes(chosen).items() if v != before[k]}
                assert changed == {name.partition(".")[0]}
                bits[position] ^= mask
    assert hashes(chosen) == before


def test_the_multipliers_are_odd_and_spread() -> None:
    values = multipliers(10_000).astype(np.int64)
    assert (values % 2 == 1).all() and len(set(values)) > 9_990
    assert abs(values.mean()) < 0.02 * 2**31 and values.std() > 0.5 * 2**31
    assert (multipliers(5) == multipliers(10_000)[:5]).all()


@pytest.mark.parametrize("network", [PLAIN, EVERYTHING])
def test_hashes_come_every_fifty_steps_and_change_no_loss(
    data: Samples, network: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    e = experiment(network=network, epochs=16)
    training = train(e, data)
    events = list(training)
    found = of(WeightHash, events)
    last = training.step
    assert [event.step for event in found] == [*range(EVERY, last, EVERY), last]
    layers = list(events[0].layers)
    assert all(list(event.layers) == layers for event in found)
    assert found[0].layers != found[-1].layers
    order = [type(event) for event in events if isinstance(event, Step | WeightHash | Ended)]
    assert order[0] is Step and order[-1] is Ended
    monkeypatch.setattr(weight_hashes, "EVERY", 10**9)
    without = train(e, data)
    assert losses(list(without)) == losses(events)
    for a, b in zip(
        training.setup.weights().values(), without.setup.weights().values(), strict=True
    ):
        assert torch.equal(a, b)


def test_a_resumed_training_gives_the_hashes_of_a_straight_one(data: Samples) -> None:
    e = experiment(network=EVERYTHING, epochs=16)
    straight = of(WeightHash, list(train(e, data)))
    first, events = part_of(e, data, 70)
    rest = list(train(e, data, state=first.state()))
    assert [*of(WeightHash, events), *of(WeightHash, rest)] == straight


def test_a_diverged_training_has_no_hash_after_the_step_that_ended_it(
    data: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps after it, up to the reading that notices it, belong to no run."""
    monkeypatch.setattr(weight_hashes, "EVERY", 1)
    rate = {"optimizer": SGD(learning_rate=10.0, momentum=0.0), "schedule": Constant()}
    events = list(train(experiment(network=SOFTMAX, loss=MSE(), **rate), data, clock=lambda: 0.0))
    ended = events[-1]
    assert ended.reason == "diverged" and ended.step < 2 * events[0].epoch_steps
    assert [e.step for e in of(WeightHash, events)] == list(range(1, ended.step + 1))


def test_a_network_without_weights_in_a_layer_has_hashes_of_the_others(data: Samples) -> None:
    assert WeightHasher(nn.ReLU()).last(3) == []
