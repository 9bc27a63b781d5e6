"""How a run ends: at a loss that is not finite, by a stopping rule, or after its epochs."""

import copy
from collections.abc import Iterator

import numpy as np
import torch

from core.base.encoding import change
from core.base.events import Epoch, Event, Step
from core.data.samples import Samples
from core.losses import MSE
from core.network.presets import SoftmaxRegression
from core.optim.optimizers import SGD, Adam
from core.optim.schedules import Constant
from core.optim.stopping import (
    Patience,
    TimeLimit,
)
from core.training.loop import Training, train
from tests.core.bars import experiment, losses, of
from tests.core.training.test_loop import SlowClock, data

__all__ = ["data"]


def test_a_loss_that_is_not_finite_ends_the_run_at_its_step_and_keeps_the_best_weights(
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
    assert f"step {ended.step}" in ended.message and "9" in ended.message  # the learning rate
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
    assert Patience.label in ended.message


def test_the_time_limit_ends_the_run_in_the_middle_of_an_epoch(data: Samples) -> None:
    e = experiment(epochs=100, stopping=(TimeLimit(minutes=1),))
    ended = list(train(e, data, clock=SlowClock(0.5)))[-1]
    assert ended.reason == "time" and ended.step % 7 and 60 <= ended.seconds < 80


def test_a_rule_that_only_marks_does_not_end_the_run(data: Samples) -> None:
    rules = (
        Patience(patience=1, improvement=10, only_mark=True),
        TimeLimit(minutes=1e-9, only_mark=True),
    )
    events = list(train(experiment(stopping=rules), data))
    assert (events[-1].reason, events[-1].epochs) == ("epochs", 4)
    stopping = (Patience(patience=1, improvement=10),)
    assert list(train(experiment(stopping=stopping), data))[-1].epochs < 4
