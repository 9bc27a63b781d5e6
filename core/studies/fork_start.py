"""The start of a fork: its folder gets everything that it needs of its parent."""

import time
from collections.abc import Callable
from typing import Any

from core.base.control import GO
from core.base.events import Recomputing, to_json
from core.runs import checkpoint, forks, kept_checkpoints, lineage
from core.runs.replay import Abandoned, state_at
from core.runs.store import Store

EVERY = 1.0  # seconds between two reports while the state is recomputed


def begin_fork(
    store: Store, run: str, poll_control: Callable, progress: Callable | None
) -> dict[str, Any] | None:
    """Give the folder of a fork everything that it needs of its parent: what was trained before,
    the events up to the fork and the state there. Return the state; None at the first weights.
    Raises Abandoned with the word of the control.
    """
    experiment = lineage.own_experiment(store, run)
    before = lineage.ancestors(store, run, experiment)
    lineage.write(store, run, before)
    forks.check_draft(store, experiment)
    fork = experiment.fork
    if not fork.epoch:
        return None
    place, written, word = lineage.store_with(store, fork.run), time.monotonic(), GO

    def poll(training: Any) -> bool:
        nonlocal word, written
        word = poll_control(training)
        if time.monotonic() - written > EVERY:
            written = time.monotonic()
            store.append(run, to_json(Recomputing(training.epoch, fork.epoch)))
        return word == GO

    try:
        state = state_at(place, fork.run, fork.epoch, progress=progress, poll=poll)
    except Abandoned:
        raise Abandoned(word) from None
    store.append_all(run, forks.lines_up_to(place, fork.run, fork.step))
    checkpoint.save(store, run, state)
    epochs = forks.logged_epochs(place, fork.run)[: fork.epoch]
    kept_checkpoints.keep(store, run, epochs, always=[fork.epoch])
    return state
