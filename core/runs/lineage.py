"""The lineage of a run: which experiments trained it one after another. A run without fork and
without changed settings has one; a fork has those of its parent up to the fork, then its own.

The folder of a fork keeps what was trained before it in lineage.json, so that the parent may be
changed, moved or deleted. Knows no torch.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from core.base.encoding import decode, encode
from core.base.errors import BadInput, NotFound
from core.base.seal import is_intact, write_with_sum
from core.experiment import Experiment
from core.runs import compare
from core.runs.setting_changes import changed, changes, describe_changes
from core.runs.store import Store
from core.runs.summary import summaries
from core.training.segment import Segment

LINEAGE = "lineage.json"


def segments(store: Store, run: str) -> tuple[Segment, ...]:
    """Return everything that is trained for the run, in order. Raises NotFound for a fork that has
    not begun and whose parent is gone.
    """
    experiment = own_experiment(store, run)
    return (*ancestors(store, run, experiment), *_own(store, run, experiment))


def own_experiment(store: Store, run: str) -> Experiment:
    """Return the experiment with which the run begins."""
    return decode(Experiment, store.experiment(run))


def ancestors(store: Store, run: str, experiment: Experiment) -> tuple[Segment, ...]:
    """Return what was trained before the run with this experiment begins. Raises NotFound."""
    if not (fork := experiment.fork):
        return ()
    if (path := store.path(run, LINEAGE)).exists():
        if not is_intact(path):
            raise BadInput(
                f"{LINEAGE} of run {run} was edited or damaged: it does not match its checksum. "
                "Restore the file, or fork the parent again.",
                code="lineage_damaged",
            )
        return parse(store.content(run, LINEAGE))
    where = store_with(store, fork.run)
    return tuple(each for each in segments(where, fork.run) if each.step <= fork.step)


def store_with(store: Store, run: str) -> Store:
    """Return the store that has the run: this one, or that of the deleted runs. Raises NotFound."""
    for place in (store, store.trash):
        try:
            place.path(run)
            return place
        except NotFound:
            continue
    raise NotFound(
        f"The run begins at a point of run {run}, which is not in this lab any more. Restore that "
        "run from its archive, or train a new run with these settings.",
        code="fork_parent_missing",
    )


def write(store: Store, run: str, before: Sequence[Segment]) -> None:
    """Keep what was trained before a fork in its folder."""
    write_segments(store.path(run, LINEAGE), before)


def write_segments(path: Path, before: Sequence[Segment]) -> None:
    """Write a lineage.json with its checksum."""
    write_with_sum(path, encode_segments(before).encode())


def encode_segments(before: Sequence[Segment]) -> str:
    """Return the content of a lineage.json."""
    rows = [
        {"run": each.run, "step": each.step, "experiment": encode(each.experiment)}
        for each in before
    ]
    return json.dumps({"segments": rows})


def parse(content: bytes) -> tuple[Segment, ...]:
    """Return the segments of a lineage.json. Raises BadExperiment, KeyError, TypeError or
    ValueError for another file.
    """
    rows = json.loads(content)["segments"]
    return tuple(
        Segment(str(row["run"]), int(row["step"]), decode(Experiment, row["experiment"]))
        for row in rows
    )


def effective_experiment(store: Store, run: str) -> Experiment:
    """Return the experiment of the run with all changes that were made while it was trained."""
    return _own(store, run, own_experiment(store, run))[-1].experiment


def segment_at(store: Store, run: str, step: int) -> Segment:
    """Return the segment that goes on after `step` steps."""
    course = segments(store, run)
    return next((each for each in reversed(course) if each.step <= step), course[0])


def experiment_at(store: Store, run: str, step: int) -> Experiment:
    """Return the experiment with which the run goes on after `step` steps."""
    return segment_at(store, run, step).experiment


def described_changes(store: Store, run: str) -> list[str]:
    """Return what was changed while the run was trained, with the step of each change."""
    return describe_changes(own_experiment(store, run), changes(store, run))


def _own(store: Store, run: str, experiment: Experiment) -> tuple[Segment, ...]:
    first = experiment.fork.step if experiment.fork else 0
    course = [Segment(run, first, experiment)]
    for event in changes(store, run):
        experiment = changed(experiment, event.changes)
        course.append(Segment(run, event.step, experiment))
    return tuple(course)


# --- the family


def parent(store: Store, run: str) -> str | None:
    """Return the run that this one is a fork of, if it is in this store; another run that has its
    id, in a lab to which only the fork was moved, is none.
    """
    experiment = own_experiment(store, run)
    if not (fork := experiment.fork):
        return None
    try:
        theirs = [each for each in segments(store, fork.run) if each.step <= fork.step]
        ours = ancestors(store, run, experiment)
    except NotFound:
        return None
    same = [each.experiment for each in theirs] == [each.experiment for each in ours]
    return fork.run if same else None


def children(store: Store, run: str) -> list[str]:
    """Return the forks of this run in this store, newest first."""
    forks = [row.run for row in summaries(store)[0] if row.parent == run]
    return [fork for fork in forks if parent(store, fork) == run]


def family(store: Store, run: str) -> list[str]:
    """Return all runs of this store that go back to the same one, parents before their forks."""
    root = run
    while above := parent(store, root):
        root = above
    members = [root]
    for member in members:  # grows while it is read
        members += sorted(children(store, member))
    return members


def difference(store: Store, run: str) -> list[compare.Row]:
    """Return the settings that a fork changed, each with the value before and after; nothing for
    another run.
    """
    experiment = own_experiment(store, run)
    if not experiment.fork:
        return []
    before = ancestors(store, run, experiment)[-1].experiment
    return compare.differences([_bare(before), _bare(experiment)])


def describe_difference(store: Store, run: str) -> str:
    """Return what a fork changed, in one line; empty for nothing and for another run."""
    rows = difference(store, run)
    lines = [f"{label}: {before} → {after}" for label, (before, after) in rows]
    return "; ".join(lines)


def _bare(experiment: Experiment) -> Experiment:
    return experiment.model_copy(update={"fork": None})
