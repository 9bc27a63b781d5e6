"""What people say to a job that is at work: pause, proceed, step, stop, leave. Said in one thread,
heard in another one, or handed on to another process.
"""

import threading
from collections.abc import Callable
from typing import Any

PAUSE, PROCEED, STEP = "pause", "proceed", "step"
GO, STOP, LEAVE = "go", "stop", "leave"  # go on; end the job; save it and leave it interrupted
STOP_BY_TEACHER = "stop by teacher"
STOPS = {STOP: "", STOP_BY_TEACHER: "the teacher"}  # and who says so where it is not the owner


class Control:
    """`word` is GO until the job shall end; `steps` single steps may still be taken while it is
    paused.
    """

    def __init__(self) -> None:
        self.paused, self.steps, self.word = False, 0, GO
        self.changed = threading.Condition()
        self._relay: Callable[[str], None] | None = None

    def tell(self, what: str) -> None:
        """One of PAUSE, PROCEED, STEP, STOPS, LEAVE; any other word says nothing."""
        with self.changed:
            if what in (PAUSE, PROCEED):
                self.paused, self.steps = what == PAUSE, 0
            elif what == STEP:
                self.steps += 1
            elif what in (*STOPS, LEAVE):
                self.word = what
            if self._relay:
                self._relay(what)
            self.changed.notify_all()

    def hand_on(self, relay: Callable[[str], None]) -> None:
        """From now on every word also goes there; those that were said before go first."""
        with self.changed:
            self._relay = relay
            before = [PAUSE] * self.paused + [STEP] * self.steps
            for what in [*before, *([self.word] if self.word != GO else [])]:
                relay(what)

    def poll_control(self, training: Any) -> str:
        """Asked by the job between two steps: waits here while it is paused."""
        with self.changed:
            self.changed.wait_for(lambda: self.word != GO or not self.paused or self.steps)
            if self.paused and self.steps:
                self.steps -= 1
            training.single_steps = self.paused
            return self.word
