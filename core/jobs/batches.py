"""The runs of a batch go into the queue together, and know the batch that they belong to. One that
fails does not hold up the others.
"""

from collections.abc import Container

from core.base.encoding import encode
from core.base.errors import LabError
from core.jobs.runner import Runner
from core.runs import notes
from core.runs.notes import RunBatch
from core.runs.store import Store
from core.studies.batch import ExperimentBatch


def submit_batch(lab: Runner, batch: ExperimentBatch, *, by: str) -> list[str]:
    """Queue every experiment of the batch. Return the ids in their order. Raises LabError if the
    first one is refused; after that, the runs that could be queued are returned.
    """
    runs: list[str] = []
    for experiment in batch.experiments:
        try:
            runs.append(lab.submit(encode(experiment), by=by))
        except LabError:
            if not runs:
                raise
            break
        join_batch(lab.store, runs[-1], runs[0], batch)
    return runs


def join_batch(store: Store, run: str, first: str, batch: ExperimentBatch) -> None:
    """Note the batch with the run; `first` is its first run."""
    label = batch.label if len(batch.label) <= 300 else batch.label[:299] + "…"
    known = notes.read(store, run)
    notes.write(store, run, known.changed(batch=RunBatch(id=first, label=label)))


def stop_batch(lab: Runner, runs: Container[str], *, by: str) -> None:
    """Stop those of the runs that are at work or wait; those that wait first, so that none of them
    begins meanwhile.
    """
    for run in reversed(lab.live()):
        if run in runs:
            lab.stop(run, by=by)
