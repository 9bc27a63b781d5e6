"""Kept checkpoints: the states of a run at the ends of some epochs, for runs that go on from there.

    <home>/runs/<id>/checkpoints/<epoch>-<step>.pt

Keeping one takes no time: it is a second name (hard link) of the checkpoint that was just saved,
and its space is used once a newer one replaces that. They are bounded by LAB_CHECKPOINTS, and give
way where the disk fills up, because everything between them can be computed again. Imports torch
only to read a state.
"""

import logging
import os
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from core.base.device import free_disk
from core.base.events import Epoch
from core.base.settings import settings
from core.runs.store import CHECKPOINT, Store

log = logging.getLogger("descent_lab")

FOLDER = "checkpoints"
MB = 10**6
RESERVE = 1000 * MB  # free bytes of the disk that kept checkpoints leave to everything else
_NAME = re.compile(r"(\d{1,9})-(\d{1,12})\.pt")


class KeptCheckpoint(NamedTuple):
    """The state after `epoch` epochs, which is that after `step` steps."""

    epoch: int
    step: int
    bytes: int
    path: Path


def budget() -> int:
    """Return how many bytes of checkpoints a run may keep (LAB_CHECKPOINTS)."""
    return int(settings().checkpoints * MB)


def kept(store: Store, run: str) -> list[KeptCheckpoint]:
    """Return the kept checkpoints of the run by epoch. They may be damaged."""
    found = []
    with suppress(FileNotFoundError):
        for entry in os.scandir(store.path(run, FOLDER)):
            if match := _NAME.fullmatch(entry.name):
                epoch, step = map(int, match.groups())
                with suppress(FileNotFoundError):  # removed meanwhile
                    size = entry.stat().st_size
                    found.append(KeptCheckpoint(epoch, step, size, Path(entry.path)))
    return sorted(found)


def nearest(store: Store, run: str, epoch: int) -> KeptCheckpoint | None:
    """Return the newest kept checkpoint of at most `epoch` epochs, without reading it; None if
    there is none.
    """
    return max((each for each in kept(store, run) if each.epoch <= epoch), default=None)


def load_nearest(store: Store, run: str, epoch: int) -> dict[str, Any] | None:
    """Return the newest intact state at the end of at most `epoch` epochs, on the CPU; None if the
    training has to begin anew. The checkpoint that the run resumes from counts too, if it was saved
    at the end of an epoch.
    """
    from core.base.errors import BadData
    from core.runs import checkpoint

    before = [each for each in kept(store, run) if each.epoch <= epoch]
    paths = [each.path for each in reversed(before)]
    if not before or before[-1].epoch < epoch:
        paths = [*store.checkpoints(run), *paths]
    states = []
    for path in paths:
        try:
            state = checkpoint.read(path, run)
        except BadData as error:
            log.warning("%s", error)
            continue
        if len(state["history"]) <= epoch and is_epoch_end(state):
            states.append(state)
            if path.parent.name == FOLDER:  # all further ones are older
                break
    return max(states, key=lambda state: state["step"], default=None)


def is_epoch_end(state: Mapping[str, Any]) -> bool:
    """Return whether the state is one between two epochs."""
    from core.base.events import from_json

    history = state["history"]
    return bool(history) and from_json(history[-1]).step == state["step"]


def keep(
    store: Store, run: str, history: Sequence[Epoch], always: Collection[int] = ()
) -> KeptCheckpoint | None:
    """Keep the checkpoint that was just saved at the end of the last epoch of `history`, and remove
    others beyond the budget: the newest and the best one and those at the epochs `always` stay, and
    others evenly spaced. Return it; None if it is not kept. Never raises OSError.
    """
    last, source = history[-1], store.path(run, CHECKPOINT)
    path = store.path(run, FOLDER) / f"{last.epoch}-{last.step}.pt"
    if not budget():
        return None
    try:
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        _link(source, path)
    except OSError as error:  # the training goes on without it
        log.warning("A checkpoint of run %s is not kept (%s).", run, error.strerror)
        path.unlink(missing_ok=True)
        return None
    losses = {e.epoch: e.validation["loss"] for e in history if e.validation}
    checkpoints = kept(store, run)
    free = free_disk(store.home) + sum(each.bytes for each in checkpoints)
    allowed = min(budget(), max(0, free - RESERVE))
    for each in excess(checkpoints, allowed, losses, always):
        each.path.unlink(missing_ok=True)
    return next((each for each in kept(store, run) if each.path == path), None)


def excess(
    checkpoints: Sequence[KeptCheckpoint],
    budget: int,
    losses: Mapping[int, float],
    always: Collection[int] = (),
) -> list[KeptCheckpoint]:
    """Return which checkpoints, sorted by epoch, have to go so that the others fit the budget: each
    time the one whose two neighbours are closest, the oldest of several. The newest one, the one
    with the lowest of the validation `losses` and those `always` kept go last, in this order from
    the end.

    >>> some = [KeptCheckpoint(epoch, epoch, 10, Path()) for epoch in range(1, 9)]
    >>> [each.epoch for each in excess(some, 40, {3: 0.1})]
    [1, 4, 6, 2]
    """
    stay, gone = list(checkpoints), []

    def worth(i: int) -> tuple[int, int]:
        each = stay[i]
        is_best = each is min(stay, key=lambda other: losses.get(other.epoch, float("inf")))
        rank = 3 if each.epoch in always else 2 if i == len(stay) - 1 else int(is_best)
        before = stay[i - 1].epoch if i else 0
        after = stay[i + 1].epoch if i + 1 < len(stay) else each.epoch
        return rank, after - before

    while stay and sum(each.bytes for each in stay) > budget:
        gone.append(stay.pop(min(range(len(stay)), key=worth)))
    return gone


def forget_after(store: Store, run: str, step: int) -> None:
    """Remove checkpoints after `step`: the run is trained again from there."""
    for each in kept(store, run):
        if each.step > step:
            each.path.unlink(missing_ok=True)


def release(store: Store, run: str) -> bool:
    """Remove all kept checkpoints of the run, for space on the disk; return whether it had any."""
    checkpoints = kept(store, run)
    for each in checkpoints:
        each.path.unlink(missing_ok=True)
    return bool(checkpoints)


def _link(source: Path, path: Path) -> None:
    """Give the file a second name; copy it where the file system has no hard links."""
    try:
        path.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, path)
