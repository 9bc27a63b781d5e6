"""Short tasks in a process of their own: the answers of a thread, one process for many tasks, and
its death in any form ends one task in one sentence; the next one works.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.access.ownership import LAB
from core.base.encoding import change, encode
from core.base.process import ROOT
from core.data.datasets import Digits
from core.experiment import Experiment
from core.jobs import task_process
from core.jobs.tasks import Tasks, TaskState
from core.network.layers import Flatten, Linear, Output
from core.studies.study import shipped
from tests.conftest import wait_until

pytestmark = pytest.mark.usefixtures("quick_processes")
SOFTMAX = encode(Experiment(data=Digits(), network=(Flatten(), Output()), device="cpu"))
MISFIT = encode(Experiment(data=Digits(), network=(Linear(),), device="cpu"))
SLOW = encode(  # a hundred steps of some dozens of milliseconds
    Experiment(
        data=Digits(),
        network=(Flatten(), *(Linear(units=1500) for _ in range(5)), Output()),
        device="cpu",
    )
)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tasks]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_THREADS", "1")
        work = Tasks(tmp_path_factory.mktemp("lab"), in_process=True)
        yield work
        work.close()
    assert work._child.child is None


def process(work: Tasks) -> subprocess.Popen:
    return work._child.child.process


def test_one_process_computes_one_task_after_another_as_a_thread_does(work: Tasks) -> None:
    task = work.wait(work.begin("rate", SOFTMAX, by=LAB))
    assert task["state"] == TaskState.DONE and task["share"] == 1.0
    first = process(work).pid
    twin = Tasks(work.home, in_process=False)
    assert task["found"] == twin.wait(twin.begin("rate", SOFTMAX, by=LAB))["found"]
    twin.close()
    misfit = work.wait(work.begin("rate", MISFIT, by=LAB))
    assert (misfit["state"], misfit["code"]) == (TaskState.FAILED, "needs_flat_input")
    effort = work.wait(
        work.begin(
            "effort",
            encode(change(shipped()["random-features"], "base.data", {"kind": "digits"})),
            by=LAB,
        )
    )
    assert effort["found"]["seconds"] > 0
    assert process(work).pid == first != os.getpid()


def test_a_task_is_stopped_between_two_answers_and_the_process_continues(work: Tasks) -> None:
    long = work.begin("rate", SLOW, by=LAB)
    wait_until(lambda: work.look(long)["found"].get("points"))
    before = process(work).pid
    work.stop(long)
    task = work.wait(work.begin("trial", SOFTMAX, by=LAB))
    assert task["state"] == TaskState.DONE and process(work).pid == before
    assert work.look(long)["state"] == TaskState.STOPPED and work.look(long)["found"]["points"]


def test_a_crash_or_a_hang_is_reported_and_the_next_task_works(
    work: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, hung = (work.begin("rate", SLOW, by=LAB) for _ in range(2))
    wait_until(lambda: work.look(killed)["found"].get("points"))
    process(work).kill()
    assert work.wait(killed)["problem"] == task_process.KILLED
    assert work.look(killed)["code"] == "task_crashed"

    monkeypatch.setenv("LAB_SILENT", "1")
    wait_until(lambda: work.look(hung)["found"].get("points"))
    process(work).send_signal(signal.SIGSTOP)
    assert work.wait(hung)["code"] == "task_hung"
    assert [work.look(id)["state"] for id in (killed, hung)] == [TaskState.FAILED] * 2


def test_an_unresponsive_task_is_ended(work: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_process, "OBEYS", 0.2)
    deaf = work.begin("rate", SLOW, by=LAB)
    wait_until(lambda: work.look(deaf)["found"].get("points"))
    child = process(work)
    child.send_signal(signal.SIGSTOP)
    work.stop(deaf)
    wait_until(lambda: child.poll() is not None)
    assert work.look(deaf)["state"] == TaskState.STOPPED and not work.look(deaf)["problem"]


def test_the_process_ends_with_a_killed_server(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from core.jobs.tasks import Tasks\n"
        "work = Tasks(Path(sys.argv[1]), in_process=True)\n"
        "id = work.begin('rate', sys.argv[2], by='lab')\n"
        "while not work.look(id)['found']: time.sleep(0.01)\n"
        "print(work._child.child.process.pid, flush=True)\n"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path), SLOW]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as lab:
        child = int(lab.stdout.readline())
        assert alive(child)
        lab.kill()
    wait_until(lambda: not alive(child))
    assert lab.returncode == -signal.SIGKILL


def alive(pid: int) -> bool:
    """Whether it works; one that is dead but not yet taken away by its new parent is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_idle_process_ends_and_frees_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that waits for tasks is task that its time is over."""
    work = Tasks(tmp_path, in_process=True)
    closed = threading.Event()
    monkeypatch.setattr(work._child, "close", closed.set)
    monkeypatch.setattr("core.jobs.tasks.IDLE", 0.01)
    monkeypatch.setattr(work._child, "ask", lambda *given: iter(()))
    work.begin("trial", SOFTMAX, by=LAB)
    assert closed.wait(30)
    work.close()
