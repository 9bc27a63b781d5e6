"""The marks in a chart where the settings of a run were changed while it was trained."""

from collections.abc import Mapping
from typing import Any

from core.base.events import Changed
from core.base.numbers import short


def change_mark(change: Changed, epoch: float, seconds: float) -> dict[str, Any]:
    """Return the mark of a change, as History describes marks; `at` has its x on each axis."""
    text = describe_changes(change.changes)
    at = {"step": change.step, "epoch": epoch, "seconds": seconds}
    return {"at": at, "part": "changed", "text": text, "short": text}


def describe_changes(changes: Mapping[str, Any]) -> str:
    """Return changed settings in a few words; a choice or a list has no short value.

    >>> describe_changes({"optimizer.learning_rate": 0.01, "schedule": {"kind": "constant"}})
    'learning rate 0.01, schedule'
    """
    named = []
    for path, value in changes.items():
        name = path.rpartition(".")[2].replace("_", " ")
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        named.append(f"{name} {short(value)}" if is_number else name)
    return ", ".join(named)
