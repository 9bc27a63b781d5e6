"""What a tracker records: the events of a run as named numbers with step and time, and its
experiment as flat hyperparameters. Pure functions; they know no file and no other tool.

    loss/step                      losses of single mini-batches
    loss/train, error/validation … scores at the end of an epoch
    learning_rate
    gradient_norm/<layer>, weight_norm/<layer>, update_ratio/<layer>
    final/test_error …             scores of the best weights, at the end
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from core.base.events import Ended, Epoch, Event, Probe, Scores, Started, Step, error
from core.experiment import Experiment
from core.runs.compare import describe_layers
from core.runs.history import History

PARTS = ("train", "validation", "test")
FINAL = "final/"  # the prefix of the scores at the end
LOSSES = 50  # of one Step event: a fast run has thousands of steps a second
LONGEST = 500  # characters of a hyperparameter


class Scalar(NamedTuple):
    """A number that was measured at a step; `time` in seconds since 1970."""

    name: str
    value: float
    step: int
    time: float


class ScalarReader:
    """Turns events into scalars, in their order. Pauses do not count as time."""

    def __init__(self) -> None:
        self._offset: float | None = None  # from seconds of training to seconds since 1970
        self._started = self._now = 0.0

    def read(self, event: Event) -> list[Scalar]:
        """Return the scalars of one event."""
        if isinstance(event, Started):
            self._started = self._now = event.time
            self._offset = event.time if event.step == 0 else None
        elif seconds := getattr(event, "seconds", 0.0):
            if self._offset is None:  # resumed: the seconds of earlier sessions count too
                self._offset = self._started - seconds
            self._now = self._offset + seconds
        return [Scalar(name, value, step, self._now) for name, value, step in _numbers(event)]


def _numbers(event: Event) -> Iterator[tuple[str, float, int]]:
    match event:
        case Step():
            every = -(-len(event.losses) // LOSSES) or 1
            for back in range((len(event.losses) - 1) // every * every, -1, -every):
                yield "loss/step", event.losses[-1 - back], event.step - back
            yield "learning_rate", event.learning_rate, event.step
        case Epoch():
            for part in ("train", "validation"):
                for name, value in _scores(getattr(event, part)):
                    yield f"{name}/{part}", value, event.step
        case Probe():
            norms = {"gradient_norm": event.gradient, "weight_norm": event.weight}
            for name, layers in (norms | {"update_ratio": event.update}).items():
                for layer, value in layers.items():
                    yield f"{name}/{layer}", value, event.step
        case Ended():
            for part in PARTS:
                for name, value in _scores(getattr(event, part)):
                    yield f"{FINAL}{part}_{name}", value, event.step


def _scores(scores: Scores | None) -> Iterator[tuple[str, float]]:
    """Yield the scores of a part, for classes with the error rate."""
    if scores:
        yield from scores.items()
        if "accuracy" in scores:
            yield "error", error(scores)


def events_of(history: History) -> list[Event]:
    """Return the events of a run as if it had never been interrupted: what was discarded by a
    resume is left out.
    """
    if not history.started:
        return []
    steps = [
        Step(last, tuple(history.losses[first - 1 : last]), rate, seconds, speed)
        for first, last, seconds, rate, speed in history.ticks
    ]
    measured = sorted([*steps, *history.epochs, *history.probes], key=lambda event: event.step)
    return [history.started, *measured, *filter(None, [history.ended])]


def hyperparameters(experiment: Experiment) -> dict[str, str | float | bool]:
    """Return every setting under its path, as in `--set`; the network in one line.

    >>> values = hyperparameters(Experiment())
    >>> values["optimizer"], values["optimizer.learning_rate"], values["epochs"]
    ('adamw', 0.001, 150)
    """
    data = experiment.model_dump(mode="json", exclude={"network", "about"})
    network = describe_layers(experiment.network)
    return {path: _short(value) for path, value in [*_flat("", data), ("network", network)]}


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested settings: a choice is its kind, its fields are below it."""
    if isinstance(value, list) and value and all(isinstance(inner, dict) for inner in value):
        yield path, ", ".join(inner.get("kind", "") for inner in value)
        value = {inner.get("kind", str(i)): inner | {"kind": ""} for i, inner in enumerate(value)}
    if not isinstance(value, dict):
        yield path, value
        return
    if kind := value.get("kind"):
        yield path, kind
    for name, inner in value.items():
        if name != "kind":
            yield from _flat(f"{path}.{name}".lstrip("."), inner)


def _short(value: Any) -> str | float | bool:
    if isinstance(value, (bool, int, float)):
        return value
    text = "" if value in (None, []) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
