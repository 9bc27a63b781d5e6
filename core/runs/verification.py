"""Verification: train a run again and compare every loss, every score of an epoch and every hash of
the weights with those of its log, to the last bit. Writes nothing.
"""

from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from math import isnan
from typing import Any

import torch

from core.base.device import resolve
from core.base.errors import BadInput, Unavailable
from core.base.events import Epoch, Event, Started, Step, WeightHash, from_json
from core.base.numbers import whole
from core.experiment import Experiment
from core.runs import kept_checkpoints, lineage
from core.runs.history import History
from core.runs.store import Store
from core.training.course import Course, replay
from core.training.inputs import load_inputs
from core.training.setup_state import State


@dataclass(frozen=True)
class Difference:
    """The first difference: at `step`, of a `loss`, of the `weights` of these layers, or of the
    `scores` of an epoch. `layers` are those whose weights differ at the step `hashed`, input first;
    none where no hash was compared after it.
    """

    what: str
    step: int
    logged: float | None = None
    replayed: float | None = None
    layers: tuple[str, ...] = ()
    hashed: int | None = None


@dataclass(frozen=True)
class Verification:
    """What a replay showed. `losses`, `epochs` and `hashes` were compared, from `first_step` to
    `last_step`. `run` and `here` are the versions, device and threads of the run and of the replay;
    a run that was continued elsewhere has those of its first session that differ from here.
    """

    first_epoch: int
    first_step: int
    last_step: int
    losses: int
    epochs: int
    hashes: int
    layers: int
    difference: Difference | None
    run: dict[str, str] = field(default_factory=dict)
    here: dict[str, str] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self) | {"identical": self.difference is None}


class Log:
    """What was logged for the steps that count: a resume discards what came after its step."""

    def __init__(self, lines: Iterable[str]):
        lines = [*lines]
        self.history = History.of(lines)
        self.hashes: dict[int, dict[str, str]] = {}
        self.sessions: list[Started] = []
        for line in lines:
            if line.startswith(('{"event":"Started"', '{"event":"WeightHash"')):
                with suppress(ValueError):
                    self._add(from_json(line))

    def _add(self, event: Event) -> None:
        if isinstance(event, WeightHash):
            self.hashes[event.step] = event.layers
        elif isinstance(event, Started):
            self.hashes = {k: v for k, v in self.hashes.items() if k <= event.step}
            before = [each for each in self.sessions if each.step < event.step]
            self.sessions = [*before, event]

    @property
    def is_diverged(self) -> bool:
        """Whether the last loss is not finite."""
        return bool(self.history.ended) and self.history.ended.reason == "diverged"

    def loss(self, step: int) -> float | None:
        """Return the loss of a step from 1; None where the log has none."""
        if step > self.history.step:
            return None
        loss = self.history.losses[step - 1]
        has_none = isnan(loss) and not (self.is_diverged and step == self.history.step)
        return None if has_none else loss


class ReplayComparison:
    """Compares the events of a replay with the log. The first `difference` counts; of several at
    one step the loss, which is computed first.
    """

    def __init__(self, log: Log, first_step: int):
        self.log, self._first = log, first_step
        self._epochs = {epoch.epoch: epoch for epoch in log.history.epochs}
        self.losses = self.epochs = self.hashes = 0
        self.step = first_step  # compared so far
        self.difference: Difference | None = None

    def add(self, event: Event) -> None:
        """Compare one event."""
        if isinstance(event, Step):
            for back, loss in enumerate(reversed(event.losses)):
                self._add_loss(event.step - back, loss)
            self.step = max(self.step, min(event.step, self.log.history.step))
        elif isinstance(event, WeightHash) and (logged := self.log.hashes.get(event.step)):
            self._add_hash(event, logged)
        elif isinstance(event, Epoch) and (epoch := self._epochs.get(event.epoch)):
            self.epochs += 1
            if (epoch.train, epoch.validation) != (event.train, event.validation):
                self._note(Difference("scores", event.step))

    @property
    def is_decided(self) -> bool:
        """Whether the rest can only differ too: the weights after the difference were compared, or
        none were logged.
        """
        if not (found := self.difference):
            return False
        return found.hashed is not None or all(step < found.step for step in self.log.hashes)

    def _add_loss(self, step: int, loss: float) -> None:
        logged = self.log.loss(step)
        if logged is None or step <= self._first:
            return
        self.losses += 1
        if repr(logged) != repr(loss):  # NaN is not equal to itself
            self._note(Difference("loss", step, logged, loss))

    def _add_hash(self, event: WeightHash, logged: dict[str, str]) -> None:
        self.hashes += 1
        layers = tuple(name for name, value in event.layers.items() if logged.get(name) != value)
        if layers:
            self._note(Difference("weights", event.step))
        found = self.difference
        if found and found.hashed is None and event.step >= found.step:
            self.difference = replace(found, layers=layers, hashed=event.step)

    def _note(self, found: Difference) -> None:
        before = self.difference
        order = [(each.step, each.what != "loss") for each in (found, before) if each]
        if order[0] == min(order) and found != before:
            self.difference = found


def verify(
    store: Store, run: str, epoch: int = 0
) -> Generator[tuple[float, str], None, Verification]:
    """Return what a replay of the run shows: from the start, or from the kept checkpoint nearest to
    the end of this epoch and not after it. Yields the fraction done and how far it is equal.

    Raises BadInput for a run that has not ended or has nothing to compare, and NotFound or
    Unavailable where its data is missing.
    """
    log = Log(store.read(run)[0])
    last = log.history.step
    if not log.history.ended:
        raise BadInput(
            f"Run {run} has not ended. Wait for its end, or stop it.", code="run_not_ended"
        )
    yield 0.0, "Reading the run"
    if not last:
        raise BadInput(
            f"Run {run} has no steps that could be compared. Choose a run that was trained.",
            code="nothing_to_verify",
        )
    complete = sum(each.step < last for each in log.history.epochs)  # something is left to compare
    state = kept_checkpoints.load_nearest(store, run, min(epoch, complete)) if epoch else None
    first = state["step"] if state else 0
    comparison, threads = ReplayComparison(log, first), torch.get_num_threads()
    try:
        course = _replay(store, run, log, state)
        here = next(course)
        for event in course:
            comparison.add(event)
            if comparison.is_decided:
                break
            note = f"Step {whole(comparison.step)} of {whole(last)}"
            note += ": a difference" if comparison.difference else ": identical so far"
            yield (comparison.step - first) / (last - first), note
        if not (log.is_diverged or comparison.is_decided):
            for event in course.training.weight_hashes.last(last):
                comparison.add(event)
    finally:
        torch.set_num_threads(threads)
    return _conclude(comparison, here, state, first)


def _replay(store: Store, run: str, log: Log, state: State | None) -> Course:
    """Return the training once more, with all forks and changes of settings, on the device of the
    run if this machine has it and with its number of threads.
    """
    began, segments = log.sessions[0], lineage.segments(store, run)
    data = load_inputs(segments[-1].experiment, store.home)
    here = [
        replace(each, experiment=_on_device(each.experiment, began.device)) for each in segments
    ]
    until = log.history.step
    return replay(here, data, until=until, state=state, threads=began.threads)


def _on_device(experiment: Experiment, used: str) -> Experiment:
    """Return the experiment on the device that it names, or that the run has `used` where it names
    none; on what this machine has if that is missing.
    """
    device = used if experiment.device == "auto" else experiment.device
    try:
        resolve(device)
    except Unavailable:
        device = "auto"
    return experiment.model_copy(update={"device": device})


def _conclude(
    comparison: ReplayComparison, here: Started, state: State | None, first: int
) -> Verification:
    ours = _circumstances(here)
    theirs = [_circumstances(session) for session in comparison.log.sessions]
    different = {
        name: next((each[name] for each in theirs if each.get(name, value) != value), value)
        for name, value in ours.items()
    }
    return Verification(
        first_epoch=len(state["history"]) if state else 0,
        first_step=first,
        last_step=comparison.step,
        losses=comparison.losses,
        epochs=comparison.epochs,
        hashes=comparison.hashes,
        layers=len(here.layers),
        difference=comparison.difference,
        run=different,
        here=ours,
    )


def _circumstances(session: Started) -> dict[str, str]:
    return session.versions | {"device": session.device, "threads": str(session.threads)}
