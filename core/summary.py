"""One row a run for lists: what it was, how far it came, what it reached. Reads folders, knows no
torch.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.data.sets import Facts
from core.encoding import decode
from core.errors import LabError
from core.events import Ended, Epoch, error, from_json
from core.experiment import Experiment
from core.plan import network_name
from core.store import Store


@dataclass(frozen=True)
class Summary:
    """A run in one row; None is what it has not reached. Errors are shares of 1, `seconds` of
    training.
    """

    run: str
    name: str
    data: str
    network: str
    optimizer: str
    rate: float
    epochs: int
    best_epoch: int | None
    validation_error: float | None
    test_error: float | None
    seconds: float | None
    curve: tuple[float, ...]  # validation loss by epoch


_kept: dict[tuple[Path, str], tuple[int, Summary]] = {}  # with the size of the events then


def summarize(store: Store, run: str) -> Summary:
    """The row of one run, kept as long as its events do not grow. NotFound when it is gone."""
    size = store.size(run)
    known, row = _kept.get((store.home, run), (-1, None))
    if known != size or row is None:
        experiment = decode(Experiment, store.experiment(run))
        facts = _facts(experiment, store)
        row = _row(store, run, experiment, facts)
        if facts is not None:  # data that is not here yet may come
            _kept[store.home, run] = size, row
    return row


def _row(store: Store, run: str, experiment: Experiment, facts: Facts | None) -> Summary:
    epochs, end = _epochs(store, run), ended(store, run)
    measured = [epoch for epoch in epochs if epoch.validation]
    best = next((epoch for epoch in reversed(measured) if epoch.best), None)
    return Summary(
        run=run,
        name=experiment.name or experiment.data.summary,
        data=experiment.data.summary,
        network=network_name(experiment, facts),
        optimizer=experiment.optimizer.label,
        rate=experiment.optimizer.learning_rate,
        epochs=len(epochs),
        best_epoch=best.epoch if best else None,
        validation_error=error(best.validation) if best else None,
        test_error=error(end.test) if end else None,
        seconds=end.seconds if end else None,
        curve=tuple(epoch.validation["loss"] for epoch in measured),
    )


def began(run: str) -> datetime:
    """When the run was made, which its id says in UTC."""
    return datetime.strptime(run[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)


def ended(store: Store, run: str) -> Ended | None:
    """How the run ended; None while it has not, or when its last line is damaged."""
    last = store.last(run)
    with suppress(ValueError):
        event = from_json(json.dumps(last))
        return event if isinstance(event, Ended) else None
    return None


def _epochs(store: Store, run: str) -> list[Epoch]:
    """The epochs that count: a resumed run drops what was logged beyond the step it began at."""
    found: list[Epoch] = []
    for line in store.read(run)[0]:
        if '"event":"Started"' not in line and '"event":"Epoch"' not in line:
            continue
        with suppress(ValueError):  # a damaged line
            event = from_json(line)
            if isinstance(event, Epoch):
                found.append(event)
            else:
                found = [epoch for epoch in found if epoch.step <= event.step]
    return found


def _facts(experiment: Experiment, store: Store) -> Facts | None:
    try:
        return experiment.data.facts(store.home)
    except LabError:
        return None
