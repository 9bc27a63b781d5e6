"""Jobs in the background: who waits for which device, and what a person may say to one.

A job is a run or a study (core/jobs/kinds.py). Each device has its own line (core/jobs/lane.py), in
whose thread a job is done, or in a process of its own (`LAB_WORKER=process`, core/jobs/worker.py);
its folder looks the same. Only strings come in and go out, for pages outlive a reload of the code
and objects do not. `by` says who asks, an owner as core/access/ownership.py names one; where it
is left out, that is asked.

Where runs belong to people (class and lab mode), a run that is paused does not keep others waiting
for ever: five minutes after the last word to it, or after the first of them came, it is saved and
*set aside*. It can be resumed, and then stands in line again.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from core.access import ownership
from core.base.control import GO, PAUSE, PROCEED, STEP, STOP, STOP_BY_TEACHER
from core.base.errors import BadInput, LabError, NotAllowed, NotFound
from core.base.events import Ended, to_json
from core.jobs import kinds, worker
from core.jobs.lane import Job
from core.jobs.lanes import Lanes
from core.jobs.trainer import lacks
from core.runs.state import RunState, stored_state
from core.runs.store import Store

log = logging.getLogger("descent_lab")


class Runner:
    """One job at a time on each device; the others wait, in an order that is fair between people.
    Methods take and give ids.
    """

    def __init__(
        self,
        store: Store,
        in_process: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.store, self.clock = store, clock
        self.in_process = worker.wanted() if in_process is None else in_process
        self._lanes = Lanes(self._do, clock)

    # --- into the queue

    def submit(self, experiment: str, by: str | None = None) -> str:
        """Checks the experiment (JSON text), makes a run and queues it. BadInput when it cannot be
        built.
        """
        return self._submit(kinds.RUN, experiment, by)

    def submit_study(self, study: str, by: str | None = None) -> str:
        """Checks the study (JSON text), makes its folder and queues it."""
        return self._submit(kinds.STUDY, study, by)

    def resume(self, run: str, by: str | None = None) -> None:
        """Queues a run that was interrupted, stopped, set aside, failed or never begun. BadInput
        for any other, and where its data is not here.
        """
        self._check_resumable(kinds.RUN, run, by)
        if missing := lacks(self.store, run):
            raise BadInput(missing)
        self._resume(kinds.RUN, run)

    def resume_study(self, study: str, by: str | None = None) -> None:
        """Queues a study that was interrupted, stopped, set aside, failed or never begun."""
        self._check_resumable(kinds.STUDY, study, by)
        self._resume(kinds.STUDY, study)

    # --- what is said to a job

    def pause(self, job: str, by: str | None = None) -> None:
        """Holds the job before its next step."""
        self._tell(job, PAUSE, by)

    def proceed(self, job: str, by: str | None = None) -> None:
        """Lets a paused job go on."""
        self._tell(job, PROCEED, by)

    def step(self, job: str, by: str | None = None) -> None:
        """Lets a paused job take one step."""
        self._tell(job, STEP, by)

    def stop(self, job: str, by: str | None = None) -> None:
        """Ends the job at its next step; one that waits leaves the queue. It can be resumed."""
        with self._lanes.changed:
            lane, found = self._lanes.find(job)
            if found is None:
                return
            store, by = self.store_of(found.kind), ownership.acting(by)
            ownership.require(store, job, by)
            word = STOP_BY_TEACHER if by == ownership.TEACHER != found.owner else STOP
            if not found.at_work:
                lane.leave(found)
                who = "The teacher took it" if word == STOP_BY_TEACHER else "Taken"
                message = f"{who} out of the queue before it began."
                store.append(job, to_json(Ended("stopped", message, 0, 0)))
                return
        found.control.tell(word)

    def delete(self, run: str, by: str | None = None) -> None:
        """Removes a run. BadInput while it is queued or trained."""
        ownership.require(self.store, run, by)
        if self._job(run):
            raise BadInput(f"Run {run} is at work or waits for it: stop it before you delete it.")
        self.store.delete(run)

    def restore(self, run: str, by: str | None = None) -> None:
        """Takes a deleted run out of the trash."""
        ownership.require(self.store.trash, run, by)
        self.store.restore(run)

    # --- how things stand

    def status(self, run: str) -> RunState:
        """queued, running, paused, stopping, or what the folder says (`status`)."""
        return self._status(kinds.RUN, run)

    def study_status(self, study: str) -> RunState:
        """The same of a study."""
        return self._status(kinds.STUDY, study)

    def prepares(self, run: str) -> bool:
        """Whether it is at work and has written nothing yet since its turn came."""
        found = self._job(run)
        return bool(found and found.at_work and found.size == self.store.size(run))

    def live(self, kind: str = kinds.RUN) -> list[str]:
        """The runs (or studies) at work first, then those that wait, as their turns will come."""
        return [job for each, job, _ in self.line() if each == kind]

    def line(self) -> list[tuple[str, str, str]]:
        """(kind, id, device) of every job, in the same order: of those with one device the first
        is at work.
        """
        return self._lanes.line()

    def before(self, wanted: str) -> int:
        """How many jobs a new one would wait for on the device that it wants."""
        return self._lanes.before(wanted)

    def wait(self, job: str) -> tuple[list[tuple[str, str]], float | None]:
        """(kind, id) of the jobs that come before this one on its device, and the seconds until it
        begins; None where one of them is of unknown length, or paused. Nothing and 0.0 for one that
        does not wait.
        """
        before, seconds = self._lanes.wait(job, self._seconds)
        return [(each.kind, each.id) for each in before], seconds

    def patience(self, job: str) -> float | None:
        """Seconds until this job, paused while others wait for its device, is set aside; None
        where that is not so.
        """
        return self._lanes.patience(job)

    def barred(self, job: str, by: str | None = None) -> str:
        """Why `by` may not act on this run or study, in one sentence; empty where they may."""
        for kind in kinds.KINDS:
            store = self.store_of(kind)
            with contextlib.suppress(NotFound):
                try:
                    ownership.require(store, job, by)
                except NotAllowed as error:
                    return str(error)
                return ""
        return ""

    def store_of(self, kind: str) -> Store:
        """Where runs or studies lie."""
        return self.store if kind == kinds.RUN else kinds.store_of(kind, self.store.home)

    def close(self, seconds: float = 6.0) -> None:
        """Saves the jobs at work, leaves them interrupted and all that wait unbegun, and joins the
        threads.
        """
        self._lanes.close(seconds)

    @property
    def closing(self) -> bool:
        """Whether it takes no more jobs."""
        return self._lanes.closing

    # --- within

    def _job(self, job: str) -> Job | None:
        return self._lanes.find(job)[1]

    def _tell(self, job: str, what: str, by: str | None) -> None:
        if found := self._job(job):
            ownership.require(self.store_of(found.kind), job, by)
            found.said = self.clock()
            found.control.tell(what)
            if what == PAUSE and found.owner not in (ownership.LAB, ownership.TEACHER):
                self._lanes.look_later()

    def _status(self, kind: str, job: str) -> RunState:
        found = self._job(job)
        if found is None:
            return stored_state(self.store_of(kind), job)
        if not found.at_work:
            return RunState.QUEUED
        said = found.control
        if said.word != GO:
            return RunState.STOPPING
        return RunState.PAUSED if said.paused else RunState.RUNNING

    def _check_resumable(self, kind: str, job: str, by: str | None) -> None:
        state = self._status(kind, job)
        ownership.require(self.store_of(kind), job, by)
        if not state.is_resumable:
            raise BadInput(
                f"{kind.capitalize()} {job} is {state.label.lower()}. Only one that was "
                "interrupted, stopped or preempted, that failed or never started can be resumed.",
                code="not_resumable",
            )

    def _seconds(self, job: Job) -> float | None:
        """Seconds that the job still needs, by its own pace or by that of a run of its kind."""
        if job.control.paused:
            return None
        if job.expects is None:
            job.expects = kinds.expects(self.store_of(job.kind), job.kind, job.id)
        if not job.at_work:
            return job.expects[1]
        worked = self.clock() - job.began
        return kinds.left(self.store_of(job.kind), job.id, job.expects, worked)

    def _submit(self, kind: str, text: str, by: str | None) -> str:
        from core.base.encoding import encode

        value, store, by = kinds.checked(kind, text), self.store_of(kind), ownership.acting(by)
        job = store.create(encode(value))
        ownership.own(store, job, by)
        self._lanes.add(kind, job, by, kinds.device_of(kind, value))
        return job

    def _resume(self, kind: str, job: str) -> None:
        store = self.store_of(kind)
        value = kinds.checked(kind, store.experiment(job))
        self._lanes.add(kind, job, ownership.owner(store, job), kinds.device_of(kind, value))

    def _do(self, job: Job) -> None:
        try:
            job.size = self.store_of(job.kind).size(job.id)
            if self.in_process:
                worker.execute(job.kind, self.store.home, job.id, job.control)
            else:
                kinds.execute(job.kind, self.store.home, job.id, job.control.poll_control)
            if job.aside:
                kinds.set_aside(self.store_of(job.kind), job.id)
        except LabError as error:  # another process holds it
            log.warning("%s", error)
        except Exception:  # the thread must live: others wait for it
            log.exception("%s %s could not be begun", job.kind, job.id)


_current: Runner | None = None
_making = threading.Lock()


def current(store: Store | None = None) -> Runner:
    """The process's one runner, made on first use."""
    global _current
    with _making:
        if _current is None or _current.closing:
            _current = Runner(store or Store())
        return _current
