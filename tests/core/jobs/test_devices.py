"""Two devices side by side: each has its own line, its own order and its own job at work; a word
goes to the job that it is said to. The second device is a name: nothing is computed on it.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access.ownership import LAB
from core.base import device
from core.base.control import GO
from core.base.encoding import encode
from core.base.errors import Unavailable
from core.data.load import load
from core.experiment import Experiment
from core.jobs import kinds
from core.jobs.lane import Lane
from core.jobs.lanes import Lanes
from core.jobs.runner import Runner
from core.network.layers import Flatten, Output
from core.runs.store import Store
from core.studies.curve_methods import Networks, RandomFeatures
from core.studies.executor import make_executor
from core.studies.method import Method
from core.studies.study import Study
from core.studies.trainer import execute
from tests.conftest import losses, wait_until

CPU, GPU = "cpu", "cuda:0"


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with one GPU, as far as the lines know."""
    monkeypatch.setattr(device, "resolve", lambda said: CPU if said == CPU else GPU)


class Work:
    """Stands in for what a job does: step after step until it is told to end."""

    single_steps = False

    def __init__(self) -> None:
        self.steps: dict[str, int] = {}
        self.side_by_side, self.tick = 0, threading.Event()

    def __call__(
        self, kind: str, home: Path, job: str, poll_control: Callable[[object], str], *_: object
    ) -> None:
        self.steps[job] = 0
        try:
            while poll_control(self) == GO:
                self.steps[job] += 1
                self.tick.wait(0.001)  # others get their turn of the interpreter
                self.side_by_side = max(self.side_by_side, len(self.steps))
        finally:
            del self.steps[job]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    work = Work()
    for kind in (kinds.RunKind, kinds.StudyKind):
        monkeypatch.setattr(kind, "execute", lambda kind, *what: work(kind.name, *what))
    return work


@pytest.fixture
def lab(tmp_path: Path, two: None) -> Iterator[Runner]:
    lab = Runner(Store(tmp_path), in_process=False)
    yield lab
    lab.close()


def run(device: str) -> str:
    return encode(Experiment(device=device, epochs=100_000))


def test_each_device_runs_one_job_and_commands_reach_the_right_one(lab: Runner, work: Work) -> None:
    on_cpu, on_gpu = ([lab.submit(run(name), by=LAB) for _ in range(2)] for name in (CPU, "auto"))
    wait_until(lambda: len(work.steps) == 2)
    assert set(work.steps) == {on_cpu[0], on_gpu[0]}
    assert set(lab.line()[:2]) == {("run", on_cpu[0], CPU), ("run", on_gpu[0], GPU)}
    assert [len(lab.wait(each[1])[0]) for each in (on_cpu, on_gpu)] == [1, 1]
    assert lab.wait(on_gpu[1])[0] == [("run", on_gpu[0])]
    assert (lab.before(CPU), lab.before("auto"), lab.before("cuda:0")) == (2, 2, 2)

    lab.pause(on_gpu[0], by=LAB)
    wait_until(lambda: lab._find(on_gpu[0]).control.changed._waiters)
    taken = work.steps[on_gpu[0]]
    lab.step(on_gpu[0], by=LAB)
    wait_until(lambda: work.steps[on_gpu[0]] == taken + 1)
    wait_until(lambda: work.steps[on_cpu[0]] > taken + 20)
    assert (lab.status(on_gpu[0]), lab.status(on_cpu[0])) == ("paused", "running")
    assert work.steps[on_gpu[0]] == taken + 1

    lab.stop(on_cpu[1], by=LAB)
    assert lab.live() == [on_cpu[0], on_gpu[0], on_gpu[1]]
    lab.stop(on_gpu[0], by=LAB)
    wait_until(lambda: on_gpu[1] in work.steps)
    assert set(work.steps) == {on_cpu[0], on_gpu[1]} and work.side_by_side == 2


def test_the_expected_time_is_that_of_the_same_device(
    lab: Runner, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds.RunKind, "estimate", lambda *_: (10, 100.0))
    monkeypatch.setattr(kinds, "seconds_left", lambda *_: 40.0)
    on_cpu = [lab.submit(run(CPU), by=LAB) for _ in range(3)]
    on_gpu = [lab.submit(run("cuda"), by=LAB) for _ in range(2)]
    wait_until(lambda: len(work.steps) == 2)
    assert [lab.wait(each)[1] for each in on_cpu] == [0.0, 40.0, 140.0]
    assert [lab.wait(each)[1] for each in on_gpu] == [0.0, 40.0]


def test_two_runs_side_by_side_give_the_same_losses_as_each_alone(
    lab: Runner, tmp_path: Path
) -> None:
    """Both are computed on the processor; the lines do not know that."""
    experiment = encode(Experiment(device=CPU, epochs=4, network=(Flatten(), Output())))
    both = [lab.store.create(experiment) for _ in range(2)]
    alone = lab.store.create(experiment)
    for each, name in zip(both, (CPU, "auto"), strict=True):
        lab._lanes.add(kinds.RUN, each, "", name)
    wait_until(lambda: not lab.live())
    execute(lab.store, alone)
    assert [lab.status(each) for each in both] == ["done", "done"]
    assert losses(lab.store, both[0]) == losses(lab.store, both[1]) == losses(lab.store, alone)


@pytest.mark.parametrize(
    ("method", "wanted", "lane"),
    [
        (RandomFeatures(), "auto", CPU),
        (Networks(), "auto", GPU),
        (Networks(), CPU, CPU),
    ],
)
def test_a_study_is_queued_for_the_device_that_computes_it(
    lab: Runner, work: Work, method: object, wanted: str, lane: str
) -> None:
    study = lab.submit(
        encode(Study(base=Experiment(device=wanted), method=method)), by=LAB, kind="study"
    )
    assert lab.line() == [("study", study, lane)]
    lab.stop(study, by=LAB)
    wait_until(lambda: not lab.line())
    lab.resume(study, by=LAB)
    assert lab.line() == [("study", study, lane)]


@pytest.mark.parametrize("method", Method.members.values(), ids=lambda method: method.__name__)
def test_every_method_reports_correctly_whether_it_uses_the_device(method: type[Method]) -> None:
    """On a machine that has not the device that the experiment names."""
    few = {"samples": 40} if "samples" in method.model_fields else {}
    gone = Experiment(device="cuda:7")

    def first() -> object:
        work = make_executor(method(**few), gone, load(gone.data, None), 1)
        return next(work.points(0, lambda: None))

    if method.gpu:
        with pytest.raises(Unavailable, match="cuda:7"):
            first()
    else:
        assert first()


def test_a_missing_device_is_reported_by_the_run(tmp_path: Path) -> None:
    lab = Runner(Store(tmp_path), in_process=False)
    with pytest.raises(Unavailable):
        device.resolve("cuda:7")
    gone = lab.submit(run("cuda:7"), by=LAB)
    wait_until(lambda: not lab.live())
    assert "cuda:7" in lab.store.last(gone)["message"]
    lab.close()


said = st.lists(
    st.tuples(st.sampled_from([CPU, GPU]), st.sampled_from("abc"), st.booleans()), max_size=12
)


@given(said)
def test_the_queues_of_devices_are_independent(jobs: list[tuple[str, str, bool]]) -> None:
    """Jobs that come, some of which are cancelled: each line is as if the other were not there."""

    def lines(only: str | None) -> list[tuple[str, str, str]]:
        lanes = Lanes(lambda job: None)
        with lanes.changed:
            for name in (CPU, GPU):
                lanes._lanes[name] = Lane(name, lanes.changed, lanes.do)  # its thread sleeps
            for number, (name, owner, stays) in enumerate(jobs):
                if only in (None, name):
                    lanes._lanes[name].add("run", str(number), owner)
                    if not stays:
                        lane, job = lanes.find(str(number))
                        lane.leave(job)
            for lane in lanes:
                lane.take()
            return lanes.line()

    both = lines(None)
    for name in (CPU, GPU):
        assert [one for one in both if one[2] == name] == lines(name)
