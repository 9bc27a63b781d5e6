"""A training that goes on as another experiment: the same settings give the same weights bit for
bit, and each change acts from its step on.
"""

import numpy as np
import pytest
import torch

from core.base.events import Epoch, Step
from core.data.label_noise import LabelNoise
from core.data.samples import Samples
from core.data.split import Split
from core.experiment import Experiment
from core.network.layers import Linear, Output, ReLU
from core.optim.optimizers import LBFGS, SGD, Adam, AdamW, Nesterov, Optimizer
from core.optim.regularizers import EMA, L2, ClipNorm, WeightDecay
from core.optim.schedules import Constant, Cosine, LinearDecay, Plateau, Schedule
from core.optim.stopping import Patience, TimeLimit
from core.training.course import Course, Segment, changed_state, replay
from core.training.loop import Training, train
from core.weights.fork import Fork
from tests.core.bars import losses, of, train_unmeasured


def points() -> Samples:
    """24 points of two classes on a line; 20 are for training."""
    random = np.random.default_rng(0)
    x = random.normal(0, 1, (24, 2)).astype(np.float32)
    return Samples("points", x, (x[:, 0] > 0).astype(np.int64), ("a", "b"))


def experiment(**changes: object) -> Experiment:
    """Three steps in each of three epochs, the last with fewer samples."""
    small = {"network": (Linear(units=4), ReLU(), Output()), "epochs": 3, "batch_size": 8}
    return Experiment(**small | {"split": Split(validation=0.1, test=0.1), **changes})


def forked(e: Experiment, epoch: int = 1, **changes: object) -> list[Segment]:
    fork = Fork(run="parent", epoch=epoch, step=3 * epoch, schedule_from=changes.pop("again", 0))
    branch = e.model_copy(update={"fork": fork, **changes})
    return [Segment("parent", 0, e), Segment("fork", 3 * epoch, branch)]


def rates(events: list) -> list[float]:
    """The learning rate of the last step of each epoch, where losses are always read."""
    ends = {epoch.step for epoch in of(Epoch, events)}
    return [step.learning_rate for step in of(Step, events) if step.step in ends]


def assert_equal_weights(one: Training, other: Training) -> None:
    for name, tensor in one.state()["model"].items():
        assert torch.equal(tensor, other.state()["model"][name]), name


SCHEDULES = [*(cls() for cls in Schedule.members.values()), Cosine(warmup=1.5), Plateau(patience=0)]


OPTIMIZERS = [cls() for cls in Optimizer.members.values() if cls is not LBFGS] + [LBFGS(moves=2)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.kind)
def test_a_fork_with_nothing_changed_equals_its_parent_bit_for_bit(optimizer: Optimizer) -> None:
    data, regularizers = points(), (L2(), ClipNorm(limit=0.5), EMA(beta=0.9))
    for schedule in SCHEDULES:
        e = experiment(optimizer=optimizer, schedule=schedule, regularizers=regularizers, epochs=2)
        straight = train_unmeasured(e, data)
        straight.budget.is_open = False  # probes change nothing and take most of the time here
        whole, state = [], None
        for event in straight:
            whole.append(event)
            if straight.step == 3 and straight.settled:
                state = straight.state()
        course = Course(forked(e), data, state)
        course.training.budget.is_open = False
        events = list(course)
        assert losses(events) == losses(whole)[3:], schedule.kind
        assert of(Epoch, events) == of(Epoch, whole)[1:]
        assert rates(events) == rates(whole)[1:]
        assert events[-1] == whole[-1]
        assert_equal_weights(course.training, straight)


CHANGES = [
    {"optimizer": SGD(learning_rate=0.3)},
    {"optimizer": Adam(learning_rate=0.01, beta1=0.5)},
    {"regularizers": (EMA(beta=0.5), WeightDecay(strength=0.5))},
    {"regularizers": ()},
    {"schedule": Constant()},
    {"label_noise": LabelNoise()},
    {"batch_size": 3},
    {"epochs": 5},
    {"precision": "bfloat16"},
]


@pytest.mark.parametrize("change", CHANGES, ids="-".join)
def test_a_change_acts_from_the_fork_on_and_never_before(change: dict) -> None:
    data = points()
    e = experiment(
        optimizer=Adam(learning_rate=0.02),
        regularizers=(EMA(beta=0.9), L2()),
        label_noise=LabelNoise(share=0.4),
    )
    plain = losses(list(train_unmeasured(e, data)))
    course = Course(forked(e, **change), data)
    after = losses(list(course))
    assert after[:3] == plain[:3] and after[3:] != plain[3:]
    assert course.training.epoch == change.get("epochs", 3)


def test_smaller_batches_after_the_fork_are_counted_and_scheduled_by_epoch() -> None:
    e = experiment(schedule=LinearDecay(), optimizer=SGD(learning_rate=1.0))
    course = Course(forked(e, batch_size=4), points())  # five steps in an epoch instead of three
    events = list(course)
    epochs = of(Epoch, events)
    assert [epoch.step for epoch in epochs] == [3, 8, 13]
    assert course.training.steps == 13 == events[-1].step
    course.training.history.pop()  # at the beginning of the last epoch
    # Two thirds of the run are complete, whatever the number of steps.
    assert course.training.learning_rate(8) == pytest.approx(1 / 3)


def test_each_optimizer_keeps_its_state_where_it_fits_and_begins_anew_elsewhere() -> None:
    data = points()
    for old, new, is_kept in (
        (Adam(), Adam(learning_rate=0.1, beta1=0.5), True),
        (AdamW(), AdamW(weight_decay=0.0), True),
        (SGD(momentum=0.9), SGD(momentum=0.5), True),
        (SGD(momentum=0.9), SGD(momentum=0.0), False),
        (Adam(), AdamW(), False),
        (SGD(momentum=0.9), Nesterov(), False),
        (LBFGS(learning_rate=0.01), LBFGS(learning_rate=0.01, memory=3), False),
        (LBFGS(learning_rate=0.01), LBFGS(learning_rate=0.02), True),
    ):
        assert new.keeps_state_of(old) is is_kept, (old, new)
        training = train_unmeasured(experiment(optimizer=old), data)
        list(training)
        after = experiment(optimizer=new, epochs=4)
        state = changed_state(training.state(), training.experiment, after)
        assert (state["optimizer"] is not None) is is_kept
        going_on = train_unmeasured(after, data, state=state)
        group = going_on.setup.optimizer.param_groups[0]
        arguments = new.call().arguments
        assert {name: group[name] for name in arguments if name in group} == arguments
        list(going_on)
        assert going_on.step == 12


def test_the_schedule_is_continued_or_restarted() -> None:
    e = experiment(schedule=Cosine(), optimizer=SGD(learning_rate=0.5), epochs=4)
    data = points()
    longer = Course(forked(e, epoch=2, epochs=6), data)
    restarted = Course(forked(e, epoch=2, epochs=6, again=2), data)
    expected = [Cosine().learning_rate(0.5, k, steps=18, epoch_steps=3) for k in (6, 17)]
    fresh = [Cosine().learning_rate(0.5, k, steps=12, epoch_steps=3) for k in (0, 11)]
    for course, (first, last) in ((longer, expected), (restarted, fresh)):
        list(course)
        training = course.training
        at = [training.setup.learning_rate(k) for k in (6, 17)]
        assert at == [first, last]


def test_a_rule_that_ended_the_parent_counts_from_the_fork() -> None:
    rule = Patience(patience=1, improvement=10.0)  # no epoch after the first one improves so much
    e, data = experiment(stopping=(rule,), epochs=9), points()
    parent = train(e, data)
    assert list(parent)[-1].reason == "patience" and parent.epoch == 2
    longer = Course(forked(e, epoch=2), data, parent.state())
    assert list(longer)[-1].reason == "patience"
    assert longer.training.epoch == 4  # again one epoch, and one without improvement
    limited = e.model_copy(update={"stopping": (TimeLimit(minutes=1e-9),)})
    cut = train(limited, data)
    list(cut)
    state = cut.state() | {"seconds": 1e9}
    state["history"] = []
    assert changed_state(state, limited, limited)["rules_from"] == {}  # no epoch to count from


@pytest.mark.parametrize("at", [0, 2, 3, 7])
def test_a_change_of_settings_is_replayed_bit_for_bit_from_every_state(at: int) -> None:
    """In the middle of an epoch and at its end; from the start, and from states before, at and
    after the change.
    """
    data = points()
    e = experiment(optimizer=Adam(learning_rate=0.05), regularizers=(EMA(beta=0.9),), epochs=4)
    new = e.model_copy(
        update={
            "optimizer": SGD(learning_rate=0.2),
            "regularizers": (EMA(beta=0.9), L2()),
            "epochs": 5,
        }
    )
    live, events, states = Course([Segment("run", 0, e)], data), [], {}
    for event in live:
        live.training.single_steps = True
        events.append(event)
        if live.training.settled:
            states[live.training.step] = live.training.state()
            if live.training.step == at and live.training.experiment == e:
                live.change(new)
    assert live.training.step == 15
    assert [each.step for each in live.segments] == [0, at]
    segments = [Segment("run", 0, e), Segment("run", at, new)]
    for start in (None, *{1, at, at + 1, 9}):  # once each: a training takes its state over
        again = Course(segments, data, states.get(start))
        seen = list(again)
        assert losses(seen) == losses(events)[start or 0 :]
        assert_equal_weights(again.training, live.training)


def test_a_replay_ends_at_its_step_and_ignores_rules_that_end_a_run() -> None:
    rule = Patience(patience=1, improvement=10.0)
    e, data = experiment(stopping=(rule,), epochs=9), points()
    free = train(e.model_copy(update={"stopping": ()}), data)
    all_losses = losses(list(free))
    for until in (4, 12):
        later = [Segment("run", until + k, experiment(optimizer=SGD())) for k in (0, 5)]
        course = replay([Segment("run", 0, e), *later], data, until=until)
        assert losses(list(course)) == all_losses[:until]
        assert course.training.step == until
