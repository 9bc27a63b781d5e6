"""Jobs in the background: who waits for which device, and pause, stop and resume.

A job is a run or a study (core/jobs/kinds.py). Each device has its own queue (core/jobs/lane.py),
in whose thread its jobs are computed, or in a process of their own (`LAB_WORKER=process`,
core/jobs/worker.py); the job's folder looks the same. Only strings come in and go out, because
pages outlive a reload of the code and objects do not.

`by` is the person who asks, named as in core/access/ownership.py. It is required wherever
something is changed: an unknown person is refused.

Where runs belong to people (class and lab mode), a paused job does not keep others waiting for
ever. Five minutes after it was paused or stepped, or after the first other job arrived, it is
saved and *preempted*: it frees its device, can be resumed, and then joins the queue again.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.access import ownership
from core.base.at_exit import close_at_exit
from core.base.control import CHANGE, GO, PAUSE, PROCEED, PRUNE_TRIAL, STEP, STOP, STOP_BY_TEACHER
from core.base.encoding import encode, to_json_text
from core.base.errors import BadInput, LabError, NotAllowed, NotFound
from core.base.events import Ended, Recomputing, to_json
from core.base.settings import settings
from core.jobs import kinds, worker
from core.jobs.kinds import KINDS, RUN
from core.jobs.lane import Job
from core.jobs.lanes import Lanes
from core.runs import trash
from core.runs.forks import check_change, forkable_epochs
from core.runs.lineage import changed, effective_experiment
from core.runs.state import RunState, stored_state
from core.runs.store import Store

log = logging.getLogger("descent_lab")


class Runner:
    """One job at a time on each device; the others wait, in an order that is fair between people.
    Methods take and return ids.
    """

    def __init__(
        self,
        store: Store,
        in_process: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.store, self.clock = store, clock
        self.in_process = settings().uses_processes if in_process is None else in_process
        self._lanes = Lanes(self._execute, clock)
        close_at_exit(self)

    # --- into the queue

    def submit(self, text: str, *, by: str, kind: str = RUN) -> str:
        """Check the experiment or study (JSON text), create its folder and queue it. Return its
        id. BadExperiment when it cannot be built, NotAllowed for an unknown person.
        """
        ownership.require_known(by)
        self._check_room(by)
        value, store = KINDS[kind].decode(text), self.store_of(kind)
        job = store.create(encode(value))
        ownership.assign(store, job, by)
        self._lanes.add(kind, job, by, KINDS[kind].device(value))
        return job

    def resume(self, job: str, *, by: str) -> None:
        """Queue a job again that was interrupted, stopped or preempted, that failed or never
        started. BadInput for any other, and where its data is not on this machine.
        """
        kind = self._kind(job)
        store, state = self.store_of(kind.name), self.status(job)
        ownership.require(store, job, by)
        self._check_room(ownership.owner(store, job))
        if not state.is_resumable:
            raise BadInput(
                f"{kind.name.capitalize()} {job} is {state.label.lower()}. Only one that was "
                "interrupted, stopped or preempted, that failed or never started can be resumed.",
                code="not_resumable",
            )
        if missing := kind.missing(store, job):
            raise BadInput(missing, code="data_missing")
        value = kind.decode(store.experiment(job))
        self._lanes.add(kind.name, job, ownership.owner(store, job), kind.device(value))

    def arrange(self, jobs: Sequence[str], *, by: str) -> None:
        """Let the waiting jobs of one owner start in this order; those that do not wait any more
        are left out.
        """
        for job in jobs:
            ownership.require(self.store_of(self._kind(job).name), job, by)
        self._lanes.arrange(jobs)

    # --- control of a job at work

    def pause(self, job: str, *, by: str) -> None:
        """Hold the job before its next step."""
        self._tell(job, PAUSE, by)

    def proceed(self, job: str, *, by: str) -> None:
        """Let a paused job continue."""
        self._tell(job, PROCEED, by)

    def step(self, job: str, *, by: str) -> None:
        """Let a paused job take one step."""
        self._tell(job, STEP, by)

    def change(self, run: str, changes: Mapping[str, Any], *, by: str) -> None:
        """Change settings of the run at work, by their paths, before its next step. Raises BadInput
        for a field that cannot change then, BadExperiment for a value that is not allowed, and
        NotFound.
        """
        self.store.path(run)
        ownership.require(self.store, run, by)
        found = self._find(run)
        if found is None or not found.at_work or found.control.word != GO:
            raise BadInput(
                f"Run {run} is not being trained, so its settings cannot change. Fork it, or start "
                "a new run with other settings.",
                code="change_not_at_work",
            )
        if (self.store.last(run) or {}).get("event") == Recomputing.__name__:
            raise BadInput(
                f"Run {run} has not begun: the state of its parent is still computed. Wait for its "
                "first step, or stop it and fork the parent with other settings.",
                code="change_before_first_step",
            )
        experiment = effective_experiment(self.store, run)
        new = changed(experiment, dict(changes))
        check_change(experiment, new, completed=forkable_epochs(self.store, run))
        self._tell(run, CHANGE + to_json_text(dict(changes)), by)

    def prune_trial(self, search: str, number: int, *, by: str) -> None:
        """End one trial of a search at work at its next step; the search goes on."""
        self._tell(search, f"{PRUNE_TRIAL}{number}", by)

    def stop(self, job: str, *, by: str) -> None:
        """End the job at its next step, or take it out of the queue. It can be resumed."""
        with self._lanes.changed:
            lane, found = self._lanes.find(job)
            if found is None:
                return
            store = self.store_of(found.kind)
            ownership.require(store, job, by)
            word = STOP_BY_TEACHER if by == ownership.TEACHER != found.owner else STOP
            if not found.at_work:
                lane.leave(found)
                who = " by the teacher" if word == STOP_BY_TEACHER else ""
                message = f"Removed from the queue{who} before it started."
                store.append(job, to_json(Ended("stopped", message, 0, 0)))
                return
        found.control.tell(word)

    def delete(self, run: str, *, by: str) -> None:
        """Move a run to the trash. BadInput while it is queued or at work."""
        ownership.require(self.store, run, by)
        if self._find(run):
            raise BadInput(
                f"Run {run} is in the queue or running. Stop it before you delete it.",
                code="run_is_live",
            )
        trash.delete(self.store, run)

    def restore(self, run: str, *, by: str) -> None:
        """Take a deleted run out of the trash."""
        ownership.require(self.store.trash, run, by)
        trash.restore(self.store, run)

    # --- what can be asked

    def status(self, job: str) -> RunState:
        """Return the state of a run or a study. NotFound when there is no such job."""
        found = self._find(job)
        if found is None:
            return stored_state(self.store_of(self._kind(job).name), job)
        if not found.at_work:
            return RunState.QUEUED
        if found.control.word != GO:
            return RunState.STOPPING
        return RunState.PAUSED if found.control.paused else RunState.RUNNING

    def prepares(self, job: str) -> bool:
        """Whether it is at work and has written nothing since its turn came."""
        found = self._find(job)
        return bool(found and found.at_work and found.size == self.store.size(job))

    def live(self, kind: str = RUN) -> list[str]:
        """The jobs of this kind at work, then those that wait, in the order of their turns."""
        return [job for each, job, _ in self.line() if each == kind]

    def line(self) -> list[tuple[str, str, str]]:
        """(kind, id, device) of every job in this order; on each device the first is at work."""
        return self._lanes.line()

    def before(self, device: str) -> int:
        """How many jobs a new one on this device would wait for."""
        return self._lanes.before(device)

    def wait(self, job: str) -> tuple[list[tuple[str, str]], float | None]:
        """(kind, id) of the jobs that come before this one on its device, and the seconds until it
        starts. None where one of them is paused or of unknown length; nothing and 0.0 for a job
        that does not wait.
        """
        before, seconds = self._lanes.wait(job, self._seconds)
        return [(each.kind, each.id) for each in before], seconds

    def own_line(self, job: str) -> list[tuple[str, str]]:
        """(kind, id) of the waiting jobs of the owner of this one on its device, in the order in
        which they will start; none where it does not wait.
        """
        return [(each.kind, each.id) for each in self._lanes.same_owner(job)]

    def patience(self, job: str) -> float | None:
        """Seconds until this job, paused while others wait for its device, is preempted; None
        where that is not so.
        """
        return self._lanes.patience(job)

    def barred(self, job: str, *, by: str) -> str:
        """Why `by` may not change this run or study, in one sentence; empty where they may."""
        try:
            ownership.require(self.store_of(self._kind(job).name), job, by)
        except NotAllowed as error:
            return str(error)
        except NotFound:
            pass
        return ""

    def store_of(self, kind: str) -> Store:
        """The folder of all jobs of this kind."""
        return self.store if kind == RUN else KINDS[kind].store(self.store.home)

    def close(self, seconds: float = 6.0) -> None:
        """Save the jobs at work, leave them interrupted and those that wait not started, and join
        the threads.
        """
        self._lanes.close(seconds)

    @property
    def closing(self) -> bool:
        """Whether it takes no more jobs."""
        return self._lanes.closing

    # --- within

    def _check_room(self, owner: str) -> None:
        most = settings().queue
        if most and owner not in (ownership.LAB, ownership.TEACHER):
            self._lanes.check_room(owner, most)

    def _find(self, job: str) -> Job | None:
        return self._lanes.find(job)[1]

    def _kind(self, job: str) -> kinds.JobKind:
        return kinds.kind_of(self.store.home, job)

    def _tell(self, job: str, word: str, by: str) -> None:
        if found := self._find(job):
            ownership.require(self.store_of(found.kind), job, by)
            found.last_word = self.clock()
            found.control.tell(word)
            if word == PAUSE and found.owner not in (ownership.LAB, ownership.TEACHER):
                self._lanes.preempt_later()

    def _seconds(self, job: Job) -> float | None:
        """Seconds that the job still needs, by its own pace or by that of earlier ones."""
        if job.control.paused:
            return None
        store = self.store_of(job.kind)
        if job.expects is None:
            job.expects = KINDS[job.kind].estimate(store, job.id)
        if not job.at_work:
            return job.expects[1]
        return kinds.seconds_left(store, job.id, job.expects, self.clock() - job.started)

    def _execute(self, job: Job) -> None:
        try:
            job.size = self.store_of(job.kind).size(job.id)
            if self.in_process:
                worker.execute(job.kind, self.store.home, job.id, job.control)
            else:
                KINDS[job.kind].execute(self.store.home, job.id, job.control.poll_control)
            if job.preempted:
                kinds.preempt(self.store_of(job.kind), job.id)
        except LabError as error:  # another process holds it
            log.warning("%s", error)
        except Exception:  # the thread must live: others wait for it
            log.exception("%s %s could not be started", job.kind, job.id)


_current: Runner | None = None
_making = threading.Lock()


def current(store: Store | None = None) -> Runner:
    """Return the process's one runner, made on first use."""
    global _current
    with _making:
        if _current is None or _current.closing:
            _current = Runner(store or Store())
        return _current
