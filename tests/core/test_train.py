"""The loop: equal to a plain loop written by hand, equal across a resume and beside another run,
honest at its end.
"""

import copy
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from core.data.augmentations import MixUp
from core.data.normalization import Raw, Standardize, Unit
from core.data.samples import Samples
from core.data.split import Split
from core.encoding import change
from core.errors import BadExperiment, BadNetwork, Unavailable
from core.events import Ended, Epoch, Event, Probe, Saved, Started, Step, to_json
from core.experiment import Experiment, Seeds
from core.losses import MSE
from core.metrics import evaluate
from core.network.activations import ReLU
from core.network.initializers import PyTorchDefault
from core.network.layers import BatchNorm, Conv2d, Dropout, Flatten, Linear, MaxPool, Output
from core.network.presets import SoftmaxRegression
from core.optim.optimizers import LBFGS, SGD, Adam, AdamW, AveragedMomentum, Optimizer
from core.optim.regularizers import (
    EMA,
    L1,
    L2,
    SAM,
    SWA,
    ClipNorm,
    ClipValue,
    GradientVariance,
    Regularizer,
    WeightDecay,
)
from core.optim.schedules import Constant, Cosine, Exponential, Plateau, Schedule
from core.optim.stopping import (
    AbsoluteChange,
    GradientNorm,
    Patience,
    RelativeChange,
    StoppingRule,
    TimeLimit,
    marks,
)
from core.train import Training, train

EVERYTHING = (
    Conv2d(maps=6, kernel=3, padding=1), BatchNorm(), ReLU(), MaxPool(),
    Flatten(), Dropout(p=0.3), Linear(units=16), ReLU(), Output(),
)  # fmt: skip
PLAIN = (Flatten(), Linear(units=9), ReLU(), Output())


@pytest.fixture(scope="module")
def data() -> Samples:
    """Three classes of 8 × 8 pictures that differ by where they are bright; 157 of them, so the
    last batch is odd.
    """
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 157)
    images = random.integers(0, 120, (157, 1, 8, 8))
    for row, label in enumerate(labels):
        images[row, :, 2 * label : 2 * label + 3] += 100
    return Samples("bars", images.astype(np.uint8), labels.astype(np.int64), ("a", "b", "c"))


def experiment(**changes: object) -> Experiment:
    return Experiment(**{"network": EVERYTHING, "epochs": 4, "batch_size": 16, **changes})


def losses(events: list[Event]) -> list[float]:
    return [loss for event in events if isinstance(event, Step) for loss in event.losses]


def of(kind: type, events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


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


OPTIMIZERS = [cls() for cls in Optimizer.members.values()]
SCHEDULES = [
    *(cls() for cls in Schedule.members.values()),
    Cosine(warmup=1.5),
    Plateau(gamma=0.5, patience=0, improvement=0.5),  # cuts the rate after almost every epoch
]
MOMENTS = (1, 7, 10, 23)  # steps, of 28 with 7 to an epoch
PAIRS = [
    (optimizer, schedule, MOMENTS[i % len(MOMENTS)])
    for i, (optimizer, schedule) in enumerate(product(OPTIMIZERS, SCHEDULES))
]


@pytest.mark.parametrize(
    ("optimizer", "schedule", "at"), PAIRS, ids=lambda v: v if isinstance(v, int) else v.kind
)
def test_stop_and_resume_equal_the_straight_run_bit_for_bit(
    data: Samples, optimizer: Optimizer, schedule: Schedule, at: int
) -> None:
    regularizers = (L2(), WeightDecay(), ClipNorm(limit=0.5))
    e = experiment(optimizer=optimizer, schedule=schedule, regularizers=regularizers)
    straight = train(e, data)
    whole = list(straight)
    first, events = part_of(e, data, at)
    stored = io.BytesIO()
    torch.save(first.state(), stored)
    stored.seek(0)
    second = train(e, data, state=torch.load(stored, weights_only=True))
    events += list(second)
    assert losses(events) == losses(whole)
    assert of(Epoch, events) == of(Epoch, whole)
    assert of(Step, events)[-1].learning_rate == of(Step, whole)[-1].learning_rate
    assert events[-1] == whole[-1]
    for name, tensor in straight.state()["model"].items():
        assert torch.equal(tensor, second.state()["model"][name]), name


REGULARIZERS = [
    *((cls(),) for cls in Regularizer.members.values()),
    (L1(biases=1e-3, activities=1e-3),),
    (SWA(start=0.25),),
    (SAM(), EMA(beta=0.9), ClipNorm(limit=0.1), ClipValue(limit=0.01)),
    tuple(cls() for cls in Regularizer.members.values()),
]


@pytest.mark.parametrize("regularizers", REGULARIZERS, ids=lambda r: "+".join(x.kind for x in r))
@pytest.mark.parametrize(("at", "validation"), [(10, 0.15), (23, 0.0)])
def test_every_regularizer_goes_on_after_a_resume_bit_for_bit(
    data: Samples, regularizers: tuple[Regularizer, ...], validation: float, at: int
) -> None:
    split = Split(validation=validation)
    e = experiment(optimizer=SGD(), regularizers=regularizers, split=split)
    straight, (first, events) = train(e, data), part_of(e, data, at)
    whole = list(straight)
    stored = io.BytesIO()
    torch.save(first.state(), stored)
    stored.seek(0)
    second = train(e, data, state=torch.load(stored, weights_only=True))
    events += list(second)
    assert losses(events) == losses(whole) and events[-1] == whole[-1]
    assert of(Epoch, events) == of(Epoch, whole)
    for name in ("model", "best", "averaged", "transforms"):
        torch.testing.assert_close(straight.state()[name], second.state()[name], rtol=0, atol=0)


def part_of(e: Experiment, data: Samples, steps: int) -> tuple[Training, list[Event]]:
    training, events = train(e, data), []
    training.single_steps = True
    for event in training:
        events.append(event)
        if training.step >= steps and training.settled:
            break
    return training, events


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


def test_where_the_readings_fall_changes_nothing(data: Samples) -> None:
    runs = [list(train(experiment(), data, clock=SlowClock(tick))) for tick in (1e-5, 0.02, 5.0)]
    assert len({len(of(Step, events)) for events in runs}) == 3
    assert len({tuple(losses(events)) for events in runs}) == 1
    assert (
        len({repr([asdict(e) | {"seconds": 0} for e in of(Epoch, events)]) for events in runs}) == 1
    )


def test_both_forms_of_momentum_are_the_same_run_at_rates_that_differ_by_one_minus_beta(
    data: Samples,
) -> None:
    """While a schedule changes the rate, and across a resume."""
    mean, total = AveragedMomentum(learning_rate=0.2, momentum=0.75), SGD(momentum=0.75)
    runs = [
        experiment(optimizer=optimizer, schedule=Exponential(gamma=0.7))
        for optimizer in (mean, total.model_copy(update={"learning_rate": 0.05}))
    ]
    first, second = (list(train(e, data)) for e in runs)
    assert losses(first) == pytest.approx(losses(second), rel=1e-4)
    rates = [[e.learning_rate for e in of(Step, events)][-1] for events in (first, second)]
    assert rates == pytest.approx([0.2 * 0.7**3, 0.05 * 0.7**3])


def test_the_rate_falls_when_the_validation_loss_stands_still(data: Samples) -> None:
    schedule = Plateau(gamma=0.5, patience=1, improvement=0.3)
    training = train(
        experiment(optimizer=SGD(learning_rate=0.08), schedule=schedule, epochs=9), data
    )
    training.single_steps = True
    events = list(training)
    losses = [e.validation["loss"] for e in of(Epoch, events)]
    used = [e.learning_rate for e in of(Step, events)]
    assert used == [0.08 * schedule.cut(losses[: k // 7]) for k in range(9 * 7)]
    assert used[-1] < 0.08


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


def test_the_normalization_sees_the_training_part_alone(data: Samples) -> None:
    started = next(train(experiment(normalization=Standardize()), data))
    pixels = data.inputs[Split().parts(data.targets, has_test=False).train].astype(np.float64)
    assert started.normalization["mean"] == pytest.approx(pixels.mean())
    assert started.normalization["std"] == pytest.approx(pixels.std(ddof=1))


def test_a_given_test_set_is_the_test_part(data: Samples) -> None:
    given = Samples(
        "with test", data.inputs, data.targets, data.classes, data.inputs[:20], data.targets[:20]
    )
    assert next(train(experiment(), given)).sizes["test"] == 20


def test_a_loss_that_is_no_number_ends_the_run_at_its_step_and_keeps_the_best_weights(
    data: Samples,
) -> None:
    e = experiment(
        network=SoftmaxRegression().layers((1, 8, 8)), loss=MSE(), epochs=50,
        optimizer=SGD(learning_rate=0.05, momentum=0.0), schedule=Constant(),
    )  # fmt: skip
    training = train(e, data)
    events = list(take_until(training, Epoch))
    kept = copy.deepcopy(training.best)
    training.setup.experiment = change(e, "optimizer.learning_rate", 9.0)
    events += list(training)
    ended = events[-1]
    assert ended.reason == "diverged" and ended.best_epoch == 1
    finite = np.isfinite(losses(events))
    assert finite[:-1].all() and not finite[-1]
    assert ended.step == len(finite) == of(Step, events)[-1].step
    assert f"step {ended.step}" in ended.message and "smaller learning rate" in ended.message
    for name, tensor in kept.items():
        assert torch.equal(tensor, training.state()["model"][name])
    assert ended.test is not None


def take_until(training: Training, kind: type) -> Iterator[Event]:
    for event in training:
        yield event
        if isinstance(event, kind) and training.settled:
            return


def test_patience_ends_the_run_and_is_named(data: Samples) -> None:
    e = experiment(
        epochs=200,
        stopping=(Patience(patience=2),),
        optimizer=Adam(learning_rate=0.05),
        schedule=Constant(),
    )
    ended = list(train(e, data))[-1]
    assert (ended.reason, ended.epochs - ended.best_epoch) == ("patience", 2)
    assert "Early stopping" in ended.message


@pytest.mark.parametrize(
    "rule",
    [
        AbsoluteChange(limit=0.02),
        RelativeChange(limit=0.05, difference="absolute"),
        GradientNorm(limit=0.3),
    ],
)
def test_every_rule_ends_a_full_batch_run_where_its_mark_stands_and_is_named(
    data: Samples, rule: StoppingRule
) -> None:
    slow = SGD(learning_rate=0.1, momentum=0.0)
    plain = dict(network=PLAIN, batch_size=65_536, epochs=80, optimizer=slow)
    ended = list(train(experiment(stopping=(rule,), **plain), data))
    assert ended[-1].reason == rule.kind and 2 < ended[-1].epochs < 80
    assert rule.label in ended[-1].message and rule.summary in ended[-1].message
    measured = experiment(stopping=(GradientNorm(limit=0.0),), **plain)
    went_on = of(Epoch, list(train(measured, data)))
    assert len(went_on) == 80
    (mark,) = marks([rule], went_on)
    assert (mark.epoch, mark.step) == (ended[-1].epochs, ended[-1].step)


def test_the_gradient_is_that_of_the_whole_training_part(data: Samples) -> None:
    e = experiment(stopping=(GradientNorm(limit=0.0),), epochs=2)
    training = train(e, data)
    told = [event.gradient for event in of(Epoch, list(training))]
    setup, model = training.setup, training.setup.model
    model.zero_grad()
    model.eval()
    x, y = setup.train.batch(torch.arange(len(setup.train)))
    nn.functional.cross_entropy(model(x), y).backward()
    norm = sum(p.grad.square().sum() for p in model.parameters()).sqrt().item()
    assert told[-1] == pytest.approx(norm, rel=1e-4) and told[0] != told[1]
    plain = train(e.model_copy(update={"stopping": ()}), data)
    events = list(plain)
    assert [event.gradient for event in of(Epoch, events)] == [None, None]
    for name, value in setup.weights().items():
        assert torch.equal(value, plain.setup.weights()[name]), name


def test_the_end_says_how_many_steps_were_clipped(data: Samples) -> None:
    rules = (ClipNorm(limit=1e-3), ClipValue(limit=1e3))
    assert list(train(experiment(regularizers=rules), data))[-1].clipped == {
        "clip_norm": 1.0,
        "clip_value": 0.0,
    }


def test_the_time_limit_ends_the_run_in_the_middle_of_an_epoch(data: Samples) -> None:
    e = experiment(epochs=100, stopping=(TimeLimit(minutes=1),))
    ended = list(train(e, data, clock=SlowClock(2.0)))[-1]
    assert ended.reason == "time" and ended.step % 7 and 60 <= ended.seconds < 80


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


def test_probes_stay_within_their_share(data: Samples) -> None:
    training = train(experiment(epochs=30), data, clock=SlowClock(1e-3))
    probes = of(Probe, list(training))
    assert len(probes) >= 2
    assert training.budget.spent <= 0.03 * training.watch.seconds + 0.01


def test_a_moment_to_save_comes_every_few_seconds(data: Samples) -> None:
    events = list(train(experiment(epochs=30), data, clock=SlowClock(0.05)))
    assert 2 <= len(of(Saved, events)) <= events[-1].seconds / 2


def test_what_does_not_fit_is_said_before_the_first_event(data: Samples) -> None:
    with pytest.raises(BadNetwork, match="Layer 1, linear1"):
        train(experiment(network=(Linear(),)), data)
    with pytest.raises(Unavailable, match="cuda:7"):
        train(experiment(device="cuda:7"), data)


def test_weight_decay_acts_on_adamw_as_a_run(data: Samples) -> None:
    """Adam with the regularizer and AdamW with its own decay are the same run."""
    with_rule = experiment(
        optimizer=Adam(learning_rate=1e-2), regularizers=(WeightDecay(strength=0.1, biases=True),)
    )
    with_own = experiment(optimizer=AdamW(learning_rate=1e-2, weight_decay=0.1))
    assert losses(list(train(with_rule, data))) == pytest.approx(
        losses(list(train(with_own, data))), rel=1e-3
    )


def test_sam_goes_down_with_the_gradient_from_uphill(data: Samples) -> None:
    """One epoch of plain SGD, written by hand (Foret et al. 2020, algorithm 1)."""
    e = experiment(
        network=PLAIN, optimizer=SGD(learning_rate=0.1, momentum=0), schedule=Constant(),
        regularizers=(SAM(radius=0.2),), epochs=1,
    )  # fmt: skip
    ours, twin = train(e, data), train(e, data).setup
    list(ours)
    model, order = twin.model, torch.randperm(len(twin.train), generator=twin.order)
    weights = list(model.parameters())
    for rows in order.split(16):
        x, y = twin.train.batch(rows)
        here = [w.detach().clone() for w in weights]
        gradients = torch.autograd.grad(twin.criterion(model(x), y), weights)
        norm = sum(g.square().sum() for g in gradients).sqrt()
        with torch.no_grad():
            for w, g in zip(weights, gradients, strict=True):
                w += 0.2 * g / norm
        gradients = torch.autograd.grad(twin.criterion(model(x), y), weights)
        with torch.no_grad():
            for w, old, g in zip(weights, here, gradients, strict=True):
                w.copy_(old - 0.1 * g)
    for a, b in zip(ours.setup.model.parameters(), weights, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("augmentations", [(), (MixUp(),)], ids=["plain", "mixed"])
def test_the_variance_penalty_is_that_of_parts_trained_by_themselves(
    data: Samples, augmentations: tuple
) -> None:
    e = experiment(
        network=PLAIN, augmentations=augmentations,
        regularizers=(GradientVariance(strength=0.7, parts=3),),
    )  # fmt: skip
    setup = train(e, data).setup
    x, y, mix = setup.batch(torch.arange(16))
    loss, _, total = setup.gradient(x, y, mix)
    gradients = []
    for at in np.array_split(np.arange(16), 3):
        setup.model.zero_grad()
        outputs = setup.model(x[at])
        if mix:
            each = nn.functional.cross_entropy(outputs, mix.first[at], reduction="none")
            other = nn.functional.cross_entropy(outputs, mix.second[at], reduction="none")
            part = (mix.share[at] * each + (1 - mix.share[at]) * other).mean()
        else:
            part = nn.functional.cross_entropy(outputs, y[at])
        part.backward()
        gradients.append(torch.cat([p.grad.flatten() for p in setup.model.parameters()]))
    expected = 0.7 * torch.stack(gradients).double().var(0).sum().item()
    assert (total - loss).item() == pytest.approx(expected, rel=1e-4) and expected > 1e-4


def test_batch_statistics_see_one_gradient_of_sam_s_two(data: Samples) -> None:
    moved = [train(experiment(regularizers=r), data) for r in ((), (SAM(),))]
    for training in moved:
        training.setup.gradient(*training.setup.batch(torch.arange(16)))
    plain, aware = moved
    again = partial(aware.setup.gradient, *aware.setup.batch(torch.arange(16)))
    before = copy.deepcopy(aware.setup.model.state_dict())
    aware.setup.transforms[0].retake(again)
    after, other = aware.setup.model.state_dict(), plain.setup.model.state_dict()
    for name, value in before.items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(value, after[name]) and torch.equal(value, other[name]), name


def test_a_run_is_measured_with_its_averaged_weights_and_goes_on_with_its_own(
    data: Samples,
) -> None:
    """The mean changes no loss; what is kept and scored is the mean."""
    plain, held = (train(experiment(regularizers=r), data) for r in ((), (EMA(beta=0.9),)))
    events, other = list(plain), list(held)
    assert losses(events) == losses(other)
    last = [w.setup.model.state_dict() for w in (plain, held)]
    assert all(torch.equal(last[0][name], last[1][name]) for name in last[0])
    assert [e.validation for e in of(Epoch, events)] != [e.validation for e in of(Epoch, other)]
    held.setup.model.load_state_dict(held.state()["best"])
    scored = evaluate(held.setup.model, held.setup.validation, held.setup.criterion)
    assert scored == other[-1].validation


def test_swa_is_the_mean_of_the_last_epochs_with_statistics_of_its_own(data: Samples) -> None:
    e = experiment(
        regularizers=(SWA(start=0.5),), split=Split(validation=0.0, test=0.3),
        optimizer=SGD(), schedule=Constant(), batch_size=37,
    )  # fmt: skip
    training, ends = train(e, data), []
    training.single_steps = True
    for event in training:
        if isinstance(event, Epoch):
            ends.append(training.setup.weights())
    setup, kept = training.setup, training.state()["averaged"]
    for name, value in setup.model.named_parameters():
        mean = (ends[2][name] + ends[3][name]) / 2
        torch.testing.assert_close(kept[name], mean, rtol=1e-5, atol=1e-7)
        assert not torch.equal(kept[name], value)
    setup.model.load_state_dict(kept)
    batches = [x for x, _ in setup.train.in_order(37)]
    torch.optim.swa_utils.update_bn(batches, setup.model)
    for name, value in setup.model.state_dict().items():
        if "running" in name:
            torch.testing.assert_close(kept[name], value, rtol=1e-5, atol=1e-6)


def test_l_bfgs_on_the_full_batch_needs_few_steps(data: Samples) -> None:
    """Softmax regression is convex: the gradient vanishes."""
    e = experiment(
        network=(Flatten(), Output()), optimizer=LBFGS(), schedule=Constant(), epochs=30,
        regularizers=(L2(strength=1e-2),), batch_size=65_536,
    )  # fmt: skip
    training = train(e, data)
    first, *_, last = losses(list(training))
    _, _, total = training.setup.gradient(
        *training.setup.batch(torch.arange(len(training.setup.train)))
    )
    slope = max(p.grad.abs().max().item() for p in training.setup.model.parameters())
    assert last < 0.5 * first and slope < 1e-4 and total.item() > last


def test_a_run_left_just_before_its_end_is_ended_by_the_same_rule(data: Samples) -> None:
    rules = (Patience(patience=2),)
    rate = Adam(learning_rate=0.05)
    e = experiment(epochs=200, stopping=rules, optimizer=rate, schedule=Constant())
    straight = list(train(e, data))[-1]
    training = train(e, data)
    for event in training:
        if isinstance(event, Epoch) and event.epoch == straight.epochs and training.settled:
            break
    assert list(train(e, data, state=training.state()))[-1] == straight


def test_a_state_does_not_change_while_the_training_goes_on(data: Samples) -> None:
    training, _ = part_of(experiment(optimizer=Adam()), data, 3)
    state, kept = training.state(), io.BytesIO()
    torch.save(state, kept)
    list(training)
    again = io.BytesIO()
    torch.save(state, again)
    assert kept.getvalue() == again.getvalue()


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
    with pytest.raises(BadExperiment, match=r"Cross-entropy wants classes.*choose Squared error"):
        train(Experiment(network=(Output(),)), values)
