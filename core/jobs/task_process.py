"""Short tasks in a separate process (`LAB_WORKER=process`): a crash, a lack of memory or a hang
ends one task and never the server. One process computes one task after another, because its start
takes longer than most tasks.

Requests and answers are JSON lines. After every answer the child waits for GO or STOP.
"""

import contextlib
import os
import queue
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.base.control import GO, STOP
from core.base.encoding import from_json_text, to_json_text
from core.base.errors import LabError, Unavailable
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
from core.jobs.measure import Answers, explain, measure

OBEYS = 2.0  # seconds within which a child must react to a stop; then it is killed
MEMORY_SCORE = 800

KILLED = (
    "The system ended this measurement, most likely because the machine ran out of memory. Halve "
    "the batch size, use fewer rows or a narrower network."
)
BROKE = (
    "The process of this measurement crashed ({0}). The server log may have details. Start the "
    "measurement again."
)
HUNG = (
    "This measurement gave no sign of life for {0:.0f} s and was ended. Start the measurement "
    "again."
)
STOPPED = "The measurement was stopped."


class TaskProcess:
    """The parent's end. The process starts with the first request, and again after it has ended.
    One thread calls `ask`; any may call `close`.
    """

    def __init__(self, home: Path):
        self.home = home
        self.child: Child | None = None

    def ask(self, kind: str, text: str, run: str, is_over: Callable[[], bool]) -> Answers:
        """Yield the answers of one task of core/jobs/measure.py.

        Closing the iterator stops the task; so does `is_over()`, which is asked between two
        answers too. LabError where the task, or its process, fails.
        """
        if is_over():
            return
        if not (self.child and self.child.is_alive):
            self.close()
            self.child = Child("core.jobs.task_process", str(self.home))
        child = self.child
        child.send(to_json_text({"kind": kind, "text": text, "run": run}))
        try:
            while answer := self._receive(child, is_over):
                if "problem" in answer:
                    raise LabError(answer["problem"], code=answer["code"])
                yield answer["share"], answer["found"]
                child.send(GO)
        except GeneratorExit:
            child.send(STOP)
            with contextlib.suppress(LabError):
                self._receive(child, lambda: True)
            raise

    def close(self) -> None:
        """End the process; the next request starts another one."""
        if self.child:
            self.child.close()
        self.child = None

    def _receive(self, child: Child, is_over: Callable[[], bool]) -> dict[str, Any]:
        """Return the next answer; empty at the end of the task."""
        watchdog, asked = Watchdog(child, settings().silent), None
        while True:
            try:
                line = child.receive(LOOK)
                if line is not None:
                    return from_json_text(line)
            except (EOFError, ValueError):  # it has ended, perhaps in the middle of a line
                cause = exit_cause(child.process.wait())
                self.close()
                message = KILLED if cause == OUT_OF_MEMORY else BROKE.format(cause)
                raise Unavailable(message, code="task_crashed") from None
            asked = asked or (time.monotonic() if is_over() else None)
            if asked and time.monotonic() - asked > OBEYS:
                self.close()
                raise Unavailable(STOPPED, code="task_stopped")
            if watchdog.is_expired():
                self.close()
                raise Unavailable(HUNG.format(watchdog.limit), code="task_hung")


# --- the child's end


def main(home: str) -> None:
    """Answer the requests on standard input until it ends."""
    pipe = claim_output()
    words: queue.SimpleQueue[str] = queue.SimpleQueue()
    follow_parent(words.put, lambda: os._exit(0), MEMORY_SCORE)  # nobody waits for an answer
    from core.base import device

    def answer(**what: Any) -> None:
        if not send_to_parent(pipe, to_json_text(what)):
            os._exit(1)

    device.prepare()
    while True:
        question = from_json_text(words.get())
        try:
            for share, found in measure(Path(home), **question):
                answer(share=share, found=found)
                if words.get() == STOP:
                    break
            answer()
        except Exception as error:
            message, code = explain(error)
            answer(problem=message, code=code)


if __name__ == "__main__":
    main(*sys.argv[1:])
