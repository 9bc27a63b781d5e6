"""One job in a separate process (`LAB_WORKER=process`): a crash, a lack of memory or a hang ends
that job and never the server.

The parent sends commands (core/base/control.py), the child sends signs of life. The child writes
the folder of the job with the function that a thread would call. When the pipe ends, the server is
gone, and the child saves the job before it exits. The parent judges the child by its exit status,
its signs of life and its processor time.
"""

import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from core.base.control import GO, LEAVE, STOPS, Control
from core.base.process import (
    LOOK,
    OUT_OF_MEMORY,
    Child,
    Watchdog,
    claim_output,
    exit_cause,
    follow_parent,
    send_to_parent,
)
from core.base.settings import settings
from core.jobs import kinds
from core.jobs.kinds import KINDS

log = logging.getLogger("descent_lab")

OBEYS = 5.0  # seconds within which a child must obey STOPS and LEAVE; then it is killed
MEMORY_SCORE = 500
Verdict = tuple[str, str]  # reason and message of the job's end

KILLED = (
    "The system ended this job's process, most likely because the machine ran out of memory. "
    "Halve the batch size, use fewer rows or a narrower network, then start it again."
)
BROKE = (
    "This job's process crashed ({0}). The server log may have details. Everything up to the last "
    "checkpoint or point is saved: resume it."
)
HUNG = (
    "This job's process gave no sign of life for {0:.0f} s and was ended. Everything up to the "
    "last checkpoint or point is saved: resume it."
)
STOPPED_EARLY = "Stopped while it was starting, before its first step."
UNRESPONSIVE = (
    "Stopped. The process did not respond, so everything after the last checkpoint is lost."
)


# --- the parent's end


def execute(kind: str, home: Path, job: str, control: Control) -> None:
    """Compute the job in a child, and write its end where the child could not. Returns when the
    child is gone.
    """
    store = KINDS[kind].store(home)
    size = store.size(job)
    child = Child("core.jobs.worker", kind, str(home), job)
    control.forward_to(child.send)
    verdict = supervise(child, control)
    last = store.last(job) or {}
    if verdict is None or (last.get("event") == "Ended" and store.size(job) > size):
        return
    reason, message = verdict
    log.error("%s %s: %s", kind, job, message)
    kinds.end(store, job, reason, message)


def supervise(child: Child, control: Control) -> Verdict | None:
    """Wait for the end of the child. Return what to write for the job; None for nothing."""
    watchdog = Watchdog(child, settings().silent)
    begun, asked = False, None
    while True:
        try:
            if child.receive(LOOK) is not None:
                begun = True
                watchdog.reset()
        except EOFError:
            return judge(child.close(grace=OBEYS))
        word = control.word
        if control.paused:
            watchdog.reset()
        if word == GO:
            if watchdog.is_expired():
                child.close()
                return "failed", HUNG.format(watchdog.limit)
            continue
        asked = asked or time.monotonic()
        if not begun or time.monotonic() - asked > OBEYS:
            child.close()
            message = UNRESPONSIVE if begun else STOPPED_EARLY
            return ("stopped", message) if word in STOPS else None


def judge(status: int) -> Verdict | None:
    """Return the end to write for a job that did not write one, by the exit status."""
    cause = exit_cause(status)
    if not cause:
        return None
    return "failed", KILLED if cause == OUT_OF_MEMORY else BROKE.format(cause)


# --- the child's end


def main(kind: str, home: str, job: str) -> None:
    """Compute the job in this process, controlled by commands on standard input."""
    pipe = claim_output()
    control, begun = Control(), threading.Event()

    def leave() -> None:
        """The server is gone: save the job, unless it has not started or saving takes too long."""
        control.tell(LEAVE)
        if begun.is_set():
            threading.Event().wait(OBEYS)
        os._exit(1)

    follow_parent(control.tell, leave, MEMORY_SCORE)
    from core.base import device
    from core.base.errors import LabError

    signed = 0.0

    def sign(*_: Any) -> None:
        nonlocal signed
        if time.monotonic() - signed > LOOK:
            signed = time.monotonic()
            send_to_parent(pipe, ".")

    def poll_control(work: Any) -> str:
        begun.set()
        sign()
        return control.poll_control(work)

    device.prepare()
    try:
        KINDS[kind].execute(home, job, poll_control, sign, sign)
    except LabError as error:  # another process holds the job
        log.warning("%s", error)


if __name__ == "__main__":
    main(*sys.argv[1:])
