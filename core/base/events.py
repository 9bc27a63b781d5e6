"""What a training says while it goes on: plain JSON values, in the order they happen. No tensors,
no NumPy.

A run is the list of its events. Two runs are equal when their losses, metrics and weights are;
`seconds` and throughput come from the clock and are no part of equality.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from core.base.encoding import from_json_data, to_json_text

Scores = dict[str, float]  # {"loss": …, "accuracy": 0…1}, or "r2" (R², at most 1) for values


def error(scores: Scores | None) -> float | None:
    """The share that is wrong: of the answers, or of the targets' variance (1 − R²) for values."""
    right = (scores or {}).get("accuracy", (scores or {}).get("r2"))
    return None if right is None else 1 - right


def _clock() -> Any:
    return field(default=0.0, compare=False)


@dataclass(frozen=True)
class Started:
    """A training begins, or goes on after `step` steps: what was logged beyond `step` before does
    not count.
    """

    step: int
    steps: int
    epoch_steps: int
    epochs: int
    batch_size: int
    parameters: int
    layers: tuple[str, ...]
    sizes: dict[str, int]
    normalization: dict[str, float]
    device: str
    threads: int
    versions: dict[str, str] = field(compare=False, default_factory=dict)
    time: float = _clock()  # seconds since 1970
    activations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """Every loss since the last Step event: `losses[-1]` is that of step `step` (counted from
    1).
    """

    step: int
    losses: tuple[float, ...]
    learning_rate: float
    seconds: float = _clock()  # of training, since its very start, pauses left out
    samples_per_second: float = _clock()


@dataclass(frozen=True)
class Epoch:
    """An epoch ended: the mean over its minibatches, and the validation part measured with dropout
    off. `gradient` is ‖∇f‖ of the whole training part, where a stopping rule asks for it.
    """

    epoch: int
    step: int
    train: Scores
    validation: Scores | None
    best: bool
    seconds: float = _clock()
    gradient: float | None = None


@dataclass(frozen=True)
class Probe:
    """One step seen from within. By layer that has weights: gradient ‖∇L‖, weight ‖w‖,
    update-to-weight ratio ‖Δw‖/‖w‖, and the spread of its outputs over the minibatch. By
    activation: the share of units that are dead and of outputs that are saturated. `clipped`: the
    share of steps so far that each clipping touched.

    `noise`, now and then: the variance trΣ of the gradient of one sample, and ‖∇L‖² without the
    noise of the minibatch; both are estimates of one step, whose means count.
    """

    step: int
    gradient: dict[str, float]
    weight: dict[str, float]
    update: dict[str, float]
    spread: dict[str, float] = field(default_factory=dict)
    dead: dict[str, float] = field(default_factory=dict)
    saturated: dict[str, float] = field(default_factory=dict)
    clipped: dict[str, float] = field(default_factory=dict)
    noise: tuple[float, float] | None = None
    memory: float = _clock()  # bytes in use, of the process or of the GPU


@dataclass(frozen=True)
class Surface:
    """What the network answers all over its inputs, from `low` to `high`, at one step: the winning
    class of each cell and how sure it is, as text, or values along a line (see
    core/training/surface.py).
    """

    step: int
    low: tuple[float, ...]
    high: tuple[float, ...]
    winner: str = ""
    sure: str = ""
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class Saved:
    """Now is a moment to write a checkpoint: the training's `state()` belongs to step `step`."""

    step: int


@dataclass(frozen=True)
class Preempted:
    """The run was paused for so long that others got its device: it was saved at `step`, and goes
    on when it is resumed.
    """

    step: int


@dataclass(frozen=True)
class Ended:
    """The last event of a run that is over. `reason` names what ended it: epochs, the kind of a
    stopping rule, stopped, diverged, failed. `clipped` is the share of steps that each clipping
    touched, `by` who stopped it, where that was not its owner.
    """

    reason: str
    message: str
    step: int
    epochs: int
    best_epoch: int | None = None
    train: Scores | None = None
    validation: Scores | None = None
    test: Scores | None = None
    seconds: float = _clock()
    probe_share: float = _clock()  # of the training time
    clipped: dict[str, float] = field(default_factory=dict)
    by: str = ""


Event = Started | Step | Epoch | Probe | Surface | Saved | Preempted | Ended
_TYPES = {cls.__name__: cls for cls in Event.__args__}
_TYPES["SetAside"] = Preempted  # its name until November 2026: old runs hold it


def to_json(event: Event) -> str:
    """Write one line of JSON. A diverged loss may be NaN or infinite; see
    `encoding.to_json_data`.
    """
    return to_json_text({"event": type(event).__name__, **asdict(event)})


def from_json(line: str | bytes) -> Event:
    """Read the event of one line. Fields that this version does not know are dropped. Raises
    ValueError if it is not an event.
    """
    data = json.loads(line)
    if not isinstance(data, dict) or data.get("event") not in _TYPES:
        raise ValueError("not an event")
    cls = _TYPES[data.pop("event")]
    types = {field.name: field.type for field in fields(cls)}
    values = {
        name: value if types[name] is str else _tuples(from_json_data(value))
        for name, value in data.items()
        if name in types
    }
    try:
        return cls(**values)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _tuples(inner) for name, inner in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
