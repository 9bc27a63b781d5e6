"""Which dimensions an experiment offers to a search, with a range for each from the facts of its
fields, and the space to begin with. Pure functions; no torch.
"""

from collections.abc import Iterable
from typing import Any

from core.base.spec import FieldFacts, Value
from core.experiment import MEASURED_ON, Experiment
from core.studies.layer_axes import ACTIVATIONS, NONE, NORMALIZATIONS
from core.studies.search.ranges import (
    LogRange,
    OneMinusLogRange,
    OptionList,
    UniformRange,
    WholeRange,
)
from core.studies.search.space import SHAPES, Dimension
from core.studies.variable_fields import EXCLUDED, complete_kinds, walk

SCALE_SPAN = 1e-6  # lowest value of a logarithmic range that begins at 0, relative to its highest
FACTOR = 4  # between the present value and the ends of a range of whole numbers
MOST_DEEP = 8  # hidden layers
FIRST = (  # in the order of importance, after Ng 2017 (Hyperparameter tuning)
    "optimizer.learning_rate",
    "optimizer.momentum",
    "optimizer.beta1",
    "batch_size",
    "width",
    "depth",
)
# A search compares results: what they are measured on, and what they measure, stays the same.
SAME_FOR_ALL = EXCLUDED | set(MEASURED_ON) | {"start", "loss"}


def dimensions_of(experiment: Experiment) -> dict[str, Dimension]:
    """Return what can be searched, by its label: "AdamW: learning rate", "Batch size", "Width"."""
    dimensions = {}
    for label, path, fact, current in walk(experiment, SAME_FOR_ALL):
        if isinstance(current, Value):
            dimension = _kinds(path, current)
        else:
            dimension = _range(path, fact, current)
        if dimension:
            dimensions.setdefault(label, dimension)
    for path, dimension in _shapes(experiment).items():
        if dimension.is_in(experiment):
            dimensions.setdefault(SHAPES[path].label, dimension)
    return dimensions


def default_space(experiment: Experiment) -> tuple[Dimension, ...]:
    """Return the dimensions to begin with: learning rate, momentum, batch size, width, depth."""
    by_path = {dimension.path: dimension for dimension in dimensions_of(experiment).values()}
    return tuple(by_path[path] for path in FIRST if path in by_path)


def labels(experiment: Experiment, space: Iterable[Dimension]) -> dict[str, str]:
    """Return the label of each dimension by its path, as `dimensions_of` names it."""
    known = {path: label for label, path, _, _ in walk(experiment)}
    known |= {path: axis.label for path, axis in SHAPES.items()}
    return {dimension.path: known.get(dimension.path, dimension.title) for dimension in space}


def _kinds(path: str, current: Value) -> Dimension | None:
    kinds = complete_kinds(current)
    return OptionList(path=path, values=kinds) if len(kinds) > 1 else None


def _range(path: str, fact: FieldFacts, current: Any) -> Dimension | None:
    if len(fact.options) > 1:
        return OptionList(path=path, values=fact.options)
    if fact.type is bool:
        return OptionList(path=path, values=(False, True))
    if isinstance(current, bool) or not isinstance(current, (int, float)):
        return None
    if fact.type is int:
        return None if path.endswith("seed") else _whole(path, fact, current)
    return _float(path, fact, current) if fact.type is float else None


def _whole(path: str, fact: FieldFacts, current: int) -> Dimension:
    base = max(1, current)
    low = max(fact.low if fact.low is not None else 0, round(base / FACTOR) if current else 0)
    high = base * FACTOR if fact.high is None else min(base * FACTOR, int(fact.high))
    return WholeRange(path=path, low=int(low), high=high, log=low >= 1 and high >= 8 * low)


def _float(path: str, fact: FieldFacts, current: float) -> Dimension:
    default = fact.default if isinstance(fact.default, float) else current
    low = fact.low if fact.low is not None else min(0.0, current)
    high = fact.high if fact.high is not None else max(1.0, FACTOR * abs(current))
    if fact.open_high and high == 1 and default >= 0.9:  # a decay factor
        return OneMinusLogRange(path=path, low=min(0.9, current), high=max(0.9999, current))
    if fact.log:
        high = min(high, max(10.0, current / SCALE_SPAN))
        start = low if low > 0 else SCALE_SPAN * high
        return LogRange(path=path, low=min(start, current / 10) if current else start, high=high)
    if fact.open_low:
        low += 0.1 * (high - low)
    if fact.open_high:
        high -= 0.1 * (high - low)
    return UniformRange(path=path, low=min(low, current), high=min(high, max(10, 4 * current)))


def _shapes(experiment: Experiment) -> dict[str, Dimension]:
    """The dimensions of the whole network, in the order in which they are listed."""
    width = _read("width", experiment) or 1
    depth = _read("depth", experiment) or 1
    return {
        "width": WholeRange(
            path="width", low=max(1, width // FACTOR), high=max(2, width * FACTOR), log=True
        ),
        "depth": WholeRange(path="depth", low=1, high=max(depth, min(MOST_DEEP, depth + 2), 2)),
        "activation": OptionList(
            path="activation", values=_first(ACTIVATIONS, _read("activation", experiment))
        ),
        "layer_normalization": OptionList(
            path="layer_normalization", values=(NONE, *NORMALIZATIONS)
        ),
        "dropout": UniformRange(path="dropout", low=0.0, high=0.8),
    }


def _read(path: str, experiment: Experiment) -> Any:
    return OptionList(path=path, values=(0, 1)).read(experiment)


def _first(values: Iterable[str], current: str | None) -> tuple[str, ...]:
    """The values, the present one first."""
    return tuple(sorted(values, key=lambda value: value != current))
