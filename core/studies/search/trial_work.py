"""A trial of a search as a piece of work that any process can compute: the training of a run in its
folder, from its checkpoint where it has one.
"""

import time
from collections.abc import Iterator
from math import inf, isfinite, isnan
from pathlib import Path
from typing import Any

from core.base.control import GO, LEAVE, PRUNE, STOP
from core.base.device import torch_threads
from core.base.events import Ended, Epoch, Event, Started, error, from_json
from core.runs.store import EVENTS, Store
from core.studies.places.kinds import TRIAL
from core.studies.places.place import Message, Piece, Poll
from core.studies.search.pruning import Bounds
from core.studies.search.search import Goal

STOP_TRIAL = "stop trial"  # a command: a person ends the trial here
KEPT = (b'"Started"', b'"Epoch"', b'"Ended"')  # events that tell the result of a trial
WAIT_SECONDS = 0.05  # between two attempts to own a run whose former process is ending


def trial_piece(store: Store, run: str, goal: Goal, bounds: Bounds) -> Piece:
    """Return the piece that trains this run of a search."""
    folder = str(store.path(run).relative_to(store.home))
    payload = {"folder": folder, "experiment": store.experiment(run), "goal": goal}
    limits = [[epoch, bound] for epoch, bound in bounds.items() if isfinite(bound)]
    return Piece(TRIAL, store.home, {**payload, "bounds": limits})


def goal_value(scores: dict[str, float] | None, goal: Goal) -> float:
    """Return what the search minimizes, from the scores on the validation set; infinite where there
    is no finite one.
    """
    value = (scores or {}).get("loss") if goal == "validation_loss" else error(scores)
    return inf if value is None or isnan(value) else float(value)


class TrialResult:
    """The result of a trial so far: the goal after each epoch, from the events of its run."""

    def __init__(self, goal: Goal, bounds: Bounds):
        self.goal, self.bounds = goal, bounds
        self.parameters: int | None = None
        self.seconds = 0.0
        self.ended: Ended | None = None
        self._epochs: list[tuple[int, float]] = []  # step and goal after each epoch

    def add(self, event: Event) -> None:
        """Take the next event; what a resumed run computes again replaces what was there."""
        if isinstance(event, Started):
            self.parameters = event.parameters
            self._epochs = [epoch for epoch in self._epochs if epoch[0] <= event.step]
        elif isinstance(event, Epoch):
            self._epochs.append((event.step, goal_value(event.validation, self.goal)))
            self.seconds = event.seconds
        elif isinstance(event, Ended):
            self.ended = event

    @property
    def curve(self) -> list[float]:
        return [value for _, value in self._epochs]

    @property
    def best(self) -> float:
        return min(self.curve, default=inf)

    @property
    def is_pruned(self) -> bool:
        """Whether the best value so far was above the bound of an epoch."""
        best = inf
        for epoch, value in enumerate(self.curve, 1):
            best = min(best, value)
            if best > self.bounds.get(epoch, inf):
                return True
        return False

    def message(self) -> Message:
        """Return the result of the ended run as plain data."""
        ended = self.ended
        state, value, message, code = "done", inf, ended.message, ended.code
        if ended.reason == "failed":
            state, value = "failed", None
        elif ended.reason == "stopped":
            state, value = ("pruned" if self.is_pruned else "stopped"), self.best
            if self.is_pruned:
                message = f"Ended early at epoch {len(self.curve)}: earlier trials were better."
        elif ended.reason == "diverged":
            code = "diverged"
        else:
            value = goal_value(ended.validation, self.goal)
        scores = {k: v for k, v in (ended.validation or {}).items() if isfinite(v)}
        return {
            "state": state,
            "value": value if state in ("done", "failed") or isfinite(self.best) else None,
            "epochs": len(self.curve),
            "duration": ended.seconds or self.seconds,
            "parameters": self.parameters,
            "message": message,
            "code": code,
            "curve": self.curve,
            "scores": scores,
        }


def compute(piece: Piece, poll: Poll) -> Iterator[Message]:
    """Train the run to its end and yield its result; nothing where it was left unfinished. It uses
    one thread, so that the result does not depend on the place.
    """
    from core.studies import trainer

    folder = Path(piece.payload["folder"])
    store, run = Store(piece.home, str(folder.parent)), folder.name
    bounds = {int(epoch): float(bound) for epoch, bound in piece.payload["bounds"]}
    while store.is_owned(run) and poll() == GO:
        time.sleep(WAIT_SECONDS)
    result = read_result(store, run, piece.payload["goal"], bounds)

    def poll_control(training: Any) -> str:
        command = poll()
        if command == GO:
            return PRUNE if result.is_pruned else GO
        return STOP if command == STOP_TRIAL else LEAVE

    if result.ended is None:
        with torch_threads(1):
            trainer.execute(store, run, poll_control=poll_control, watch=result.add)
    if result.ended is not None:
        yield result.message()


def read_result(store: Store, run: str, goal: Goal, bounds: Bounds) -> TrialResult:
    """Return what the folder of a run tells about its trial."""
    result = TrialResult(goal, bounds)
    for line in store.content(run, EVENTS).splitlines():
        if any(name in line[:40] for name in KEPT):
            try:
                result.add(from_json(line))
            except ValueError:  # a torn line
                continue
    return result
