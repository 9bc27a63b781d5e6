"""The training of one run with its folder: one function for the thread of a queue, for a separate
process and for the command line.
"""

import contextlib
import errno
import json
import logging
from collections.abc import Callable
from typing import Any

from core.base.control import GO, LEAVE, STOPS
from core.base.errors import LabError, Unavailable
from core.base.events import Changed, Ended, Event, Saved, to_json
from core.runs.store import Store

log = logging.getLogger("descent_lab")

GPU_MEMORY = (
    "The GPU does not have enough memory for this run. Halve the batch size or make the network "
    "narrower."
)
MEMORY = (
    "This machine does not have enough memory for this run. Halve the batch size or make the "
    "network narrower."
)


def execute(
    store: Store,
    run: str,
    *,
    poll_control: Callable[[Any], str] = lambda training: GO,
    watch: Callable[[Event], None] = lambda event: None,
    progress: Callable[[float, str], None] | None = None,
) -> Ended | None:
    """Train the run in this thread, from its checkpoint or from the start, and write its folder.

    `poll_control(training)` is called between two steps and may block; `watch` receives every
    event. Return the last event, or None if the run was left interrupted. Errors end the run as
    failed and are not raised, except BadInput if another process trains the run.
    """
    with store.own(run):
        try:
            return _consume(store, run, poll_control, watch, progress)
        except Exception as error:
            code = error.code if isinstance(error, LabError) else ""
            ended = Ended("failed", _describe(error, run), 0, 0, code=code)
            with contextlib.suppress(OSError):
                store.append(run, to_json(ended))
            watch(ended)
            return ended


def _consume(
    store: Store, run: str, poll_control: Callable, watch: Callable, progress: Callable | None
) -> Ended | None:
    from core.runs import checkpoint, kept_checkpoints, lineage
    from core.runs.replay import Abandoned
    from core.runs.tracking.live import tracked
    from core.studies.fork_start import begin_fork
    from core.training.course import Course
    from core.training.inputs import load_inputs

    experiment = lineage.effective_experiment(store, run)
    data = load_inputs(experiment, store.home, progress)
    state = checkpoint.load(store, run)
    if state is None and experiment.fork:
        try:
            state = begin_fork(store, run, poll_control, progress)
        except Abandoned as abandoned:
            return _leave(store, run, str(abandoned), watch)
    course = Course(lineage.segments(store, run), data, state)
    _require_disk(store, run, experiment, course.training)
    kept_checkpoints.forget_after(store, run, course.training.step)
    with tracked(run, experiment) as track, store.appending(run) as append:

        def record(event: Event) -> None:
            append(to_json(event))
            watch(event)
            track(event)

        for event in course:
            training = course.training
            if isinstance(event, (Saved, Ended)):
                _save(store, run, training)
            record(event)
            if isinstance(event, Ended):
                return event
            if training.settled and (word := poll_control(training)) != GO:
                _save(store, run, training)
                store.append(run, to_json(Saved(training.step)))
                if word == LEAVE:
                    return None
                for hashed in training.weight_hashes.last(training.step):
                    record(hashed)
                ended = training.stopped(STOPS[word])
                record(ended)
                return ended
            if training.settled and training.requests:
                _change_settings(store, run, course, record)
    return None


def _save(store: Store, run: str, training: Any) -> None:
    """Save the state of the training. At the end of an epoch it is also kept for forks; where the
    disk is full, the kept ones give way.
    """
    from core.runs import checkpoint, kept_checkpoints

    state = training.state()
    try:
        checkpoint.save(store, run, state)
    except OSError as error:
        if error.errno != errno.ENOSPC or not kept_checkpoints.release(store, run):
            raise
        checkpoint.save(store, run, state)
    if kept_checkpoints.is_epoch_end(state):
        fork = training.experiment.fork
        kept_checkpoints.keep(store, run, training.history, [fork.epoch] if fork else ())


def _leave(store: Store, run: str, word: str, watch: Callable) -> Ended | None:
    """End a fork whose first state was not computed yet; None where it is left interrupted."""
    if word == LEAVE:
        return None
    message = "Stopped before its first step, while the state of its parent was computed."
    ended = Ended("stopped", message, 0, 0, by=STOPS[word])
    store.append(run, to_json(ended))
    watch(ended)
    return ended


def _change_settings(store: Store, run: str, course: Any, record: Callable) -> None:
    """Go on with the settings that a person has changed, from a checkpoint at this step."""
    from core.runs.forks import check_change
    from core.runs.lineage import changed

    training, requests = course.training, [*course.training.requests]
    training.requests = []
    for request in requests:
        changes = json.loads(request)
        old = course.training.experiment
        try:
            new = changed(old, changes)
            check_change(old, new, completed=training.epoch)
        except LabError as error:  # checked when it was sent, perhaps epochs ago
            log.warning("Settings of run %s stay as they are: %s", run, error)
            continue
        if new == old:
            continue
        _save(store, run, course.training)
        record(Saved(course.training.step))
        record(Changed(course.training.step, changes))
        course.change(new)


def _require_disk(store: Store, run: str, experiment: Any, training: Any) -> None:
    """Raise Unavailable (disk_full) if the checkpoints of the run do not fit on the disk."""
    from core.advice.estimate import disk_problem

    parameters = sum(fact.parameters for fact in training.setup.facts)
    existing = sum(path.stat().st_size for path in store.checkpoints(run))
    margins = training.margins.bytes
    if problem := disk_problem(experiment, parameters, store.home, existing, margins=margins):
        raise Unavailable(problem, code="disk_full")


def _describe(error: Exception, run: str) -> str:
    """Return the message for the person who started the run; the traceback of an internal error
    goes to the log.
    """
    if isinstance(error, LabError):
        return str(error)
    if "CUDA" in str(error) and "out of memory" in str(error):
        return GPU_MEMORY
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return MEMORY
    if isinstance(error, OSError):
        return (
            f"The run's folder cannot be written ({error.strerror}). Free some disk space, then "
            "resume the run."
        )
    log.exception("run %s failed", run)
    return (
        f"Internal error ({type(error).__name__}). Your runs are safe; the details are in the "
        f"server log under run {run}."
    )
