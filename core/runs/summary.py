"""One row a run for lists: what it was, how far it came, what it reached, what people wrote about
it. Reads folders, knows no torch.

A thousand runs are read in about half a second: of the events only the epochs and the end are
looked at, and of the experiment the parts that a row shows. A row is kept as long as the stamp of
the run's files is the same.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from core.base.encoding import build
from core.base.errors import BadExperiment, LabError
from core.base.events import Ended, Epoch, Started, error, from_json
from core.base.text import counted
from core.data.datasets import DataSet, Facts
from core.experiment import Experiment
from core.network.presets import recognize
from core.runs import notes
from core.runs.store import EVENTS, EXPERIMENT, STAMPED, Stamp, Store

NOTED = len(STAMPED) - 1  # the place of the notes in a stamp


@dataclass(frozen=True)
class Summary:
    """A run in one row; None is what it has not reached. Errors are shares of 1, `seconds` of
    training. `reason` is why it ended, empty while it has not.
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
    reason: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()


_kept: dict[tuple[Path, str], tuple[Stamp, Summary]] = {}


def summaries(store: Store) -> tuple[list[Summary], int]:
    """The row of every run, newest first, and how many cannot be read: written by another version,
    or gone meanwhile.
    """
    runs, facts = store.ids(), {}
    there = set(runs)
    for known in [key for key in list(_kept) if key[0] == store.root and key[1] not in there]:
        _kept.pop(known, None)
    _prefetch(store, (run for run in runs if (store.root, run) not in _kept))
    rows, unread = [], 0
    for run in runs:
        try:
            rows.append(summarize(store, run, facts))
        except (LabError, OSError):
            unread += 1
    return rows, unread


def _prefetch(store: Store, runs: Iterable[str]) -> None:
    """Asks the system to read these runs' files from the disk side by side, before one after
    another is opened: a third less time where none is in its cache.
    """
    if not hasattr(os, "posix_fadvise"):
        return
    for run in runs:
        for name in (EXPERIMENT, EVENTS):
            with suppress(OSError), (store.root / run / name).open("rb", 0) as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def summarize(store: Store, run: str, facts: dict[str, Facts | None] | None = None) -> Summary:
    """The row of one run. NotFound when it is gone, BadExperiment when it is of another version.

    `facts` of data sets by their JSON text, for a list in which many runs have the same.
    """
    stamp = store.stamp(run)
    known, row = _kept.get((store.root, run), (None, None))
    if known != stamp or row is None:
        row, here = _row(store, run, {} if facts is None else facts, stamp[NOTED] is not None)
        if here:  # data that is not here yet may come
            _kept[store.root, run] = stamp, row
    return row


def _row(
    store: Store, run: str, facts: dict[str, Facts | None], noted: bool
) -> tuple[Summary, bool]:
    """The row as the folder says it, and whether the data is here."""
    settings = _settings(store.content(run, EXPERIMENT))
    data, network = (json.dumps(settings.get(part)) for part in ("data", "network"))
    shown = _shown(data, network, json.dumps(settings.get("optimizer")))
    if data not in facts:
        facts[data] = _facts(shown.data, store)
    block = store.content(run, EVENTS)
    block = block[: block.rfind(b"\n") + 1]
    epochs, end = _epochs(block), _ended(block)
    measured = [epoch for epoch in epochs if epoch.loss is not None]
    best = next((epoch for epoch in reversed(measured) if epoch.best), None)
    said = notes.read(store, run) if noted else notes.Notes()
    row = Summary(
        run=run,
        name=settings.get("name") or shown.data.summary,
        data=shown.data.summary,
        network=_network(data, network, facts[data].shape if facts[data] else None),
        optimizer=shown.optimizer.label,
        rate=shown.optimizer.learning_rate,
        epochs=len(epochs),
        best_epoch=best.epoch if best else None,
        validation_error=_wrong(best.right) if best else None,
        test_error=error(end.test) if end else None,
        seconds=end.seconds if end else _so_far(block) if epochs else None,
        curve=tuple(epoch.loss for epoch in measured),
        reason=end.reason if end else "",
        note=said.note,
        tags=said.tags,
    )
    return row, facts[data] is not None


def _settings(text: bytes) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except ValueError:
        raise BadExperiment("The run's experiment is damaged: delete the run.") from None
    if not isinstance(settings, dict) or not settings.keys() <= Experiment.model_fields.keys():
        raise BadExperiment("The run's experiment is of another version of the lab: open it there.")
    return settings


@lru_cache(maxsize=1024)
def _shown(data: str, network: str, optimizer: str) -> Experiment:
    """These parts of an experiment, given as JSON text."""
    parts = {"data": data, "network": network, "optimizer": optimizer}
    given = {name: json.loads(text) for name, text in parts.items() if text != "null"}
    return build(Experiment, given)


@lru_cache(maxsize=1024)
def _network(data: str, network: str, shape: tuple[int, ...] | None) -> str:
    """The preset's name while the layers are still its own, else how many there are."""
    layers = _shown(data, network, "null").network
    return (recognize(layers, shape) if shape else "") or counted(len(layers), "layer")


def _facts(data: DataSet, store: Store) -> Facts | None:
    try:
        return data.facts(store.home)
    except LabError:
        return None


# --- events


class _Measured(NamedTuple):
    """What a row needs of an epoch."""

    epoch: int
    step: int
    loss: float | None
    right: bytes | float | None  # a share, perhaps as it was written
    best: bool


_EPOCH = re.compile(  # as `to_json` writes it: a third of the time that a JSON parser takes
    rb'{"event":"Epoch","epoch":(\d+),"step":(\d+),"train":{[^{}]*},"validation":'
    rb'(?:null|{"loss":([^,}]+),"(?:accuracy|r2)":([^,}]+)}),"best":(true|false)'
)


def _epochs(block: bytes) -> list[_Measured]:
    """The epochs that count: a resumed run drops what was logged beyond the step it began at."""
    found: list[_Measured] = []
    begun = list(_places(block, b'{"event":"Started"'))
    for at in _places(block, b'{"event":"Epoch"'):
        while begun and begun[0] < at:
            found = _begun_again(found, block, begun.pop(0))
        try:
            found.append(_measured(block, at))
        except ValueError:  # a damaged line
            continue
    for at in begun:
        found = _begun_again(found, block, at)
    return found


def _places(block: bytes, start: bytes) -> Iterator[int]:
    """Where the lines begin that begin so."""
    at = block.find(start)
    while at >= 0:
        if at == 0 or block[at - 1] == 10:  # a line feed
            yield at
        at = block.find(start, at + 1)


def _line(block: bytes, at: int) -> bytes:
    return block[at : block.index(b"\n", at)]


def _begun_again(found: list[_Measured], block: bytes, at: int) -> list[_Measured]:
    if not found:
        return found
    with suppress(ValueError):
        event = from_json(_line(block, at))
        if isinstance(event, Started):
            return [epoch for epoch in found if epoch.step <= event.step]
    return found


def _measured(block: bytes, at: int) -> _Measured:
    if match := _EPOCH.match(block, at):
        epoch, step, loss, right, best = match.groups()
        value = None if loss is None else _number(loss)
        return _Measured(int(epoch), int(step), value, right, best == b"true")
    event = from_json(_line(block, at))
    if not isinstance(event, Epoch):
        raise ValueError("no epoch")
    scores = event.validation or {}
    right = scores.get("accuracy", scores.get("r2"))
    return _Measured(event.epoch, event.step, scores.get("loss"), right, event.best)


def _wrong(right: bytes | float | None) -> float | None:
    return None if right is None else 1 - (_number(right) if isinstance(right, bytes) else right)


def _number(text: bytes) -> float:
    """NaN and infinity stand in quotation marks."""
    return float(text.strip(b'"')) if text.startswith(b'"') else float(text)


def _so_far(block: bytes) -> float | None:
    """The seconds of training up to the last epoch."""
    with suppress(ValueError):
        event = from_json(_line(block, block.rindex(b'{"event":"Epoch"')))
        return event.seconds if isinstance(event, Epoch) else None
    return None


def _ended(block: bytes) -> Ended | None:
    """How the run ended; None while it has not. Lines that hold no event are passed over."""
    end = len(block) - 1
    while end > 0:
        start = block.rfind(b"\n", 0, end) + 1
        line, end = block[start:end], start - 1
        with suppress(ValueError):
            event = from_json(line)
            return event if isinstance(event, Ended) else None
    return None


def ended(store: Store, run: str) -> Ended | None:
    """How the run ended; None while it has not, or when its last line is damaged."""
    last = store.last(run)
    with suppress(ValueError):
        event = from_json(json.dumps(last))
        return event if isinstance(event, Ended) else None
    return None


def began(run: str) -> datetime:
    """When the run was made, which its id says in UTC."""
    return datetime.strptime(run[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
