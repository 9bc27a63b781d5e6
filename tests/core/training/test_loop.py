"""The loop: equal to a plain loop written by hand, also beside another run, with correct final
scores.
"""

import json
import threading
from dataclasses import asdict

import numpy as np
import pytest
import torch
from torch import nn

from core.base.errors import BadExperiment, BadNetwork, Unavailable
from core.base.events import Ended, Epoch, Event, Probe, Saved, Started, Step, to_json
from core.data.normalization import Raw, Standardize, Unit
from core.data.samples import Samples
from core.data.split import Split
from core.experiment import Experiment, Seeds
from core.losses import MSE
from core.network.activations import ReLU
from core.network.initializers import PyTorchDefault
from core.network.layers import Flatten, Linear, Output
from core.optim.optimizers import SGD, Adam
from core.optim.schedules import Constant, Exponential
from core.training.clock import Stopwatch
from core.training.loop import train
from core.training.probes import Budget
from tests.core.bars import PLAIN, bars, experiment, losses, of, part_of


@pytest.fixture(scope="module")
def data() -> Samples:
    """The bars."""
    return bars()


class SlowClock:
    """A clock that advances by `tick` seconds each time it is asked."""

    def __init__(self, tick: float):
        self.tick, self.now = tick, 0.0

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


def test_losses_equal_a_plain_loop_written_by_hand(data: Samples) -> None:
    split = Split(validation=0, test=0)
    e = experiment(
        network=(Flatten(), Linear(units=9), ReLU(), Output()), split=split, normalization=Unit(),
        initializer=PyTorchDefault(), optimizer=SGD(learning_rate=0.1, momentum=0.8),
        schedule=Exponential(gamma=0.5), seeds=Seeds(initialization=3, order=4),
    )  # fmt: skip
    torch.manual_seed(3)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 9), nn.ReLU(), nn.Linear(9, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.8)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    order = torch.Generator().manual_seed(4)
    x, y, expected = torch.tensor(data.inputs).float() / 255, torch.tensor(data.targets), []
    for _ in range(4):
        for rows in torch.randperm(157, generator=order).split(16):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            expected.append(loss.item())
        scheduler.step()
    assert losses(list(train(e, data))) == pytest.approx(expected, rel=1e-4)


def test_two_runs_in_two_threads_equal_each_alone(data: Samples) -> None:
    values = [
        experiment(seeds=Seeds(initialization=n, order=n, dropout=n), epochs=3) for n in (1, 2)
    ]
    alone = [list(train(e, data)) for e in values]
    together: list[list[Event]] = [[], []]
    barrier = threading.Barrier(2)

    def work(n: int) -> None:
        training = train(values[n], data)
        training.single_steps = True
        barrier.wait(timeout=60)
        together[n].extend(training)

    threads = [threading.Thread(target=work, args=(n,)) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for a, b in zip(alone, together, strict=True):
        assert losses(a) == losses(b) and of(Epoch, a) == of(Epoch, b) and a[-1] == b[-1]


def test_the_times_of_the_readings_change_nothing(data: Samples) -> None:
    runs = [list(train(experiment(), data, clock=SlowClock(tick))) for tick in (1e-5, 0.004, 5.0)]
    assert len({len(of(Step, events)) for events in runs}) == 3
    assert len({tuple(losses(events)) for events in runs}) == 1
    assert (
        len({repr([asdict(e) | {"seconds": 0} for e in of(Epoch, events)]) for events in runs}) == 1
    )


def test_nothing_is_drawn_from_the_global_generator(data: Samples) -> None:
    before = torch.get_rng_state()
    list(train(experiment(), data))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("seed", ["initialization", "order", "dropout"])
def test_every_seed_changes_the_run(data: Samples, seed: str) -> None:
    runs = [losses(list(train(experiment(seeds=Seeds(**{seed: n})), data))) for n in (0, 0, 1)]
    assert runs[0] == runs[1] != runs[2]


def test_every_event_is_plain_json_and_the_order_is_kept(data: Samples) -> None:
    events = list(train(experiment(), data))
    for event in events:
        json.loads(to_json(event))
    assert isinstance(events[0], Started) and isinstance(events[-1], Ended)
    assert [e.step for e in of(Epoch, events)] == [events[0].epoch_steps * k for k in (1, 2, 3, 4)]
    assert len(losses(events)) == events[0].steps == 4 * events[0].epoch_steps
    assert of(Probe, events)[0].step == 1


def test_scores_are_those_of_the_best_epoch_s_weights(data: Samples) -> None:
    training = train(experiment(normalization=Raw(), optimizer=Adam(learning_rate=0.05)), data)
    events = list(training)
    epochs, ended = of(Epoch, events), events[-1]
    best = min(epochs, key=lambda e: e.validation["loss"])
    assert ended.best_epoch == best.epoch
    assert ended.validation == pytest.approx(best.validation)
    model = training.setup.model
    model.load_state_dict(training.state()["best"])
    model.eval()
    parts = Split().parts(data.targets, has_test=False)
    x, y = torch.tensor(data.inputs[parts.test]).float(), torch.tensor(data.targets[parts.test])
    with torch.no_grad():
        expected = (
            nn.functional.cross_entropy(model(x), y).item(),
            (model(x).argmax(1) == y).double().mean().item(),
        )
    assert (ended.test["loss"], ended.test["accuracy"]) == pytest.approx(expected, rel=1e-4)


def test_the_normalization_uses_only_the_training_part(data: Samples) -> None:
    started = next(train(experiment(normalization=Standardize()), data))
    pixels = data.inputs[Split().parts(data.targets, has_test=False).train].astype(np.float64)
    assert started.normalization["mean"] == pytest.approx(pixels.mean())
    assert started.normalization["std"] == pytest.approx(pixels.std(ddof=1))


def test_a_separate_test_set_is_the_test_part(data: Samples) -> None:
    given = Samples(
        "with test", data.inputs, data.targets, data.classes, data.inputs[:20], data.targets[:20]
    )
    assert next(train(experiment(), given)).sizes["test"] == 20


def test_a_pause_takes_no_training_time(data: Samples) -> None:
    now = [0.0]
    training = train(experiment(), data, clock=lambda: now[0])
    seconds = []
    for event in training:
        now[0] += 100.0  # the consumer keeps the training waiting
        seconds.append(getattr(event, "seconds", 0.0))
    assert not any(seconds)


def test_probes_measure_norms_and_change_nothing(data: Samples) -> None:
    e = experiment(
        network=(Flatten(), Linear(units=5), ReLU(), Output()),
        optimizer=SGD(learning_rate=0.1, momentum=0),
    )
    training, events = part_of(e, data, 1)
    probe = of(Probe, events)[0]
    before = train(e, data).setup.model
    layers = {"linear1": 1, "output": 3}
    assert list(probe.weight) == list(probe.gradient) == list(layers)
    for name, index in layers.items():
        old = torch.cat([p.detach().flatten() for p in before[index].parameters()])
        new = torch.cat([p.detach().flatten() for p in training.setup.model[index].parameters()])
        assert probe.weight[name] == pytest.approx(old.norm().item(), rel=1e-5)
        assert probe.update[name] == pytest.approx(
            ((new - old).norm() / old.norm()).item(), rel=1e-3
        )
        assert probe.gradient[name] == pytest.approx(((new - old).norm() / 0.1).item(), rel=1e-3)
    assert losses(list(train(e, data, clock=SlowClock(1.0)))) == losses(
        list(train(e, data, clock=lambda: 0.0))
    )


def test_probes_stay_within_their_fraction_of_the_time(data: Samples) -> None:
    """The budget alone, with a clock of steps of 1 ms and probes of 5 ms: a long run in no time."""
    now = [0.0]
    watch = Stopwatch(lambda: now[0])
    watch.resume()
    budget = Budget(watch, first=0, steps=100_000)
    for step in range(budget.steps):
        now[0] += 1e-3
        if budget.due(step):
            budget.count += 1
            with budget.charged(lambda: None):
                now[0] += 5e-3
    assert budget.count > 100 and budget.spent <= 0.03 * watch.seconds


@pytest.mark.parametrize(("epochs", "resume"), [(1, 0), (4, 0), (30, 0), (30, 200)])
def test_a_short_run_is_measured_at_least_twenty_times(
    data: Samples, epochs: int, resume: int
) -> None:
    """With a clock that stands still after the first probe, so that the time asks for none."""
    e = experiment(network=PLAIN, epochs=epochs)
    state = part_of(e, data, resume)[0].state() if resume else None
    training = train(e, data, state=state, clock=lambda: 0.0)
    training.budget.next = 1.0
    steps = [probe.step - resume for probe in of(Probe, list(training))]
    total = training.setup.steps - resume
    first = min(20, total)
    assert steps[:first] == list(range(1, first + 1))
    assert len(steps) <= 40 and total - steps[-1] <= max(1, total / 20 + 1)


def test_a_checkpoint_is_due_every_few_seconds(data: Samples) -> None:
    events = list(train(experiment(epochs=30), data, clock=SlowClock(0.05)))
    assert 2 <= len(of(Saved, events)) <= events[-1].seconds / 2


def test_what_does_not_fit_is_reported_before_the_first_event(data: Samples) -> None:
    with pytest.raises(BadNetwork) as caught:
        train(experiment(network=(Linear(),)), data)
    assert (caught.value.code, caught.value.layer) == ("needs_flat_input", 0)
    with pytest.raises(Unavailable, match="cuda:7"):
        train(experiment(device="cuda:7"), data)


def test_values_are_learned_and_measured_in_their_own_variance() -> None:
    draw = np.random.default_rng(1)
    inputs = draw.normal(3, 5, (400, 2)).astype(np.float32)
    targets = (1000 * inputs[:, 0] - 300 * inputs[:, 1] + 7e5).astype(np.float32)
    line = Samples("line", inputs, targets, ())
    chosen = Experiment(
        network=(Output(),), loss=MSE(), normalization=Standardize(per="channel"), epochs=60,
        optimizer=SGD(learning_rate=0.1), schedule=Constant(), batch_size=32,
    )  # fmt: skip
    training = train(chosen, line)
    events = list(training)
    parts = Split().parts(targets)
    assert len(parts.test) == 60  # drawn freely: every value is different
    assert training.setup.scale.mean == pytest.approx(targets[parts.train].mean())
    assert events[0].normalization["target_std"] == pytest.approx(targets[parts.train].std())
    end = events[-1]
    assert end.test["r2"] == pytest.approx(1, abs=1e-6) and end.train["loss"] < 1e-6
    first = next(event for event in events if isinstance(event, Epoch))
    assert first.train["r2"] == pytest.approx(1 - first.train["loss"], rel=1e-5)
    with torch.no_grad():
        x, _ = training.setup.test.batch(torch.arange(60))
        raw = training.setup.model(x)[:, 0] * training.setup.scale.std + training.setup.scale.mean
    np.testing.assert_allclose(raw, targets[parts.test], rtol=1e-4)


def test_cross_entropy_on_values_is_refused() -> None:
    values = Samples("v", np.zeros((40, 2), np.float32), np.arange(40, dtype=np.float32), ())
    with pytest.raises(BadExperiment) as error:
        train(Experiment(network=(Output(),)), values)
    assert error.value.code == "loss_needs_classes"
