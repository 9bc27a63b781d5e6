"""A paused job that keeps other people waiting is saved and frees its device; resumed, it is queued
again. The clock is a value that the test sets.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.access import ownership
from core.access.ownership import LAB, TEACHER
from core.base.encoding import encode
from core.experiment import Experiment
from core.jobs import kinds, lanes
from core.jobs.lane import PATIENCE
from core.jobs.runner import Runner
from core.runs import checkpoint
from core.runs.state import stored_state
from core.runs.store import Store
from core.runs.summary import summarize
from tests.conftest import losses, wait_until
from tests.core.jobs.test_runner import is_still
from tests.core.studies.test_sweeps import make_study

ANN, BEN = ownership.digest("ann"), ownership.digest("ben")
ENDLESS = encode(Experiment(device="cpu", epochs=100_000))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lab(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    monkeypatch.setattr(lanes, "LOOK", 3600.0)  # the test looks
    lab = Runner(Store(tmp_path), in_process=False, clock=clock)
    yield lab
    lab.close()


def paused(lab: Runner, owner: str = ANN) -> str:
    run = lab.submit(ENDLESS, by=owner)
    wait_until(lambda: losses(lab.store, run))
    lab.pause(run, by=owner)
    wait_until(lambda: is_still(lab, run))
    return run


def test_a_job_paused_while_others_wait_is_preempted_and_can_be_resumed(
    lab: Runner, clock: Clock
) -> None:
    anns = paused(lab)
    clock.now += 10 * PATIENCE  # no other job waits: it may stay paused
    lab._lanes.preempt()
    assert lab.patience(anns) is None and lab.status(anns) == "paused"

    bens = lab.submit(ENDLESS, by=BEN)
    assert lab.patience(anns) == PATIENCE  # from when Ben came
    clock.now += PATIENCE - 1
    lab._lanes.preempt()
    assert lab.patience(anns) == 1.0 and lab.status(anns) == "paused"
    clock.now += 1
    lab._lanes.preempt()
    wait_until(lambda: lab.status(bens) == "running")
    assert lab.status(anns) == stored_state(Store(lab.store.home), anns) == "preempted"
    assert checkpoint.load(lab.store, anns)["step"] == len(losses(lab.store, anns))
    assert summarize(lab.store, anns).reason == ""  # it has not ended

    before = losses(lab.store, anns)
    lab.resume(anns, by=ANN)
    assert lab.live() == [bens, anns]
    lab.stop(bens, by=BEN)
    wait_until(lambda: len(losses(lab.store, anns)) > len(before) + 10)
    assert losses(lab.store, anns)[: len(before)] == before


def test_single_steps_count_as_activity(lab: Runner, clock: Clock) -> None:
    anns = paused(lab)
    lab.submit(ENDLESS, by=BEN)
    for _ in range(5):
        clock.now += PATIENCE - 1
        lab._lanes.preempt()
        lab.step(anns, by=ANN)
    assert lab.patience(anns) == PATIENCE and lab.status(anns) == "paused"
    lab.proceed(anns, by=ANN)
    assert lab.patience(anns) is None


@pytest.mark.parametrize(("owner", "other"), [(ANN, ANN), (TEACHER, BEN), (LAB, BEN), (LAB, LAB)])
def test_own_jobs_and_jobs_of_a_teacher_are_not_preempted(
    lab: Runner, clock: Clock, owner: str, other: str
) -> None:
    first = paused(lab, owner)
    lab.submit(ENDLESS, by=other)
    clock.now += 100 * PATIENCE
    lab._lanes.preempt()
    assert lab.patience(first) is None and lab.status(first) == "paused"


def test_the_time_of_a_job_paused_in_the_queue_counts_from_its_start(
    lab: Runner, clock: Clock
) -> None:
    first = lab.submit(ENDLESS, by=BEN)
    wait_until(lambda: lab.status(first) == "running")
    anns, bens = lab.submit(ENDLESS, by=ANN), lab.submit(ENDLESS, by=BEN)
    lab.pause(anns, by=ANN)
    clock.now += 10 * PATIENCE
    lab.stop(first, by=BEN)
    wait_until(lambda: lab.status(anns) == "paused")
    assert lab.live() == [anns, bens] and lab.patience(anns) == PATIENCE


def test_a_study_is_preempted_too(lab: Runner, clock: Clock) -> None:
    anns = lab.submit(encode(make_study("networks")), by=ANN, kind="study")
    lab.pause(anns, by=ANN)
    bens = lab.submit(ENDLESS, by=BEN)
    wait_until(lambda: lab.status(anns) == "paused")
    clock.now += PATIENCE
    lab._lanes.preempt()
    wait_until(lambda: lab.status(bens) == "running")
    assert lab.status(anns) == "preempted"
    lab.stop(bens, by=BEN)
    lab.resume(anns, by=ANN)
    wait_until(lambda: lab.status(anns) == "done")


def test_paused_jobs_are_checked_regularly(
    lab: Runner, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "LOOK", 0.01)
    anns = paused(lab)
    bens = lab.submit(ENDLESS, by=BEN)
    clock.now += PATIENCE
    wait_until(lambda: lab.status(bens) == "running")
    assert lab.status(anns) == "preempted"
    wait_until(lambda: lab._lanes._timer is None)


def test_a_job_that_has_ended_meanwhile_stays_ended(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = store.create(ENDLESS)
    kinds.end(store, run, "stopped", "By hand.")
    kinds.preempt(store, run)
    assert stored_state(store, run) == "stopped"
