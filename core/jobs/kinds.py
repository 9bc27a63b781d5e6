"""The kinds of jobs that the queue takes: what executes one, which device it wants, how long it
takes, and where it keeps its folder.

A kind is a name in KINDS and its part of the functions here. `execute` has the same contract for
each: it writes its own folder, calls `poll_control(it)` between two steps and obeys the answer
(core/base/control.py), gives every event to `watch`, and raises only LabError: when somebody else
has it.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.control import GO
from core.base.errors import BadInput, LabError, NotFound
from core.base.events import Ended, Preempted, to_json
from core.runs.store import Store

if TYPE_CHECKING:
    from core.experiment import Experiment
    from core.studies.study import Study

RUN, STUDY = KINDS = ("run", "study")
Pace = tuple[int, float | None]  # steps, and seconds from start to end where they are known


def store_of(kind: str, home: Path | str | None) -> Store:
    """Where jobs of this kind lie."""
    if kind == STUDY:
        from core.studies.folder import Studies

        return Studies(home)
    return Store(home)


def checked(kind: str, text: str) -> "Experiment | Study":
    """What a job shall do, from its JSON text. BadExperiment for what cannot be done."""
    from core.base.encoding import decode
    from core.experiment import Experiment
    from core.studies.study import Study

    return decode(Study if kind == STUDY else Experiment, text)


def device_of(kind: str, value: Any) -> str:
    """The device that it wants: auto, cpu, cuda:1. A study whose method is computed on the
    processor alone takes no place from those who need the GPU.
    """
    if kind == STUDY:
        return value.base.device if value.method.gpu else "cpu"
    return value.device


def execute(
    kind: str,
    home: Path | str | None,
    job: str,
    poll_control: Callable[[Any], str] = lambda work: GO,
    watch: Callable[[Any], None] = lambda event: None,
    progress: Callable[[float, str], None] | None = None,
) -> Ended | None:
    """Does the job in this thread, from where it stands. Its end, or None when it was left."""
    if kind == STUDY:
        from core.studies import sweeps

        return sweeps.execute(home, job, poll_control, watch, progress=progress)
    from core.jobs import trainer

    return trainer.execute(
        Store(home), job, poll_control=poll_control, watch=watch, progress=progress
    )


def end(store: Store, job: str, reason: str, message: str) -> None:
    """Writes the end of a job whose process could not do it itself."""
    with contextlib.suppress(LabError, OSError), store.own(job):
        last = store.last(job) or {}
        store.append(job, to_json(Ended(reason, message, last.get("step", 0), 0)))


def set_aside(store: Store, job: str) -> None:
    """Writes that a job was saved and gave its device away; nothing for one that has ended."""
    with contextlib.suppress(LabError, OSError), store.own(job):
        last = store.last(job) or {}
        if last.get("event") != Ended.__name__:
            store.append(job, to_json(Preempted(last.get("step", 0))))


# --- how long it takes


def expects(store: Store, kind: str, job: str) -> Pace:
    """Its steps, and its seconds as far as a run of the same kind tells; nobody knows those of a
    study before it has begun.
    """
    from core.advice.estimate import estimate
    from core.advice.plan import plan

    with contextlib.suppress(NotFound, BadInput):
        if kind == RUN:
            experiment = checked(kind, store.experiment(job))
            steps = plan(experiment, store.home).steps
            known = estimate(store, experiment, steps)
            return steps, known.seconds if known else None
    return 0, None


def left(store: Store, job: str, pace: Pace, worked: float) -> float | None:
    """Seconds that it still needs after so many at work: by its last event that has a time, else by
    its `pace`, as long as it keeps to that.
    """
    steps, seconds = pace
    with contextlib.suppress(LabError, OSError):
        last = store.last(job, "seconds") or {}
        took = last.get("seconds", 0.0)
        if last.get("event") == "Record" and last["share"] > 0:
            return took * max(0.0, 1 - last["share"]) / last["share"]
        if last.get("event") in ("Step", "Epoch") and last["step"] and took:
            return took / last["step"] * max(0, steps - last["step"])
    return None if seconds is None or worked >= seconds else seconds - worked
