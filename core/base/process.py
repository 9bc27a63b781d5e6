"""Child processes: starting one, lines in both directions, the end of either side, and what an exit
status means.

Four parts of the lab compute in a child, so that a crash or a lack of memory ends the child and
never the lab: a job (core/jobs/worker.py), short tasks (core/jobs/task_process.py), the processes
of a study or a search (core/studies/places/), and the reader of workbooks
(core/data/spreadsheet/workbook.py). The first three exchange lines of text with their parent; a
child ends when its pipe does, and where it cannot, the system ends it
(core/base/parent_death.py).
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

import psutil

from core.base.parent_death import end_with_parent

ROOT = Path(__file__).parents[2]
LOOK = 0.5  # seconds between two looks at a child that is silent
OUT_OF_MEMORY = "SIGKILL"  # what the system sends when memory runs out
_SCORE = Path("/proc/self/oom_score_adj")  # Linux: who is ended first when memory runs out


# --- the parent's end


class Child:
    """A process of one of the lab's modules, as its parent sees it. Any thread may send or close;
    one receives.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        options: Sequence[str] = ("-m",),
        cwd: Path = ROOT,
        own_session: bool = True,
        environment: dict[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ):
        """Start `python -m module arguments`, or with other `options` a file in place of a module.

        In a session of its own it does not get the terminal's Ctrl+C, and what it starts is killed
        with it; without one it is killed with its parent.
        """
        self._own_session = own_session
        self.process = subprocess.Popen(
            [sys.executable, *options, module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            start_new_session=own_session,
            **({"pass_fds": pass_fds} if pass_fds else {}),
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()  # None: it has ended
        self.arrived = threading.Event()  # set with every line; several children may share one
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # closed meanwhile
            for line in self.process.stdout:
                self._lines.put(line.decode("utf-8", "replace").rstrip("\n"))
                self.arrived.set()
        self._lines.put(None)
        self.arrived.set()

    def send(self, line: str) -> bool:
        """Send one line. False when the child is gone, which `receive` reports as well."""
        with contextlib.suppress(OSError, ValueError):
            self.process.stdin.write(f"{line}\n".encode())
            self.process.stdin.flush()
            return True
        return False

    def receive(self, seconds: float = 0.0) -> str | None:
        """Return the next line; None when none comes within `seconds`. EOFError at the end."""
        try:
            line = self._lines.get(timeout=seconds) if seconds else self._lines.get_nowait()
        except queue.Empty:
            return None
        if line is None:
            self._lines.put(None)  # for whoever asks next
            raise EOFError
        return line

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def cpu_seconds(self) -> float:
        """Seconds of processor time that it has used; 0 when it is gone."""
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(self.process.pid).cpu_times()
            return times.user + times.system
        return 0.0

    def close(self, grace: float = 0.0) -> int:
        """Return the exit status, once the child and what it started are gone. It has `grace`
        seconds to end by itself.
        """
        if grace:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(grace)
        if self._own_session and hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        elif self.is_alive:
            self.process.kill()
        status = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):  # what was not sent yet is lost with it
                pipe.close()
        return status


class Watchdog:
    """Tells a child that hangs from one that works: it has given no sign and used no processor time
    for `limit` seconds.
    """

    def __init__(self, child: Child, limit: float):
        self.child, self.limit = child, limit
        self._heard, self._worked = time.monotonic(), child.cpu_seconds()

    def reset(self) -> None:
        """The child has given a sign of life, or need not give one now."""
        self._heard = time.monotonic()

    def is_expired(self) -> bool:
        """Whether the child hangs. Call it at least once every few seconds."""
        worked = self.child.cpu_seconds()
        if worked - self._worked > 0.1 * LOOK:
            self._heard, self._worked = time.monotonic(), worked
        return time.monotonic() - self._heard > self.limit


def exit_cause(status: int) -> str:
    """Name what ended a process: empty for a regular end, a signal such as SIGSEGV, or its exit
    status. OUT_OF_MEMORY is by far the most likely reason for a SIGKILL that nobody sent.
    """
    if status >= 0:
        return f"exit status {status}" if status else ""
    return signal.Signals(-status).name


def run_limited(command: Sequence[str], seconds: float, **streams: Any) -> int | None:
    """Run a command to its end and return its exit status; None when it was killed after `seconds`.
    `streams` are files for stdin, stdout and stderr.
    """
    process = subprocess.Popen(command, **streams)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


# --- the child's end


def claim_output() -> TextIO:
    """Return the pipe to the parent; from now on what libraries print goes to standard error."""
    pipe = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return pipe


def send_to_parent(pipe: TextIO, line: str) -> bool:
    """Send one line to the parent. False when the parent is gone."""
    with contextlib.suppress(OSError):
        pipe.write(f"{line}\n")
        pipe.flush()
        return True
    return False


def follow_parent(
    on_line: Callable[[str], None], on_end: Callable[[], None], memory_score: int
) -> None:
    """Call `on_line` for every line of the parent and `on_end` when its pipe ends, in a thread.

    The system ends this process soon after its parent, and before the lab where memory runs out:
    `memory_score`, 0 to 1000, says how much rather (proc(5), oom_score_adj).
    """

    def listen() -> None:
        for line in sys.stdin:
            on_line(line.rstrip("\n"))
        on_end()

    threading.Thread(target=listen, daemon=True).start()
    end_with_parent()
    with contextlib.suppress(OSError):
        _SCORE.write_text(str(memory_score))
