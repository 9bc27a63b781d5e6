"""The marks in the charts of a run: where stopping rules would have ended it, where it was forked,
and where its settings were changed while it was trained.
"""

from collections.abc import Mapping
from typing import Any

from core.base.events import Changed
from core.base.numbers import short, whole
from core.optim.marks import Mark
from core.weights.fork import Fork


def stopping_mark(mark: Mark, *, fired: bool, chosen: bool) -> dict[str, Any]:
    """Return the mark of a stopping rule: `row` of the epoch table, texts, and its part: "fired",
    "chosen" or "untaken".
    """
    name = mark.rule.label.lower()
    verb = "stopped here" if fired else "would have stopped here"
    loss = f", loss {short(mark.kept)}" if mark.kept is not None else ""
    part = "fired" if fired else "chosen" if chosen else "untaken"
    return {"row": mark.row, "part": part, "text": f"{name} {verb}{loss}", "short": name}


def change_mark(change: Changed, epoch: float, seconds: float) -> dict[str, Any]:
    """Return the mark of a change; `at` has its x on each axis."""
    return _mark_at(change.step, epoch, seconds, describe_changes(change.changes))


def fork_mark(fork: Fork, seconds: float) -> dict[str, Any]:
    """Return the mark where a fork begins: before it is the curve of its parent."""
    return _mark_at(fork.step, fork.epoch, seconds, f"fork at epoch {whole(fork.epoch)}")


def _mark_at(step: int, epoch: float, seconds: float, text: str) -> dict[str, Any]:
    at = {"step": step, "epoch": epoch, "seconds": seconds}
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
