"""The state of a run at the end of an epoch: from a checkpoint, or trained again from the nearest
one before, or from the start. On a CPU it is the same bit for bit.
"""

from collections.abc import Callable
from typing import Any

from core.base.events import Started, from_json, to_json
from core.runs import forks, lineage
from core.runs.kept_checkpoints import load_nearest
from core.runs.store import Store
from core.training.course import replay
from core.training.inputs import load_inputs

State = dict[str, Any]


class Abandoned(Exception):
    """Nobody waits for the state any more."""


def state_at(
    store: Store,
    run: str,
    epoch: int,
    *,
    progress: Callable[[float, str], None] | None = None,
    poll: Callable[[Any], bool] = lambda training: True,
) -> State:
    """Return the state of the run at the end of this epoch, which is complete, counted from 1.

    `progress` gets the fraction of what has to be trained again; `poll(training)` is called after
    every event of that, and False abandons it. Raises Abandoned, and NotFound for missing data.
    """
    epochs = forks.logged_epochs(store, run)[:epoch]
    until = epochs[-1].step
    state = nearest_state(store, run, epoch)
    first = state["step"] if state else 0
    if first < until:
        segments = lineage.segments(store, run)
        data = load_inputs(segments[-1].experiment, store.home)
        threads = _threads(store, run)
        course = replay(segments, data, until=until, state=state, threads=threads)
        for _ in course:
            if progress:
                at = f"Recomputing epoch {min(course.training.epoch + 1, epoch)} of {epoch}"
                progress((course.training.step - first) / (until - first), at)
            if not poll(course.training):
                raise Abandoned
        state = course.training.state()
    # The times are those of the first training. Everything else is the same.
    return state | {"history": [*map(to_json, epochs)], "seconds": epochs[-1].seconds}


def _threads(store: Store, run: str) -> int:
    """Return the threads of the run, on whose number the last bits depend."""
    starts = (line for line in store.read(run)[0] if line.startswith('{"event":"Started"'))
    first = from_json(next(starts))
    return first.threads if isinstance(first, Started) else 0


def nearest_state(store: Store, run: str, epoch: int) -> State | None:
    """Return the newest stored state of the run or its ancestors at the end of at most this many
    epochs; None if the training has to begin anew.
    """
    while True:
        if state := load_nearest(store, run, epoch):
            return state
        fork = lineage.own_experiment(store, run).fork
        if not fork or not lineage.parent(store, run):
            return None
        run, epoch = fork.run, min(epoch, fork.epoch)
