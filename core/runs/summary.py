"""One row per run for lists: its settings, its progress, its results and its notes. Reads folders,
knows no torch.

A thousand runs are read in about half a second: only the epochs and the end of the events are
parsed, and the parts of the experiment that a row shows. A row is cached as long as the stamp of
the run's files is the same.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.base.encoding import build, decode
from core.base.errors import BadExperiment, LabError, NotFound
from core.base.events import Changed, Ended, Scores, from_json
from core.data.datasets import DataSet, Facts
from core.experiment import MEASURED_ON, Experiment, validated_on
from core.network.chains import describe_depth
from core.network.presets import recognize
from core.runs import notes
from core.runs.log_scan import end_in, epochs_in, last_seconds
from core.runs.setting_changes import changed, changes_in, describe_changes
from core.runs.store import EVENTS, EXPERIMENT, STAMPED, Stamp, Store

NOTES_INDEX = len(STAMPED) - 1  # of the notes in a stamp


@dataclass(frozen=True)
class Summary:
    """A run in one row. Missing results are None; `validation` has the scores of the best epoch,
    `test` those at the end; `seconds` are those of training. `reason` explains why it ended, and is
    empty before.
    """

    run: str
    name: str
    data: str
    network: str
    optimizer: str
    rate: float
    epochs: int
    best_epoch: int | None
    validation: Scores | None
    test: Scores | None
    seconds: float | None
    curve: tuple[float, ...]  # validation loss by epoch
    reason: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    batch: notes.RunBatch | None = None
    samples: str = ""  # identifies the validation samples; scores on the same ones are comparable
    parent: str = ""  # the run that a fork names as its parent, which may be gone
    changes: tuple[str, ...] = ()  # of its settings while it was trained, each with its step


_cache: dict[tuple[Path, str], tuple[Stamp, Summary]] = {}


def summaries(store: Store) -> tuple[list[Summary], dict[str, str]]:
    """Return the row of every run, newest first, and why each unreadable run cannot be shown:
    written by another version, edited or damaged.
    """
    runs, facts = store.ids(), {}
    existing = set(runs)
    for key in [key for key in list(_cache) if key[0] == store.root and key[1] not in existing]:
        _cache.pop(key, None)
    _prefetch(store, (run for run in runs if (store.root, run) not in _cache))
    rows, unread = [], {}
    for run in runs:
        try:
            rows.append(summarize(store, run, facts))
        except (NotFound, OSError):  # deleted meanwhile
            continue
        except LabError as error:
            text = str(error)
            unread[run] = text if run in text else f"Run {run}: {text}"
    return rows, unread


def _prefetch(store: Store, runs: Iterable[str]) -> None:
    """Ask the system to read the files of these runs in parallel before they are opened one by one:
    a third less time if none is in its cache.
    """
    if not hasattr(os, "posix_fadvise"):
        return
    for run in runs:
        for name in (EXPERIMENT, EVENTS):
            with suppress(OSError), (store.root / run / name).open("rb", 0) as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def summarize(store: Store, run: str, facts: dict[str, Facts | None] | None = None) -> Summary:
    """Return the row of one run. Raises NotFound if it is gone, BadExperiment if it is of another
    version.

    `facts` caches the facts of datasets by JSON text, for lists in which many runs share them.
    """
    stamp = store.stamp(run)
    cached_stamp, row = _cache.get((store.root, run), (None, None))
    if cached_stamp != stamp or row is None:
        has_notes = stamp[NOTES_INDEX] is not None
        row, has_data = _row(store, run, {} if facts is None else facts, has_notes)
        if has_data:  # Missing data may be added later, which changes the row.
            _cache[store.root, run] = stamp, row
    return row


def _row(
    store: Store, run: str, facts: dict[str, Facts | None], has_notes: bool
) -> tuple[Summary, bool]:
    """Return the row of the folder, and whether the data is on this disk."""
    text = store.experiment(run)
    settings = _settings(text)
    data, network = (json.dumps(settings.get(part)) for part in ("data", "network"))
    partial = _partial(data, network, json.dumps(settings.get("optimizer")))
    if data not in facts:
        facts[data] = _facts(partial.data, store)
    block = store.content(run, EVENTS)
    block = block[: block.rfind(b"\n") + 1]
    epochs, end = epochs_in(block), end_in(block)
    changes = changes_in(block)
    for event in changes:
        partial = changed(partial, {p: v for p, v in event.changes.items() if _is_shown(p)})
    measured = [epoch for epoch in epochs if epoch.loss is not None]
    best = next((epoch for epoch in reversed(measured) if epoch.best), None)
    written = notes.read(store, run) if has_notes else notes.Notes()
    row = Summary(
        run=run,
        name=settings.get("name") or partial.data.summary,
        data=partial.data.summary,
        network=_network(data, network, facts[data].shape if facts[data] else None),
        optimizer=partial.optimizer.label,
        rate=partial.optimizer.learning_rate,
        epochs=len(epochs),
        best_epoch=best.epoch if best else None,
        validation=best.scores if best else None,
        test=end.test if end else None,
        seconds=end.seconds if end else last_seconds(block) if epochs else None,
        curve=tuple(epoch.loss for epoch in measured),
        reason=end.reason if end else "",
        note=written.note,
        tags=written.tags,
        batch=written.batch,
        samples=_samples(*(json.dumps(settings.get(part)) for part in MEASURED_ON)),
        parent=(settings.get("fork") or {}).get("run", ""),
        changes=_described(text, changes),
    )
    return row, facts[data] is not None


def _described(text: str, changes: tuple[Changed, ...]) -> tuple[str, ...]:
    """Return the changes in words. Only a run that has some needs its whole experiment."""
    return tuple(describe_changes(decode(Experiment, text), changes)) if changes else ()


def _is_shown(path: str) -> bool:
    """Whether a row shows the field at this path, of those that can change during a training."""
    return path.partition(".")[0] == "optimizer"


def _settings(text: str) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except ValueError:
        raise BadExperiment(
            "The experiment of this run is damaged. Delete the run.", code="experiment_damaged"
        ) from None
    if not isinstance(settings, dict) or not settings.keys() <= Experiment.model_fields.keys():
        raise BadExperiment(
            "The experiment of this run is from another version of Descent Lab. Open it there.",
            code="experiment_version",
        )
    return settings


@lru_cache(maxsize=1024)
def _partial(data: str, network: str, optimizer: str) -> Experiment:
    """Build an experiment from parts as JSON text."""
    parts = {"data": data, "network": network, "optimizer": optimizer}
    return build(Experiment, {n: json.loads(text) for n, text in parts.items() if text != "null"})


@lru_cache(maxsize=1024)
def _samples(*texts: str) -> str:
    """Return a digest of the settings that select the validation samples."""
    parts = zip(MEASURED_ON, texts, strict=True)
    known = {name: json.loads(text) for name, text in parts if text != "null"}
    return hashlib.sha256(validated_on(build(Experiment, known)).encode()).hexdigest()[:16]


@lru_cache(maxsize=1024)
def _network(data: str, network: str, shape: tuple[int, ...] | None) -> str:
    """Return the name of the preset with these layers, else how many have weights."""
    layers = _partial(data, network, "null").network
    return (recognize(layers, shape) if shape else "") or describe_depth(layers)


def _facts(data: DataSet, store: Store) -> Facts | None:
    try:
        return data.facts(store.home)
    except LabError:
        return None


def ended(store: Store, run: str) -> Ended | None:
    """Return the end of the run; None before it, or if the last line is damaged."""
    last = store.last(run)
    with suppress(ValueError):
        event = from_json(json.dumps(last))
        return event if isinstance(event, Ended) else None
    return None
