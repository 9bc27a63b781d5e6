"""One row a run for lists: what it was, how far it came, what it reached. Reads folders, knows no
torch.
"""

from dataclasses import dataclass
from functools import lru_cache

from core.data.sets import Facts
from core.encoding import decode
from core.errors import LabError
from core.events import Epoch, from_json
from core.experiment import Experiment
from core.plan import network_name
from core.store import EVENTS, Store


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


def summarize(store: Store, run: str) -> Summary:
    """The row of one run, kept as long as its events do not grow. NotFound when it is gone."""
    return _summary(str(store.home), run, store.path(run, EVENTS).stat().st_size)


@lru_cache(maxsize=4096)
def _summary(home: str, run: str, size: int) -> Summary:
    store = Store(home)
    experiment = decode(Experiment, store.experiment(run))
    epochs = _epochs(store, run)
    measured = [epoch for epoch in epochs if epoch.validation]
    best = next((epoch for epoch in reversed(measured) if epoch.best), None)
    last = store.last(run) or {}
    test = last.get("test") if last.get("event") == "Ended" else None
    return Summary(
        run=run,
        name=experiment.name or experiment.data.summary,
        data=experiment.data.summary,
        network=network_name(experiment, _facts(experiment, store)),
        optimizer=experiment.optimizer.label,
        rate=experiment.optimizer.learning_rate,
        epochs=len(epochs),
        best_epoch=best.epoch if best else None,
        validation_error=1 - best.validation["accuracy"] if best else None,
        test_error=1 - test["accuracy"] if test else None,
        seconds=last.get("seconds") if last.get("event") == "Ended" else None,
        curve=tuple(epoch.validation["loss"] for epoch in measured),
    )


def _epochs(store: Store, run: str) -> list[Epoch]:
    """The epochs that count: what was logged beyond the step where a resumed run began again does
    not.
    """
    found: list[Epoch] = []
    for line in store.read(run)[0]:
        if '"event":"Started"' in line:
            began = from_json(line).step
            found = [epoch for epoch in found if epoch.step <= began]
        elif '"event":"Epoch"' in line:
            found.append(from_json(line))
    return found


def _facts(experiment: Experiment, store: Store) -> Facts | None:
    try:
        return experiment.data.facts(store.home)
    except LabError:
        return None
