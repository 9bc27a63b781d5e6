"""A job in a process of its own: the same losses as in a thread, obedient across the pipe. Its
death in any form ends that one run with its own message, and no process stays behind.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.access.ownership import LAB
from core.base import process
from core.base.control import LEAVE, PAUSE, PROCEED, STEP, STOP, Control
from core.base.encoding import encode
from core.base.settings import settings
from core.experiment import Experiment
from core.jobs import worker
from core.jobs.lane import Lane
from core.jobs.runner import Runner
from core.network.presets import SoftmaxRegression
from core.runs import checkpoint
from core.runs.state import stored_state
from core.runs.store import Store
from core.studies.trainer import execute
from tests.conftest import losses, wait_until
from tests.core.base.test_parent_death import gone

ROOT = Path(__file__).parents[3]
quick = pytest.mark.usefixtures("quick_processes")  # not where the start is what is tested


def digits(**changes: object) -> str:
    small = {"epochs": 3, "device": "cpu", "network": SoftmaxRegression().layers((1, 8, 8))}
    return encode(Experiment(**small | changes))


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    monkeypatch.setenv("LAB_THREADS", "1")
    monkeypatch.setattr(worker, "OBEYS", 1.0)
    runner = Runner(Store(tmp_path), in_process=True)
    yield runner
    runner.close()


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen]:
    """Every process that a job got."""
    made: list[subprocess.Popen] = []
    popen = subprocess.Popen

    def noted(*given: object, **more: object) -> subprocess.Popen:
        made.append(popen(*given, **more))
        return made[-1]

    monkeypatch.setattr(process.subprocess, "Popen", noted)
    return made


@quick
def test_a_process_trains_as_a_thread_does_and_obeys_commands(runner: Runner) -> None:
    store = runner.store
    short, long = runner.submit(digits(), by=LAB), runner.submit(digits(epochs=100_000), by=LAB)
    wait_until(lambda: runner.status(short) == "done")
    twin = store.create(digits())
    execute(store, twin)
    assert losses(store, short) == losses(store, twin)

    wait_until(lambda: losses(store, long))
    runner.pause(long, by=LAB)
    sizes: list[int] = []

    def still() -> bool:
        """Nothing was written in the last 30 looks."""
        sizes.append(store.size(long))
        return len(sizes) > 30 and len(set(sizes[-30:])) == 1

    wait_until(still)
    before = len(losses(store, long))
    for n in (1, 2):
        runner.step(long, by=LAB)
        wait_until(lambda n=n: len(losses(store, long)) == before + n)
    runner.proceed(long, by=LAB)
    wait_until(lambda: len(losses(store, long)) > before + 50)
    runner.stop(long, by=LAB)
    wait_until(lambda: not runner.live())
    assert runner.status(long) == "stopped" and store.last(long)["event"] == "Ended"
    assert checkpoint.load(store, long)["step"] == len(losses(store, long))


@pytest.fixture
def signs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Children without torch that only give signs of life, because what counts is how the parent
    judges them. Lists the process of each sign that the parent has received.
    """
    received: list[int] = []

    class SilentJob(process.Child):
        def __init__(self, _: str, *arguments: str):
            super().__init__("tests.core.jobs.silent_job", *arguments)

        def receive(self, seconds: float = 0.0) -> str | None:
            line = super().receive(seconds)
            received.extend([self.process.pid] * (line is not None))
            return line

    monkeypatch.setattr(worker, "Child", SilentJob)
    return received


def test_a_crash_or_a_hang_ends_one_run_with_its_message(
    runner: Runner, children: list, signs: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_SILENT", "4")
    store = runner.store
    killed, hung = (runner.submit(digits(), by=LAB) for _ in range(2))
    wait_until(lambda: signs)
    children[0].kill()
    wait_until(lambda: len(children) == 2 and children[1].pid in signs)
    assert runner.status(killed) == "failed" and store.last(killed)["message"] == worker.KILLED
    children[1].send_signal(signal.SIGSTOP)
    wait_until(lambda: not runner.live())
    assert store.last(hung)["message"] == worker.HUNG.format(4.0)
    assert [child.returncode for child in children] == [-signal.SIGKILL] * 2


def test_an_unresponsive_process_is_stopped(runner: Runner, children: list, signs: list) -> None:
    run = runner.submit(digits(), by=LAB)
    wait_until(lambda: signs)
    children[0].send_signal(signal.SIGSTOP)
    runner.stop(run, by=LAB)
    wait_until(lambda: not runner.live())
    assert (
        runner.status(run) == "stopped" and runner.store.last(run)["message"] == worker.UNRESPONSIVE
    )


def test_a_starting_process_is_stopped_immediately_and_loses_nothing(
    runner: Runner, children: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after it has worked for a while: what it does before its first sign is importing."""
    monkeypatch.setattr(worker, "OBEYS", 600.0)
    spent = iter(range(1000))
    monkeypatch.setattr(process.Child, "cpu_seconds", lambda child: next(spent))
    run = runner.submit(digits(epochs=100_000), by=LAB)
    wait_until(lambda: children)
    children[0].send_signal(signal.SIGSTOP)
    wait_until(lambda: next(spent) > 10)
    runner.stop(run, by=LAB)
    wait_until(lambda: not runner.live())
    assert runner.store.last(run)["message"] == worker.STOPPED_EARLY


def test_the_limit_is_two_minutes_of_silence_and_five_seconds_after_a_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LAB_SILENT", raising=False)
    assert (settings().silent, worker.OBEYS) == (120.0, 5.0)


@pytest.mark.parametrize(
    ("exit_status", "words"),
    [(-9, "ran out of memory"), (-11, "SIGSEGV"), (-6, "SIGABRT"), (1, "exit status 1")],
)
def test_each_exit_status_has_its_message(exit_status: int, words: str) -> None:
    assert worker.judge(0) is None
    assert worker.judge(exit_status)[0] == "failed" and words in worker.judge(exit_status)[1]
    assert "run's" not in worker.judge(exit_status)[1]  # it may be a study


def test_commands_given_before_the_process_started_are_forwarded() -> None:
    control, heard = Control(), []
    for word in (PAUSE, STEP, STEP):
        control.tell(word)
    control.forward_to(heard.append)
    control.tell(PROCEED)
    control.tell(STOP)
    assert heard == [PAUSE, STEP, STEP, PROCEED, STOP]
    late = []
    control.forward_to(late.append)
    assert late == [STOP]
    control.tell(LEAVE)
    assert control.word == LEAVE


TWO_JOBS = """
import sys
from core.base import device
from core.jobs import runner
from core.runs.store import Store
device.resolve = lambda wanted: wanted  # two devices, so two processes at once
lab = runner.Runner(Store(sys.argv[1]), in_process=True)
print(*[lab.submit(text, by=\"lab\") for text in sys.argv[2:]], flush=True)
sys.stdin.read()
"""


def importing(process: psutil.Process) -> bool:
    return any("libtorch_cpu" in mapped.path for mapped in process.memory_maps())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into the processes")
@quick
@pytest.mark.parametrize("moment", ["started", "importing", "training"])
def test_no_process_outlives_a_killed_server_and_every_run_can_be_resumed(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [digits(epochs=100_000, device=name) for name in ("cpu", "auto", "cpu")]
    command = [sys.executable, "-c", TWO_JOBS, str(tmp_path), *runs]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    store = Store(tmp_path)
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as lab:
        *at_work, waits = lab.stdout.readline().split()
        children: list[psutil.Process] = []

        def both() -> bool:
            children[:] = psutil.Process(lab.pid).children(recursive=True)
            return len(children) == 2

        wait_until(both)
        if moment == "importing":
            wait_until(lambda: any(map(importing, children)))
        elif moment == "training":
            wait_until(lambda: all(losses(store, run) for run in at_work))
        lab.kill()
    wait_until(lambda: all(map(gone, children)))
    stands = "interrupted" if moment == "training" else "not_started"
    wait_until(
        lambda: not any(map(store.is_owned, at_work))
    )  # its last threads may still hold the lock
    assert [stored_state(store, run) for run in at_work] == [stands] * 2
    assert stored_state(store, waits) == "not_started"
    if moment == "training":  # and nothing is lost
        for run in at_work:
            assert checkpoint.load(store, run)["step"] == len(losses(store, run))
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    lab = Runner(store)
    for run in (*at_work, waits):
        lab.resume(run, by=LAB)
    assert set(lab.live()) == {*at_work, waits}
