"""Runs in the background: the queue, its thread, and what a person may say to a run. The only file
with threads.

`execute` trains one run and keeps its folder; the thread here and the command line both call it.
Only strings come in and go out, for pages outlive a reload of the code and objects do not.
"""

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.errors import BadInput, LabError
from core.events import Ended, Event, Saved, to_json
from core.store import Store

log = logging.getLogger("descent_lab")

GO, STOP, LEAVE = "go", "stop", "leave"  # go on; end the run; save it and leave it interrupted
RESUMABLE = {"interrupted", "unbegun", "stopped", "failed"}


def status(store: Store, run: str) -> str:
    """What the folder alone tells: running (somewhere), interrupted, unbegun (it waited until the
    lab ended), done, stopped, diverged or failed.
    """
    last = store.last(run) or {}
    if last.get("event") == "Ended":
        reason = last.get("reason")
        return reason if reason in ("stopped", "diverged", "failed") else "done"
    if store.is_owned(run):
        return "running"
    return "interrupted" if last else "unbegun"


def lacks(store: Store, run: str) -> str:
    """What keeps the run from going on here, in one sentence; empty for nothing."""
    from core.data.load import lacking
    from core.encoding import decode
    from core.experiment import Experiment

    return lacking(decode(Experiment, store.experiment(run)).data, store.home)


def execute(
    store: Store,
    run: str,
    *,
    attend: Callable[[Any], str] = lambda training: GO,
    watch: Callable[[Event], None] = lambda event: None,
    progress: Callable[[float, str], None] | None = None,
) -> Ended | None:
    """Trains the run from its checkpoint or from the start, in this thread, and writes everything
    down.

    `attend(training)` is asked after each settled moment and may keep it waiting; `watch` sees
    every event. The last event is returned: Ended, or None when the run was left interrupted.
    Errors end the run as failed; none is raised, but BadInput when somebody else trains it.
    """
    with store.own(run):
        try:
            return _consume(store, run, attend, watch, progress)
        except Exception as error:
            ended = Ended("failed", _reason(error, run), 0, 0)
            with contextlib.suppress(OSError):
                store.append(run, to_json(ended))
            watch(ended)
            return ended


def _consume(
    store: Store, run: str, attend: Callable, watch: Callable, progress: Callable | None
) -> Ended | None:
    from core import checkpoint
    from core.data.load import load
    from core.encoding import decode
    from core.experiment import Experiment
    from core.train import train

    experiment = decode(Experiment, store.experiment(run))
    data = load(experiment.data, store.home, progress)
    training = train(experiment, data, state=checkpoint.load(store, run))
    for event in training:
        if isinstance(event, (Saved, Ended)):
            checkpoint.save(store, run, training.state())
        store.append(run, to_json(event))
        watch(event)
        if isinstance(event, Ended):
            return event
        if training.settled and (word := attend(training)) != GO:
            checkpoint.save(store, run, training.state())
            store.append(run, to_json(Saved(training.step)))
            if word == LEAVE:
                return None
            ended = training.stopped()
            store.append(run, to_json(ended))
            watch(ended)
            return ended
    return None


def _reason(error: Exception, run: str) -> str:
    """One sentence for whoever started the run; the traceback goes to the log."""
    if isinstance(error, LabError):
        return str(error)
    log.exception("run %s failed", run)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "The memory is not enough: halve the batch size, or make the network narrower."
    if isinstance(error, OSError):
        return (
            f"The run's folder cannot be written ({error.strerror}): free space on the "
            "disk, then resume."
        )
    return (
        f"The lab made a mistake ({type(error).__name__}); the log has the details under run {run}."
    )


@dataclass
class Job:
    """A run in the queue or at work, and what has been said to it."""

    run: str
    paused: bool = False
    steps: int = 0  # single steps that a paused run may still take
    word: str = GO
    at_work: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def say(self, **what: Any) -> None:
        with self.changed:
            for name, value in what.items():
                setattr(self, name, value)
            self.changed.notify_all()

    def attend(self, training: Any) -> str:
        """Asked by the training between two steps: waits here while it is paused."""
        with self.changed:
            self.changed.wait_for(lambda: self.word != GO or not self.paused or self.steps)
            if self.paused and self.steps:
                self.steps -= 1
            training.single_steps = self.paused
            return self.word


class Runner:
    """One run at a time, the others wait in the order they came. Methods take and give run ids."""

    def __init__(self, store: Store):
        self.store = store
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def submit(self, experiment: str) -> str:
        """Checks the experiment (JSON text), makes a run and queues it. BadInput when it cannot be
        built.
        """
        from core.encoding import decode, encode
        from core.experiment import Experiment

        run = self.store.create(encode(decode(Experiment, experiment)))
        self._enqueue(run)
        return run

    def resume(self, run: str) -> None:
        """Queues a run that was interrupted, stopped, failed or never begun. BadInput for any
        other, and where its data is not here.
        """
        if (state := self.status(run)) not in RESUMABLE:
            raise BadInput(
                f"Run {run} is {state}: only one that was interrupted, stopped, failed or never "
                "begun can be resumed."
            )
        if missing := lacks(self.store, run):
            raise BadInput(missing)
        self._enqueue(run)

    def pause(self, run: str) -> None:
        """Holds the run before its next step."""
        if job := self._job(run):
            job.say(paused=True, steps=0)

    def proceed(self, run: str) -> None:
        """Lets a paused run go on."""
        if job := self._job(run):
            job.say(paused=False, steps=0)

    def step(self, run: str) -> None:
        """Lets a paused run take one step."""
        if job := self._job(run):
            job.say(steps=job.steps + 1)

    def stop(self, run: str) -> None:
        """Ends the run at its next step; one that waits leaves the queue. It can be resumed."""
        with self._changed:
            job = self._job(run)
            if job and not job.at_work:
                self._jobs.remove(job)
                self.store.append(
                    run, to_json(Ended("stopped", "Taken out of the queue before it began.", 0, 0))
                )
        if job and job.at_work:
            job.say(word=STOP)

    def status(self, run: str) -> str:
        """queued, running, paused, stopping, or what the folder says (`status`)."""
        job = self._job(run)
        if job is None:
            return status(self.store, run)
        if not job.at_work:
            return "queued"
        return "stopping" if job.word != GO else "paused" if job.paused else "running"

    def live(self) -> list[str]:
        """The run at work first, then those that wait, in their order."""
        return [job.run for job in list(self._jobs)]

    def delete(self, run: str) -> None:
        """Removes a run. BadInput while it is queued or trained."""
        if self._job(run):
            raise BadInput(f"Run {run} is at work or waits for it: stop it before you delete it.")
        self.store.delete(run)

    def close(self, seconds: float = 6.0) -> None:
        """Saves the run at work, leaves it interrupted and all that wait unbegun, and joins the
        thread.
        """
        with self._changed:
            self._closing = True
            jobs = list(self._jobs)
            self._changed.notify_all()
        for job in jobs:
            job.say(word=LEAVE)
        if self._thread:
            self._thread.join(seconds)

    def _job(self, run: str) -> Job | None:
        return next((job for job in list(self._jobs) if job.run == run), None)

    def _enqueue(self, run: str) -> None:
        with self._changed:
            if self._closing:
                raise BadInput("The lab is shutting down: start it again, then resume the run.")
            self._jobs.append(Job(run))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="trainer", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._jobs)
                if self._closing:
                    return
                job = self._jobs[0]
                job.at_work = True
            try:
                execute(self.store, job.run, attend=job.attend)
            except LabError as error:  # another process holds it
                log.warning("%s", error)
            finally:
                with self._changed:
                    self._jobs.remove(job)


_current: Runner | None = None
_making = threading.Lock()


def current(store: Store | None = None) -> Runner:
    """The process's one runner, made on first use."""
    global _current
    with _making:
        if _current is None or _current._closing:
            _current = Runner(store or Store())
        return _current
