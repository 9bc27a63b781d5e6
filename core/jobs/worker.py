"""A job in a process of its own (`LAB_WORKER=process`): what breaks, eats the memory or hangs there
ends that one job, never the lab.

The parent sends words (core/base/control.py) as lines, the child sends signs of life; both pipes
are bounded by the system. The child writes the job's folder itself, by the function of a thread.
It ends when its pipe does: then the lab is gone, also when it was killed, and the child saves the
job first; one that cannot is ended by the system (core/base/parent_death.py). The parent judges
by the child's end, by its signs of life and by its processor time.
"""

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from core.access import ownership
from core.base import settings
from core.base.control import GO, LEAVE, STOPS, Control
from core.base.parent_death import end_with_parent
from core.jobs import kinds

log = logging.getLogger("descent_lab")

ROOT = Path(__file__).parents[2]
THREAD, PROCESS = WORKERS = ("thread", "process")
SILENT = 120.0  # seconds without a sign of life and without work after which a job is ended
OBEYS = 5.0  # seconds within which a child does what STOPS and LEAVE say, or is killed
LOOK = 0.5  # seconds between two looks; a child gives a sign no more often

KILLED = (
    "The system ended its process, most likely because the machine ran out of memory: halve the "
    "batch size or take fewer rows, or make the network narrower, then start it anew."
)
BROKE = (
    "Its process broke down ({0}); the log may have details. Everything up to the last checkpoint "
    "or point is kept: resume it."
)
HUNG = (
    "It gave no sign of life for {0:.0f} s and was ended. Everything up to the last checkpoint or "
    "point is kept: resume it."
)
UNBEGUN = "Stopped while it was starting: it had taken no step yet."
DEAF = "Stopped. It did not answer, so what came after the last checkpoint is lost."


def wanted() -> bool:
    """Whether jobs get processes of their own: LAB_WORKER, else in every mode but solo."""
    usual = THREAD if ownership.mode() == ownership.SOLO else PROCESS
    return settings.word("LAB_WORKER", WORKERS, usual) == PROCESS


def silent() -> float:
    """LAB_SILENT, else SILENT."""
    return settings.number("LAB_SILENT", SILENT, least=1, unit="seconds")


# --- the parent's end


def execute(kind: str, home: Path, job: str, control: Control) -> None:
    """Does the job in a child, and writes its end where the child could not. Returns when the child
    is gone.
    """
    store = kinds.store_of(kind, home)
    size = store.size(job)
    child = Child(kind, home, job, control)
    verdict = child.supervise(silent())
    last = store.last(job) or {}
    if verdict is None or (last.get("event") == "Ended" and store.size(job) > size):
        return
    log.error("%s %s: %s", kind, job, verdict[1])
    kinds.end(store, job, *verdict)


class Child:
    """The process of one job, as its parent sees it."""

    def __init__(self, kind: str, home: Path, job: str, control: Control):
        self.control = control
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.jobs.worker", kind, str(home), job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,  # Ctrl+C is the parent's affair; helpers are killed with it
        )
        self.signs: queue.Queue[bool] = queue.Queue(64)  # True for a sign of life, False at the end
        threading.Thread(target=self._hear, daemon=True).start()
        control.hand_on(self._say)

    def supervise(self, silent: float) -> tuple[str, str] | None:
        """Waits for the end of the child: (reason, message) to write for the job, or None where
        nothing is left to say.
        """
        begun, heard = False, time.monotonic()
        asked, work, verdict = None, self._work(), None
        while verdict is None:
            try:
                if not self.signs.get(timeout=LOOK):
                    break
                begun, heard = True, time.monotonic()
            except queue.Empty:
                pass
            now, word, spent = time.monotonic(), self.control.word, self._work()
            if self.control.paused or spent - work > 0.1 * LOOK:
                heard, work = now, spent
            if word != GO:
                asked = asked or now
                if not begun:  # there is nothing to save
                    verdict = ("stopped", UNBEGUN) if word in STOPS else ("", "")
                elif now - asked > OBEYS:
                    verdict = ("stopped", DEAF) if word in STOPS else ("", "")
            elif now - heard > silent:
                verdict = "failed", HUNG.format(silent)
        status = self._bury(kill=verdict is not None)
        if verdict is not None:
            return verdict if verdict[0] else None
        return judged(status)

    def _say(self, word: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.process.stdin.write(f"{word}\n".encode())
            self.process.stdin.flush()

    def _hear(self) -> None:
        for _ in self.process.stdout:
            self.signs.put(True)
        self.signs.put(False)

    def _work(self) -> float:
        return worked(self.process.pid)

    def _bury(self, kill: bool) -> int:
        """The child's exit status, once it and what it had started are gone."""
        if not kill:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(OBEYS)
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        elif self.process.poll() is None:
            self.process.kill()
        status = self.process.wait()
        for end in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                end.close()
        return status


def worked(pid: int) -> float:
    """Seconds of processor time of a process; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def judged(status: int) -> tuple[str, str] | None:
    """What an exit status means for a job that has not written its own end."""
    if status == 0:
        return None
    if status == -getattr(signal, "SIGKILL", 9):
        return "failed", KILLED
    if status < 0:
        return "failed", BROKE.format(signal.Signals(-status).name)
    return "failed", BROKE.format(f"exit status {status}")


# --- the child's end


def main(kind: str, home: str, job: str) -> None:
    """Does the job here, as the words from standard input say."""
    signs = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no sign of life
    control, begun = Control(), threading.Event()
    threading.Thread(target=_listen, args=(control, begun), daemon=True).start()
    end_with_parent()
    with contextlib.suppress(OSError):  # where memory ends, the child goes, not the lab
        Path("/proc/self/oom_score_adj").write_text("500")
    from core.base import device
    from core.base.errors import LabError

    spoken = 0.0

    def sign(*_: Any) -> None:
        nonlocal spoken
        if time.monotonic() - spoken > LOOK:
            spoken = time.monotonic()
            _write(signs)

    def poll_control(work: Any) -> str:
        begun.set()
        sign()
        return control.poll_control(work)

    device.prepare()
    try:
        kinds.execute(kind, home, job, poll_control, sign, sign)
    except LabError as error:
        log.warning("%s", error)


def _write(signs: TextIO) -> None:
    with contextlib.suppress(OSError):  # the parent is gone: `_listen` sees that too
        signs.write(".\n")
        signs.flush()


def _listen(control: Control, begun: threading.Event) -> None:
    """Hears words until the pipe ends; then the job is saved, or dropped where it has not begun or
    that takes long.
    """
    for line in sys.stdin:
        control.tell(line.strip())
    control.tell(LEAVE)
    if begun.is_set():
        threading.Event().wait(OBEYS)
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
