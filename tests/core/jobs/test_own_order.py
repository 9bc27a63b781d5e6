"""A person chooses the order of the own waiting runs, and has a limit of runs in the queue."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.access.ownership import LAB, digest
from core.base.encoding import encode
from core.base.errors import BadInput, NotAllowed
from core.experiment import Experiment
from core.jobs.queue import FairQueue
from core.jobs.runner import Runner
from core.runs.store import Store
from tests.conftest import wait_until


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(Store(tmp_path), in_process=False)
    yield made
    made.close()


def endless() -> str:
    return encode(Experiment(device="cpu", epochs=100_000))


def test_a_waiting_run_comes_before_the_others_of_its_owner_on_request() -> None:
    queue = FairQueue()
    for job, owner in (("a1", "ann"), ("a2", "ann"), ("b1", "bob"), ("a3", "ann")):
        queue.add(job, owner)
    fair = [job for job, _ in queue.order({})]
    assert [job for job in fair if job[0] == "a"] == ["a1", "a2", "a3"]
    assert queue.same_owner("a2") == ["a1", "a2", "a3"] and queue.same_owner("nobody") == []
    queue.arrange(["a3", "a1", "a2"])
    assert [job for job, _ in queue.order({})] == [
        {"a1": "a3", "a2": "a1", "a3": "a2"}.get(job, job) for job in fair
    ]
    queue.arrange(["nobody"])
    assert queue.first() == "a3"


def test_jobs_of_others_and_those_not_named_keep_their_turns() -> None:
    queue = FairQueue()
    for job in ("a1", "b1", "a2", "b2", "a3", "a4"):
        queue.add(job, {"a": "ann", "b": "bob"}[job[0]])
    before = [job for job, _ in queue.order({})]
    queue.arrange(["gone", "a4", "b1", "a1", "a4"])  # a1 and a4 exchange their turns
    renamed = {"a1": "a4", "a4": "a1"}
    assert [job for job, _ in queue.order({})] == [renamed.get(job, job) for job in before]
    queue.arrange([])
    assert queue.same_owner("a2") == ["a4", "a2", "a3", "a1"]


def test_a_person_prefers_own_runs_only_and_has_a_limit(runner: Runner, monkeypatch) -> None:
    monkeypatch.setenv("LAB_QUEUE", "3")
    ann, bob = digest("ann"), digest("bob")
    first, second, third = (runner.submit(endless(), by=ann) for _ in range(3))
    wait_until(lambda: runner.status(first) == "running")
    with pytest.raises(BadInput) as caught:
        runner.submit(endless(), by=ann)
    assert caught.value.code == "queue_full"
    assert len(runner.store.ids()) == 3
    runner.submit(endless(), by=bob)
    assert runner.own_line(third) == [("run", second), ("run", third)]
    with pytest.raises(NotAllowed):
        runner.arrange([third, second], by=bob)
    runner.arrange([first, third, second], by=ann)  # the first is at work
    waiting = [run for run in runner.live() if run in (second, third)]
    assert waiting == [third, second] and runner.own_line(first) == []
    for run in runner.live()[::-1]:
        runner.stop(run, by=LAB)
