"""One device: the job at work on it, those that wait for it, and the thread that does one after
another. Knows no kind of job, no folder and no page.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.access import ownership
from core.base.control import GO, Control
from core.jobs.queue import FairQueue

PATIENCE = 300.0  # seconds that a paused job may keep other people waiting


@dataclass
class Job:
    """A run or a study in line or at work, and what has been said to it."""

    id: str
    kind: str
    owner: str
    came: float  # seconds on the lane's clock, as all times here
    control: Control = field(default_factory=Control)
    at_work: bool = False
    began: float = 0.0
    size: int = -1  # bytes of its log when its turn came
    said: float = 0.0  # when it was last paused, or stepped
    aside: bool = False  # it was paused for too long, and gives its place away
    expects: tuple[int, float | None] | None = None  # steps, and seconds from start to end


class Lane:
    """One job at a time; the others wait, in an order that is fair between people. `do(job)` does
    one, and returns when it is over. The lanes of a lab share one lock: `changed` is held by
    whoever calls a method here, but for `work`.
    """

    def __init__(
        self,
        device: str,
        changed: threading.Condition,
        do: Callable[[Job], None],
        clock: Callable[[], float] = time.monotonic,
    ):
        self.device, self.changed, self.do, self.clock = device, changed, do, clock
        self.jobs: list[Job] = []  # in the order in which they came
        self.line = FairQueue()
        self.closing = False
        self.thread = threading.Thread(target=self.work, name=f"lane {device}", daemon=True)

    @property
    def at_work(self) -> Job | None:
        """The job that has the device now."""
        return next((job for job in self.jobs if job.at_work), None)

    def add(self, kind: str, job: str, owner: str) -> None:
        """A job stands in line from now on."""
        self.line.add(job, owner)
        self.jobs.append(Job(job, kind, owner, self.clock()))
        self.changed.notify_all()

    def leave(self, job: Job) -> None:
        """One that waited is no longer here."""
        self.jobs.remove(job)
        self.line.leave(job.id)

    def places(self, expected: Mapping[str, float | None]) -> list[tuple[Job, float | None]]:
        """The waiting jobs as their turns will come, each with the seconds until then, as far as
        the `expected` seconds of each tell.
        """
        by_id = {job.id: job for job in self.jobs}
        return [(by_id[job], seconds) for job, seconds in self.line.order(expected)]

    def patience(self) -> float | None:
        """Seconds until the job at work, which is paused, gives its place to somebody else who
        waits; None while none needs it. Who takes single steps is not idle; a teacher's job, and
        the lab's own, stays.
        """
        job = self.at_work
        if not job or not job.control.paused or job.control.word != GO:
            return None
        others = [each.came for each in self.jobs if each.owner != job.owner]
        if job.owner in (ownership.LAB, ownership.TEACHER) or not others:
            return None
        return max(0.0, PATIENCE - (self.clock() - max(job.said, job.began, min(others))))

    # --- one after another

    def take(self) -> Job | None:
        """The job whose turn it is, marked as at work; None when there is none."""
        if not self.jobs:
            return None
        first = self.line.first()
        self.line.take(first)
        job = next(each for each in self.jobs if each.id == first)
        job.began, job.at_work = self.clock(), True
        return job

    def over(self, job: Job) -> None:
        """The job at work has had its turn."""
        self.jobs.remove(job)
        self.line.over(self.clock() - job.began)

    def work(self) -> None:
        """Does one job after another until the lab closes."""
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.closing or self.jobs)
                if self.closing:
                    return
                job = self.take()
            try:
                self.do(job)
            finally:
                with self.changed:
                    self.over(job)
