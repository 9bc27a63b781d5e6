"""The differences between experiments, with the labels of their forms: one row per setting that is
not the same in all. Knows no run and no page.
"""

from collections.abc import Sequence
from typing import Any

from core.base.numbers import MISSING, short, whole
from core.base.spec import Choice, Value, fields
from core.experiment import Experiment
from core.network.layers import layer_names

Row = tuple[str, tuple[str, ...]]  # setting, its value in each experiment
LEFT_OUT = ("name", "about")  # names and descriptions are no settings


def settings(experiments: Sequence[Experiment]) -> list[Row]:
    """Return every setting, one row each, in the order of the experiment."""
    settable = [fact for fact in fields(Experiment) if fact.name not in LEFT_OUT]
    rows = []
    for fact in settable:
        values = [getattr(e, fact.name) for e in experiments]
        describe = _layers if fact.name == "network" else _describe_all
        rows.append((fact.label, tuple(map(describe, values))))
    return rows


def differences(experiments: Sequence[Experiment]) -> list[Row]:
    """Return the settings that differ, in the order of the experiment."""
    rows: list[Row] = []
    for fact in fields(Experiment):
        values = [getattr(e, fact.name) for e in experiments]
        if fact.name not in LEFT_OUT and any(v != values[0] for v in values):
            rows += _network(values) if fact.name == "network" else _rows(fact.label, values)
    return rows


def _rows(label: str, values: Sequence[Any]) -> list[Row]:
    """Return one row, or for values of one class a row for each field that differs."""
    same = len({type(value) for value in values}) == 1
    if not same or not isinstance(values[0], Value):
        return [(label, tuple(map(_describe, values)))]
    prefix = label if not isinstance(values[0], Choice) else values[0].label
    rows = []
    for fact in fields(type(values[0])):
        parts = [getattr(value, fact.name) for value in values]
        if any(part != parts[0] for part in parts):
            rows += _rows(f"{prefix}: {fact.label.lower()} {fact.symbol}".rstrip(), parts)
    return rows


def _network(networks: Sequence[tuple]) -> list[Row]:
    """Compare layer by layer if the kinds are the same, else all layers."""
    if len({tuple(layer.kind for layer in layers) for layers in networks}) > 1:
        return [("Network", tuple(_layers(layers) for layers in networks))]
    rows = []
    for name, *layers in zip(layer_names(networks[0]), *networks, strict=True):
        if any(layer != layers[0] for layer in layers):
            rows.append(
                (f"Network: {name}", tuple(layer.summary or layer.label for layer in layers))
            )
    return rows


def _layers(layers: tuple) -> str:
    """Return the layers that have settings, in order: "conv1, pool1, linear1, output"."""
    named = zip(layer_names(layers), layers, strict=True)
    return ", ".join(name for name, layer in named if any(fields(type(layer)))) or MISSING


def _describe_all(value: Any) -> str:
    """Return a value with all of its fields, except for choices: seeds as "order 0, dropout 0"."""
    if isinstance(value, Value) and not isinstance(value, Choice):
        parts = ((fact.label.lower(), getattr(value, fact.name)) for fact in fields(type(value)))
        return ", ".join(f"{label} {_describe(part)}" for label, part in parts) or MISSING
    return _describe(value)


def _describe(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_describe, value)) or MISSING
    if isinstance(value, Choice):
        return value.summary or value.label
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return short(value, 4)
    return whole(value) if isinstance(value, int) else str(value)
