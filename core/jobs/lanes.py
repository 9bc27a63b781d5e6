"""The queues of all devices under one lock: which job is where, the order and time of the turns,
and what was paused for too long. The runner checks permissions and writes folders.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from core.base import device
from core.base.control import LEAVE
from core.base.errors import BadInput, Unavailable
from core.base.text import counted
from core.jobs.lane import Job, Lane

LOOK = 5.0  # seconds between two checks of what is paused
Seconds = Callable[[Job], float | None]  # that a job still needs; None where that is not known


class Lanes:
    """One job at a time on each device; the others wait. `do(job)` computes one, in the thread of
    its device.
    """

    def __init__(self, do: Callable[[Job], None], clock: Callable[[], float] = time.monotonic):
        self.do, self.clock = do, clock
        self.changed = threading.Condition(threading.RLock())
        self.closing = False
        self._lanes: dict[str, Lane] = {}
        self._timer: threading.Timer | None = None  # until the next look at what is paused

    def __iter__(self) -> Iterator[Lane]:
        with self.changed:
            return iter(list(self._lanes.values()))

    def find(self, job: str) -> tuple[Lane, Job] | tuple[None, None]:
        """Return the job with its lane; (None, None) where it is in none."""
        with self.changed:
            found = ((lane, each) for lane in self for each in lane.jobs if each.id == job)
            return next(found, (None, None))

    def add(self, kind: str, job: str, owner: str, wanted: str) -> None:
        """Queue it for the wanted device (auto, cpu, cuda:1). BadInput where it is queued already,
        or the lab is closing.
        """
        here = resolved(wanted)
        with self.changed:
            if self.closing:
                raise BadInput(
                    "The app is shutting down. Start it again, then resume the run.",
                    code="shutting_down",
                )
            if self.find(job)[1]:
                raise BadInput(
                    f"{kind.capitalize()} {job} is already in the queue.", code="already_queued"
                )
            if here not in self._lanes:
                self._lanes[here] = Lane(here, self.changed, self.do, self.clock)
                self._lanes[here].thread.start()
            self._lanes[here].add(kind, job, owner)

    def arrange(self, jobs: Sequence[str]) -> None:
        """Let the waiting jobs of one owner start in this order, on each device."""
        with self.changed:
            for lane in self:
                lane.line.arrange(jobs)

    def same_owner(self, job: str) -> list[Job]:
        """Return the waiting jobs of the owner of this one on its device, in the order of their
        turns; none where it does not wait.
        """
        with self.changed:
            lane, _ = self.find(job)
            by_id = {each.id: each for each in lane.jobs} if lane else {}
            return [by_id[each] for each in lane.line.same_owner(job)] if lane else []

    def check_room(self, owner: str, most: int) -> None:
        """Raise BadInput where this person has `most` jobs in the queues of all devices."""
        count = sum(job.owner == owner for lane in self for job in lane.jobs)
        if count >= most:
            raise BadInput(
                f"You have {counted(count, 'job')} in the queue, and this lab allows {most} "
                "(LAB_QUEUE). Wait until one has ended, or stop one.",
                code="queue_full",
            )

    def line(self) -> list[tuple[str, str, str]]:
        """(kind, id, device) of every job: those at work, then those that wait, in the order of
        their turns.
        """
        with self.changed:
            now = [(lane, lane.at_work) for lane in self if lane.at_work]
            known = {job.id: (job.expects or (0, None))[1] for lane in self for job in lane.jobs}
            waiting = [(lane, job) for lane in self for job, _ in lane.places(known)]
            return [(job.kind, job.id, lane.device) for lane, job in [*now, *waiting]]

    def before(self, wanted: str) -> int:
        """How many jobs a new one on this device would wait for."""
        here = resolved(wanted)
        return sum(len(lane.jobs) for lane in self if lane.device == here)

    def wait(self, job: str, seconds: Seconds) -> tuple[list[Job], float | None]:
        """The jobs that come before this one on its device, and the seconds until it starts; None
        where one of them is of unknown length. Nothing and 0.0 for a job that does not wait.
        """
        with self.changed:
            lane, found = self.find(job)
            if found is None or found.at_work:
                return [], 0.0
            here = list(lane.jobs)
        expected = {each.id: seconds(each) for each in here}  # reads files: not in the lock
        with self.changed:
            if found.at_work or found not in lane.jobs:  # its turn or its end came meanwhile
                return [], 0.0
            places, now = lane.places(expected), lane.at_work
        at = next(k for k, (each, _) in enumerate(places) if each is found)
        return [*([now] if now else []), *(each for each, _ in places[:at])], places[at][1]

    def patience(self, job: str) -> float | None:
        """Seconds until this job, paused while others wait for its device, is preempted; None
        where that is not so.
        """
        with self.changed:
            lane, found = self.find(job)
            return lane.patience() if found and found.at_work else None

    def preempt(self) -> None:
        """Tell each job that was paused too long while others waited to save itself and leave."""
        with self.changed:
            late = [lane.at_work for lane in self if lane.patience() == 0.0]
            for job in late:
                job.preempted = True
        for job in late:
            job.control.tell(LEAVE)

    def preempt_later(self) -> None:
        """Call `preempt` every few seconds as long as a job is paused."""
        with self.changed:
            if self.closing or (self._timer and self._timer.is_alive()):
                return
            self._timer = threading.Timer(LOOK, self._look)
            self._timer.daemon = True
            self._timer.start()

    def _look(self) -> None:
        self.preempt()
        with self.changed:
            self._timer = None
            if any(job.control.paused for lane in self for job in lane.jobs):
                self.preempt_later()

    def close(self, seconds: float) -> None:
        """Tell the jobs at work to save themselves and leave, and join the threads."""
        with self.changed:
            self.closing = True
            at_work = [lane.at_work for lane in self if lane.at_work]
            for lane in self:
                lane.closing = True
            self.changed.notify_all()
            if self._timer:
                self._timer.cancel()
        for job in at_work:
            job.control.tell(LEAVE)
        end = time.monotonic() + seconds
        for lane in self:
            lane.thread.join(max(0.0, end - time.monotonic()))


def resolved(wanted: str) -> str:
    """The device's name in torch; the processor where it does not exist: the job itself then fails
    with the reason.
    """
    try:
        return device.resolve(wanted)
    except Unavailable:
        return "cpu"
