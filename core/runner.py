"""Jobs in the background: who waits for which device, the threads that see to them, and what a
person may say to one.

A job is a run or a study (core/jobs/kinds.py). It is trained in a thread here, or in a process of
its own (`LAB_WORKER=process`, core/jobs/worker.py); its folder looks the same. Only strings come in
and go out, for pages outlive a reload of the code and objects do not. `by` says who asks, an owner
as core/jobs/access.py names one; where it is left out, that is asked.
"""

import contextlib
import logging
import threading
import time
from dataclasses import dataclass, field

from core import device
from core.errors import BadInput, LabError, NotAllowed, NotFound, Unavailable
from core.events import Ended, to_json
from core.jobs import access, kinds, worker
from core.jobs.control import GO, LEAVE, PAUSE, PROCEED, STEP, STOP, Control
from core.jobs.queue import Ledger, Turn, order
from core.jobs.trainer import RESUMABLE, lacks, status
from core.store import Store

log = logging.getLogger("descent_lab")


@dataclass
class Job:
    """A run or a study in line or at work, and what has been said to it."""

    turn: Turn
    kind: str
    device: str
    control: Control = field(default_factory=Control)
    at_work: bool = False
    reading: float = 0.0  # of the ledger when it began
    began: float = 0.0  # seconds, monotonic
    expects: tuple[int, float | None] | None = None  # steps, and seconds from start to end

    @property
    def id(self) -> str:
        return self.turn.job


class Runner:
    """One job at a time on each device; the others wait, in an order that is fair between people.
    Methods take and give ids.
    """

    def __init__(self, store: Store, in_process: bool | None = None):
        self.store = store
        self.in_process = worker.wanted() if in_process is None else in_process
        self._jobs: list[Job] = []  # in the order in which they came
        self._ledgers: dict[str, Ledger] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._count = 0
        self._changed = threading.Condition()
        self._closing = False

    # --- into the queue

    def submit(self, experiment: str, by: str | None = None) -> str:
        """Checks the experiment (JSON text), makes a run and queues it. BadInput when it cannot be
        built.
        """
        from core.encoding import decode, encode
        from core.experiment import Experiment

        checked, by = decode(Experiment, experiment), access.acting(by)
        run = self.store.create(encode(checked))
        access.own(self.store, run, by)
        self._enqueue(kinds.RUN, run, by, checked.device)
        return run

    def submit_study(self, study: str, by: str | None = None) -> str:
        """Checks the study (JSON text), makes its folder and queues it."""
        from core.encoding import decode, encode
        from core.study import Study

        checked, store, by = decode(Study, study), self.store_of(kinds.STUDY), access.acting(by)
        made = store.create(encode(checked))
        access.own(store, made, by)
        self._enqueue(kinds.STUDY, made, by, "cpu")
        return made

    def resume(self, run: str, by: str | None = None) -> None:
        """Queues a run that was interrupted, stopped, failed or never begun. BadInput for any
        other, and where its data is not here.
        """
        from core.encoding import decode
        from core.experiment import Experiment

        self._check_resumable(kinds.RUN, run, by)
        if missing := lacks(self.store, run):
            raise BadInput(missing)
        experiment = decode(Experiment, self.store.experiment(run))
        self._enqueue(kinds.RUN, run, access.owner(self.store, run), experiment.device)

    def resume_study(self, study: str, by: str | None = None) -> None:
        """Queues a study that was interrupted, stopped, failed or never begun."""
        self._check_resumable(kinds.STUDY, study, by)
        self._enqueue(kinds.STUDY, study, access.owner(self.store_of(kinds.STUDY), study), "cpu")

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
        with self._changed:
            found = self._job(job)
            if found is None:
                return
            store = self.store_of(found.kind)
            access.require(store, job, by)
            if not found.at_work:
                self._leave(found)
                message = "Taken out of the queue before it began."
                store.append(job, to_json(Ended("stopped", message, 0, 0)))
                return
        found.control.tell(STOP)

    def delete(self, run: str, by: str | None = None) -> None:
        """Removes a run. BadInput while it is queued or trained."""
        access.require(self.store, run, by)
        if self._job(run):
            raise BadInput(f"Run {run} is at work or waits for it: stop it before you delete it.")
        self.store.delete(run)

    def restore(self, run: str, by: str | None = None) -> None:
        """Takes a deleted run out of the trash."""
        access.require(self.store.trash, run, by)
        self.store.restore(run)

    # --- how things stand

    def status(self, run: str) -> str:
        """queued, running, paused, stopping, or what the folder says (`status`)."""
        return self._status(kinds.RUN, run)

    def study_status(self, study: str) -> str:
        """The same of a study."""
        return self._status(kinds.STUDY, study)

    def live(self, kind: str = kinds.RUN) -> list[str]:
        """The runs (or studies) at work first, then those that wait, as their turns will come."""
        return [job.id for job in self._line() if job.kind == kind]

    def line(self) -> list[tuple[str, str]]:
        """(kind, id) of every job, in the same order."""
        return [(job.kind, job.id) for job in self._line()]

    def wait(self, job: str) -> tuple[int, float | None]:
        """How many jobs come before this one on its device, and the seconds until it begins; None
        where one of them is of unknown length, or paused. (0, 0.0) for one that does not wait.
        """
        with self._changed:
            found = self._job(job)
            if found is None or found.at_work:
                return 0, 0.0
            here = [each for each in self._jobs if each.device == found.device]
        expected = {each.id: self._seconds(each) for each in here}  # reads files: not in the lock
        with self._changed:
            if found.at_work or self._job(job) is not found:  # its turn or its end came meanwhile
                return 0, 0.0
            here = [each for each in self._jobs if each.device == found.device]
            places = self._places(here, expected)
        before = [each for each, _ in places].index(job) + sum(each.at_work for each in here)
        return before, dict(places)[job]

    def barred(self, job: str, by: str | None = None) -> str:
        """Why `by` may not act on this run or study, in one sentence; empty where they may."""
        for kind in kinds.KINDS:
            store = self.store_of(kind)
            with contextlib.suppress(NotFound):
                try:
                    access.require(store, job, by)
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
        with self._changed:
            self._closing = True
            at_work = [job for job in self._jobs if job.at_work]
            self._changed.notify_all()
        for job in at_work:
            job.control.tell(LEAVE)
        end = time.monotonic() + seconds
        for thread in self._threads.values():
            thread.join(max(0.0, end - time.monotonic()))

    # --- within

    def _job(self, job: str) -> Job | None:
        return next((each for each in list(self._jobs) if each.id == job), None)

    def _tell(self, job: str, what: str, by: str | None) -> None:
        if found := self._job(job):
            access.require(self.store_of(found.kind), job, by)
            found.control.tell(what)

    def _status(self, kind: str, job: str) -> str:
        found = self._job(job)
        if found is None:
            return status(self.store_of(kind), job)
        if not found.at_work:
            return "queued"
        said = found.control
        return "stopping" if said.word != GO else "paused" if said.paused else "running"

    def _check_resumable(self, kind: str, job: str, by: str | None) -> None:
        state = self._status(kind, job)
        access.require(self.store_of(kind), job, by)
        if state not in RESUMABLE:
            raise BadInput(
                f"{kind.capitalize()} {job} is {state}: only one that was interrupted, stopped, "
                "failed or never begun can be resumed."
            )

    def _line(self) -> list[Job]:
        with self._changed:
            now = [job for job in self._jobs if job.at_work]
            if len(self._jobs) == len(now):
                return now
            known = {job.id: job.expects[1] if job.expects else None for job in self._jobs}
            lanes = [[job for job in self._jobs if job.device == lane] for lane in self._ledgers]
            places = [place for here in lanes for place in self._places(here, known)]
            by_id = {job.id: job for job in self._jobs}
            return now + [by_id[job] for job, _ in places]

    def _places(
        self, here: list[Job], expected: dict[str, float | None]
    ) -> list[tuple[str, float | None]]:
        if not here:
            return []
        waiting = [job.turn for job in here if not job.at_work]
        at_work = [(job.turn, job.reading) for job in here if job.at_work]
        return order(self._ledgers[here[0].device], waiting, at_work, expected)

    def _seconds(self, job: Job) -> float | None:
        """Seconds that the job still needs, by its own pace or by that of a run of its kind."""
        if job.kind != kinds.RUN or job.control.paused:
            return None
        if job.expects is None:
            job.expects = expects(self.store, job.id)
        steps, seconds = job.expects
        if not job.at_work:
            return seconds
        with contextlib.suppress(LabError, OSError):
            last = self.store.last(job.id) or {}
            done, took = last.get("step", 0), last.get("seconds", 0.0)
            if done and took and last.get("event") == "Step":
                return took / done * max(0, steps - done)
        return None if seconds is None else max(0.0, seconds - (time.monotonic() - job.began))

    def _enqueue(self, kind: str, job: str, owner: str, wanted: str) -> None:
        try:
            lane = device.resolve(wanted)
        except Unavailable:  # the job itself will say so
            lane = "cpu"
        with self._changed:
            if self._closing:
                raise BadInput("The lab is shutting down: start it again, then resume the run.")
            if self._job(job):
                raise BadInput(f"{kind.capitalize()} {job} is in the queue already.")
            ledger = self._ledgers.setdefault(lane, Ledger())
            self._count += 1
            self._jobs.append(Job(Turn(job, owner, ledger.now, self._count), kind, lane))
            if lane not in self._threads:
                self._threads[lane] = threading.Thread(
                    target=self._work, args=(lane,), name=f"trainer {lane}", daemon=True
                )
                self._threads[lane].start()
            self._changed.notify_all()

    def _leave(self, job: Job) -> None:
        self._jobs.remove(job)
        if not any(each.device == job.device for each in self._jobs):
            self._ledgers[job.device].rest()

    def _next(self, lane: str) -> Job | None:
        """The job whose turn it is, marked as at work; None when the lab closes."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closing or any(job.device == lane for job in self._jobs)
            )
            if self._closing:
                return None
            waiting, ledger = [job for job in self._jobs if job.device == lane], self._ledgers[lane]
            turn = ledger.choose([job.turn for job in waiting])
            job = next(each for each in waiting if each.turn == turn)
            job.reading, job.began, job.at_work = ledger.began(turn), time.monotonic(), True
            return job

    def _work(self, lane: str) -> None:
        while job := self._next(lane):
            try:
                if self.in_process:
                    worker.execute(job.kind, self.store.home, job.id, job.control)
                else:
                    kinds.execute(job.kind, self.store.home, job.id, job.control.attend)
            except LabError as error:  # another process holds it
                log.warning("%s", error)
            except Exception:  # the thread must live: others wait for it
                log.exception("%s %s could not be begun", job.kind, job.id)
            finally:
                with self._changed:
                    seconds = time.monotonic() - job.began
                    self._ledgers[lane].ended(job.turn.owner, job.reading, seconds)
                    self._leave(job)


def expects(store: Store, run: str) -> tuple[int, float | None]:
    """The run's steps, and its seconds as far as a run of the same kind tells."""
    from core.draft.estimate import estimate
    from core.draft.plan import plan
    from core.encoding import decode
    from core.experiment import Experiment

    with contextlib.suppress(NotFound, BadInput):
        experiment = decode(Experiment, store.experiment(run))
        steps = plan(experiment, store.home).steps
        known = estimate(store, experiment, steps)
        return steps, known.seconds if known else None
    return 0, None


_current: Runner | None = None
_making = threading.Lock()


def current(store: Store | None = None) -> Runner:
    """The process's one runner, made on first use."""
    global _current
    with _making:
        if _current is None or _current._closing:
            _current = Runner(store or Store())
        return _current
