"""One device: the job at work on it, the jobs that wait for it, and the thread that computes them
one after another. It has no notion of a kind of job, a folder or a page.
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
    """A run or a study in the queue or at work, and the words it was given."""

    id: str
    kind: str
    owner: str
    arrived: float  # seconds on the lane's clock, as all times here
    control: Control = field(default_factory=Control)
    at_work: bool = False
    started: float = 0.0
    size: int = -1  # bytes of its log when its turn came
    last_word: float = 0.0  # when it was last paused or stepped
    preempted: bool = False  # it was paused for too long and frees its device
    expects: tuple[int, float | None] | None = None  # steps, and seconds from start to end


class Lane:
    """One job at a time; the others wait, in an order that is fair between people. `do(job)`
    computes one and returns when it is over. The lanes of a lab share one lock: callers hold
    `changed` for every method but `work`.
    """

    def __init__(
        self,
        device: str,
        changed: threading.Condition,
        do: Callable[[Job], None],
        clock: Callable[[], float] = time.monotonic,
    ):
        self.device, self.changed, self.do, self.clock = device, changed, do, clock
        self.jobs: list[Job] = []  # in order of arrival
        self.line = FairQueue()
        self.closing = False
        self.thread = threading.Thread(target=self.work, name=f"lane {device}", daemon=True)

    @property
    def at_work(self) -> Job | None:
        """The job that uses the device now."""
        return next((job for job in self.jobs if job.at_work), None)

    def add(self, kind: str, job: str, owner: str) -> None:
        """Put a job into the queue."""
        self.line.add(job, owner)
        self.jobs.append(Job(job, kind, owner, self.clock()))
        self.changed.notify_all()

    def leave(self, job: Job) -> None:
        """Take a waiting job out of the queue."""
        self.jobs.remove(job)
        self.line.leave(job.id)

    def places(self, expected: Mapping[str, float | None]) -> list[tuple[Job, float | None]]:
        """The waiting jobs in the order of their turns, each with the seconds until it starts;
        `expected` has the seconds that each job takes.
        """
        by_id = {job.id: job for job in self.jobs}
        return [(by_id[job], seconds) for job, seconds in self.line.order(expected)]

    def patience(self) -> float | None:
        """Seconds until the job at work, which is paused, frees its device for another person;
        None while nobody needs it. Single steps count as activity. A teacher's job and the lab's
        own are never preempted.
        """
        job = self.at_work
        if not job or not job.control.paused or job.control.word != GO:
            return None
        others = [each.arrived for each in self.jobs if each.owner != job.owner]
        if job.owner in (ownership.LAB, ownership.TEACHER) or not others:
            return None
        return max(0.0, PATIENCE - (self.clock() - max(job.last_word, job.started, min(others))))

    # --- one after another

    def take(self) -> Job | None:
        """Mark the job whose turn it is as at work, and return it; None when there is none."""
        if not self.jobs:
            return None
        first = self.line.first()
        self.line.take(first)
        job = next(each for each in self.jobs if each.id == first)
        job.started, job.at_work = self.clock(), True
        return job

    def over(self, job: Job) -> None:
        """Remove the job at work, whose turn is over."""
        self.jobs.remove(job)
        self.line.over(self.clock() - job.started)

    def work(self) -> None:
        """Compute one job after another until the lab closes."""
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
