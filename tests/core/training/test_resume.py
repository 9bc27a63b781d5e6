"""A run that is left and gone on with equals the straight one bit for bit: for every optimizer,
schedule and regularizer.
"""

import io

import pytest
import torch

from core.base.events import Epoch, Step
from core.data.samples import Samples
from core.data.split import Split
from core.optim.optimizers import SGD, Adam, Optimizer
from core.optim.regularizers import (
    EMA,
    L1,
    L2,
    SAM,
    SWA,
    ClipNorm,
    ClipValue,
    Regularizer,
    WeightDecay,
)
from core.optim.schedules import Constant, Cosine, Plateau, Schedule
from core.optim.stopping import (
    Patience,
)
from core.training.loop import train
from tests.core.bars import bars, experiment, losses, of, part_of, train_unmeasured


@pytest.fixture(scope="module")
def data() -> Samples:
    """The bars."""
    return bars()


OPTIMIZERS = [cls() for cls in Optimizer.members.values()]

SCHEDULES = [
    *(cls() for cls in Schedule.members.values()),
    Cosine(warmup=1.5),
    Plateau(gamma=0.5, patience=0, improvement=0.5),  # cuts the rate after almost every epoch
]

MOMENTS = (1, 7, 10, 23)  # steps, of 28 with 7 to an epoch

# A schedule knows the step and an optimizer its rate, so each needs to appear, not each pair.
PAIRS = [
    (OPTIMIZERS[i % len(OPTIMIZERS)], SCHEDULES[i % len(SCHEDULES)], MOMENTS[i % len(MOMENTS)])
    for i in range(max(len(OPTIMIZERS), len(SCHEDULES)))
]


@pytest.mark.parametrize(
    ("optimizer", "schedule", "at"), PAIRS, ids=lambda v: v if isinstance(v, int) else v.kind
)
def test_stop_and_resume_equal_the_straight_run_bit_for_bit(
    data: Samples, optimizer: Optimizer, schedule: Schedule, at: int
) -> None:
    regularizers = (L2(), WeightDecay(), ClipNorm(limit=0.5))
    e = experiment(optimizer=optimizer, schedule=schedule, regularizers=regularizers)
    straight = train_unmeasured(e, data)
    whole = list(straight)
    first, events = part_of(e, data, at)
    stored = io.BytesIO()
    torch.save(first.state(), stored)
    stored.seek(0)
    second = train_unmeasured(e, data, state=torch.load(stored, weights_only=True))
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


PLACES = [(10, 0.15), (23, 0.0)]  # without a validation set the averaged weights count
RESUMED = [
    *((chosen, *PLACES[i % 2]) for i, chosen in enumerate(REGULARIZERS)),
    (REGULARIZERS[-1], *PLACES[len(REGULARIZERS) % 2]),
]


@pytest.mark.parametrize(
    ("regularizers", "at", "validation"),
    RESUMED,
    ids=lambda v: "+".join(r.kind for r in v) if isinstance(v, tuple) else v,
)
def test_every_regularizer_resumes_bit_for_bit(
    data: Samples, regularizers: tuple[Regularizer, ...], validation: float, at: int
) -> None:
    split = Split(validation=validation)
    e = experiment(optimizer=SGD(), regularizers=regularizers, split=split)
    straight, (first, events) = train_unmeasured(e, data), part_of(e, data, at)
    whole = list(straight)
    stored = io.BytesIO()
    torch.save(first.state(), stored)
    stored.seek(0)
    second = train_unmeasured(e, data, state=torch.load(stored, weights_only=True))
    events += list(second)
    assert losses(events) == losses(whole) and events[-1] == whole[-1]
    assert of(Epoch, events) == of(Epoch, whole)
    for name in ("model", "best", "averaged", "transforms"):
        torch.testing.assert_close(straight.state()[name], second.state()[name], rtol=0, atol=0)


def test_a_run_interrupted_just_before_its_end_is_ended_by_the_same_rule(data: Samples) -> None:
    rules = (Patience(patience=2),)
    rate = Adam(learning_rate=0.05)
    e = experiment(epochs=200, stopping=rules, optimizer=rate, schedule=Constant())
    straight = list(train(e, data))[-1]
    training = train(e, data)
    for event in training:
        if isinstance(event, Epoch) and event.epoch == straight.epochs and training.settled:
            break
    assert list(train(e, data, state=training.state()))[-1] == straight


def test_a_state_does_not_change_while_training_continues(data: Samples) -> None:
    training, _ = part_of(experiment(optimizer=Adam()), data, 3)
    state, kept = training.state(), io.BytesIO()
    torch.save(state, kept)
    list(training)
    again = io.BytesIO()
    torch.save(state, again)
    assert kept.getvalue() == again.getvalue()
