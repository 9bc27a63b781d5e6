"""The events of a training: plain JSON values in the order in which they happen. No tensors, no
NumPy.

A run is the list of its events. Two runs are equal if their losses, metrics and weights are equal;
times and throughput come from the clock and do not count.
"""

import json
from dataclasses import dataclass, field, fields
from typing import Any

from core.base.encoding import from_json_data, to_json_text
from core.base.seal import unseal

Scores = dict[str, float]  # {"loss": …, "accuracy": 0…1}, or "r2" (R², at most 1) for regression


def error(scores: Scores | None) -> float | None:
    """Return the error rate, or for regression the unexplained fraction of the variance, 1 − R²."""
    right = (scores or {}).get("accuracy", (scores or {}).get("r2"))
    return None if right is None else 1 - right


def _clock() -> Any:
    return field(default=0.0, compare=False)


@dataclass(frozen=True)
class Started:
    """A training starts, or resumes after `step` steps: what was logged after `step` before is
    discarded. `common_class` is the most frequent class of the training set, and `common` the
    fraction of each part that it has; both are empty for regression.
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
    common_class: str = ""
    common: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """All losses since the last Step event: `losses[-1]` belongs to step `step`, counted from 1."""

    step: int
    losses: tuple[float, ...]
    learning_rate: float
    seconds: float = _clock()  # of training since the start of the run, without pauses
    samples_per_second: float = _clock()


@dataclass(frozen=True)
class Epoch:
    """The end of an epoch: the mean over its mini-batches, and the validation set measured with
    dropout off. `gradient` is ‖∇f‖ over the whole training set, if a stopping rule requires it.
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
    """Measurements inside the network at one step. For each layer with weights: the norms of
    gradient ‖∇L‖ and weights ‖w‖, the update-to-weight ratio ‖Δw‖/‖w‖, and of its outputs over the
    mini-batch the standard deviation (`spread`) and the mean. For each activation: the fraction of
    dead units and of saturated outputs. `clipped`: the fraction of steps so far that each clipping
    changed.

    `noise`, at some steps: the variance trΣ of the gradient of one sample, and ‖∇L‖² corrected for
    the noise of the mini-batch. Both are estimates from one step, so only their means are used.
    """

    step: int
    gradient: dict[str, float]
    weight: dict[str, float]
    update: dict[str, float]
    spread: dict[str, float] = field(default_factory=dict)
    mean: dict[str, float] = field(default_factory=dict)
    dead: dict[str, float] = field(default_factory=dict)
    saturated: dict[str, float] = field(default_factory=dict)
    clipped: dict[str, float] = field(default_factory=dict)
    noise: tuple[float, float] | None = None
    memory: float = _clock()  # bytes in use, of the process or of the GPU


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Distribution:
    """QUANTILES of the weights, their gradients before clipping, and the outputs of each layer with
    weights, at one step (core/training/distributions.py).
    """

    step: int
    weight: dict[str, tuple[float, ...]]
    gradient: dict[str, tuple[float, ...]]
    output: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class Surface:
    """Predictions over the input range, from `low` to `high`, at one step: the predicted class of
    each cell and its probability, as text, or values along a line (core/training/surface.py).
    """

    step: int
    low: tuple[float, ...]
    high: tuple[float, ...]
    winner: str = ""
    sure: str = ""
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class WeightHash:
    """A hash of the weights of each layer after step `step`, in hexadecimal digits
    (core/training/weight_hashes.py).
    """

    step: int
    layers: dict[str, str]


@dataclass(frozen=True)
class Saved:
    """A checkpoint is due: the `state()` of the training belongs to step `step`."""

    step: int


@dataclass(frozen=True)
class Recomputing:
    """Before a fork starts, its parent is trained again up to the fork, which is after `epochs`
    epochs; `epoch` of them are complete.
    """

    epoch: int
    epochs: int


@dataclass(frozen=True)
class Changed:
    """A person changed settings of the run after `step` steps: the fields by their paths, such as
    {"optimizer.learning_rate": 0.01}. The next event is Started, at the same step.
    """

    step: int
    changes: dict[str, Any]


@dataclass(frozen=True)
class Preempted:
    """The run was paused too long while others waited for its device, so it was saved at `step` and
    can be resumed.
    """

    step: int


@dataclass(frozen=True)
class Ended:
    """The last event of a run. `reason` is epochs, the kind of a stopping rule, stopped, diverged
    or failed. `clipped` is the fraction of steps that each clipping changed; `by` names who stopped
    the run, if that was not its owner; `code` is that of the LabError that ended it, empty for any
    other end. `predictions` of a regression are (true, predicted) values of some samples of the
    test set, or of the validation set where there is none.
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
    probe_share: float = _clock()  # fraction of the training time
    clipped: dict[str, float] = field(default_factory=dict)
    by: str = ""
    predictions: tuple[tuple[float, float], ...] = ()
    code: str = ""


Event = (
    Started
    | Step
    | Epoch
    | Probe
    | Distribution
    | Surface
    | WeightHash
    | Saved
    | Recomputing
    | Changed
    | Preempted
    | Ended
)
_TYPES = {cls.__name__: cls for cls in Event.__args__}
_TYPES["SetAside"] = Preempted  # its name in runs before December 2026


def to_json(event: Event) -> str:
    """Write one line of JSON. A diverged loss may be NaN or infinite; see
    `encoding.to_json_data`.
    """
    return to_json_text({"event": type(event).__name__, **vars(event)})


def from_json(line: str | bytes) -> Event:
    """Read the event of one line. Fields that this version does not know are dropped. Raises
    ValueError if it is not an event, or not as it was written.
    """
    line = line.encode() if isinstance(line, str) else line
    data = json.loads(unseal(line.rstrip()))
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
