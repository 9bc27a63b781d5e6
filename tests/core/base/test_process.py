"""Child processes: lines in both directions, the end of either side, and what hangs."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from core.base import process
from core.base.process import LOOK, OUT_OF_MEMORY, Child, Watchdog, exit_cause, run_limited
from tests.conftest import ROOT, wait_until

ECHO = """
import sys
from core.base.process import claim_output, send_to_parent
pipe = claim_output()
print("what a library prints")
for line in sys.stdin:
    send_to_parent(pipe, line.rstrip("\\n").upper())
"""


@pytest.fixture
def echo(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """A child that answers each line in capitals."""
    (tmp_path / "echo_child.py").write_text(ECHO)
    child = Child("echo_child", environment={"PYTHONPATH": f"{tmp_path}:{ROOT}"})
    yield child
    child.close()


def answer(child: Child) -> str:
    return wait_until(lambda: child.receive(0.1), 60, "the child's answer")


def test_lines_go_both_ways_and_prints_are_not_among_them(echo: Child) -> None:
    for line in ("one", "zwölf"):
        assert echo.send(line)
        assert answer(echo) == line.upper()
    assert echo.receive() is None and echo.is_alive


def test_the_end_of_the_pipe_ends_the_child(echo: Child) -> None:
    echo.process.stdin.close()
    with pytest.raises(EOFError):
        answer(echo)
    with pytest.raises(EOFError):  # for whoever asks next
        echo.receive()
    assert echo.close(grace=60) == 0 and not echo.is_alive
    assert echo.send("too late") is False and echo.cpu_seconds() == 0.0


def test_closing_kills_the_child_and_what_it_started(tmp_path) -> None:
    code = "import subprocess, sys; subprocess.Popen(['sleep', '600']); print('on', flush=True)"
    (tmp_path / "parent_child.py").write_text(f"{code}\nsys.stdin.read()\n")
    child = Child("parent_child", environment={"PYTHONPATH": str(tmp_path)})
    answer(child)
    (grandchild,) = psutil.Process(child.process.pid).children()
    assert child.close() == -signal.SIGKILL
    psutil.wait_procs([grandchild], timeout=60)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


class FakeChild:
    """A child whose processor time a test sets."""

    spent = 0.0

    def cpu_seconds(self) -> float:
        return self.spent


def test_a_child_hangs_when_it_neither_speaks_nor_works(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(process.time, "monotonic", lambda: now[0])
    child = FakeChild()
    watchdog = Watchdog(child, 10)
    now[0] = 10.0
    assert not watchdog.is_expired()
    now[0] = 10.1
    assert watchdog.is_expired()
    child.spent += LOOK  # it works
    assert not watchdog.is_expired()
    now[0] = 20.2
    assert watchdog.is_expired()
    watchdog.reset()  # it has spoken
    assert not watchdog.is_expired()


@pytest.mark.parametrize(
    ("status", "cause"),
    [(0, ""), (-9, OUT_OF_MEMORY), (-11, "SIGSEGV"), (-6, "SIGABRT"), (1, "exit status 1")],
)
def test_an_exit_status_names_its_cause(status: int, cause: str) -> None:
    assert exit_cause(status) == cause


def test_a_command_is_ended_when_its_time_is_up() -> None:
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    assert run_limited([sys.executable, "-c", "raise SystemExit(3)"], 60, **quiet) == 3
    endless = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    assert run_limited(endless, 0.2, **quiet) is None
