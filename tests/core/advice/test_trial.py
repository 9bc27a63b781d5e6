"""Trial steps on a clock that each gradient moves on: the second gradient of SAM and the many of
L-BFGS are in the time; a later run is as it was.
"""

import pytest

from core.advice.trial import STEPS, trial
from core.optim.optimizers import LBFGS, SGD
from core.optim.regularizers import SAM
from core.optim.stopping import GradientNorm
from core.training.loop import Training, train
from tests.core.bars import PLAIN, bars, experiment, losses

DATA = bars()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    """One second a gradient, and nothing else takes time."""
    now = [0.0]
    computed = Training.compute_gradient

    def slow(self, *batch):
        now[0] += 1
        return computed(self, *batch)

    monkeypatch.setattr(Training, "compute_gradient", slow)
    monkeypatch.setattr("core.advice.trial.SECONDS", 1e9)
    return lambda: now[0]


@pytest.mark.parametrize(("regularizers", "gradients"), [((), 1), ((SAM(),), 2)])
def test_a_step_costs_its_gradients(clock, regularizers, gradients: int) -> None:
    e = experiment(network=PLAIN, optimizer=SGD(), regularizers=regularizers)
    *_, last = trial(e, DATA, clock=clock)
    steps = len(losses(list(train(e, DATA))))
    assert (last.steps, last.step_seconds, last.run_seconds) == (
        STEPS,
        gradients,
        gradients * steps,
    )


def test_a_step_of_lbfgs_costs_several_gradients(clock) -> None:
    e = experiment(network=PLAIN, optimizer=LBFGS(moves=5), batch_size=1000)
    *_, last = trial(e, DATA, clock=clock)
    assert 2 <= last.step_seconds <= 8


def test_disturbed_steps_widen_the_range(monkeypatch) -> None:
    """Every other step takes a hundred times as long."""
    asked, now = iter(range(10**6)), [0.0]

    def clock() -> float:
        now[0] += 100.0 if next(asked) % 4 == 0 else 1.0
        return now[0]

    monkeypatch.setattr("core.advice.trial.SECONDS", 1e9)
    *_, last = trial(experiment(network=PLAIN), DATA, clock=clock)
    assert 0 < 5 * last.low_seconds < last.run_seconds <= last.high_seconds


def test_slow_steps_end_the_trial_early(clock, monkeypatch) -> None:
    monkeypatch.setattr("core.advice.trial.SECONDS", 0.5)
    found = list(trial(experiment(network=PLAIN), DATA, clock=clock))
    assert [t.steps for t in found] == [1]


def test_evaluation_is_part_of_the_estimate() -> None:
    """A clock that moves on by a second each time it is asked: a step, a pass."""
    asked = iter(range(10**6))
    e = experiment(network=PLAIN, stopping=(GradientNorm(),))
    *_, last = trial(e, DATA, clock=lambda: float(next(asked)))
    assert last.run_seconds > last.step_seconds * 4 * 7


def test_a_trial_does_not_change_a_later_run(clock) -> None:
    e = experiment(epochs=2)
    alone = losses(list(train(e, DATA)))
    assert len(list(trial(e, DATA))) > 0
    assert losses(list(train(e, DATA))) == alone
