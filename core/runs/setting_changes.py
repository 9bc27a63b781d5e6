"""Changes of settings that were made while a run was trained: the `Changed` events of its log."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.base.encoding import change
from core.base.events import Changed, Event, from_json
from core.base.numbers import whole
from core.base.text import uncapitalize
from core.experiment import Experiment
from core.runs import compare
from core.runs.store import EVENTS, Store

_CHANGED = b'{"event":"Changed"'


def changed(experiment: Experiment, changes: dict[str, Any]) -> Experiment:
    """Return the experiment with these fields changed. Raises BadExperiment."""
    for path, value in changes.items():
        experiment = change(experiment, path, value)
    return experiment


def changes(store: Store, run: str) -> tuple[Changed, ...]:
    """Return the changes of settings while the run was trained, by step."""
    return _changes(store.home, store.folder, run, store.size(run))


@lru_cache(maxsize=512)
def _changes(home: Path, folder: str, run: str, size: int) -> tuple[Changed, ...]:
    """Read the changes from a log of this size, which identifies its content."""
    return changes_in(Store(home, folder).content(run, EVENTS))


def changes_in(log: bytes) -> tuple[Changed, ...]:
    """Return the changes in the bytes of a log, by step."""
    if _CHANGED not in log:  # as in nearly every run
        return ()
    lines = (line for line in log.splitlines() if line.startswith(_CHANGED))
    events = [event for event in _parsed(lines) if isinstance(event, Changed)]
    return tuple(sorted(events, key=lambda event: event.step))


def describe_changes(experiment: Experiment, changes: Sequence[Changed]) -> list[str]:
    """Return what each change did to the experiment with which the run began, and its step."""
    texts = []
    for event in changes:
        after = changed(experiment, event.changes)
        rows = map(compare.describe_row, compare.differences([experiment, after]))
        text = uncapitalize(", ".join(rows)) or "no change"
        texts.append(f"{text} at step {whole(event.step)}")
        experiment = after
    return texts


def _parsed(lines: Iterable[bytes]) -> Iterator[Event]:
    for line in lines:
        with suppress(ValueError):  # damaged, or torn
            yield from_json(line)
