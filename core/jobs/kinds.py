"""The kinds of jobs that the queue takes: what executes one, and where it keeps its folder.

A kind is a name in KINDS and two functions here. `execute` has the same contract for each: it
writes its own folder, asks `attend(it)` between two steps and does what the word says
(core/jobs/control.py), gives every event to `watch`, and raises only LabError: when somebody else
has it.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import LabError
from core.events import Ended, to_json
from core.jobs.control import GO
from core.store import Store

RUN, STUDY = KINDS = ("run", "study")


def store_of(kind: str, home: Path | str | None) -> Store:
    """Where jobs of this kind lie."""
    if kind == STUDY:
        from core.studies.sweeps import Studies

        return Studies(home)
    return Store(home)


def execute(
    kind: str,
    home: Path | str | None,
    job: str,
    attend: Callable[[Any], str] = lambda work: GO,
    watch: Callable[[Any], None] = lambda event: None,
    progress: Callable[[float, str], None] | None = None,
) -> Ended | None:
    """Does the job in this thread, from where it stands. Its end, or None when it was left."""
    if kind == STUDY:
        from core.studies import sweeps

        return sweeps.execute(home, job, attend, watch, progress=progress)
    from core.jobs import trainer

    return trainer.execute(Store(home), job, attend=attend, watch=watch, progress=progress)


def end(store: Store, job: str, reason: str, message: str) -> None:
    """Writes the end of a job whose process could not do it itself."""
    with contextlib.suppress(LabError, OSError), store.own(job):
        last = store.last(job) or {}
        store.append(job, to_json(Ended(reason, message, last.get("step", 0), 0)))
