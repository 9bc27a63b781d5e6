"""What tells experiments apart, in the words of their forms: one row a setting that is not the same
in all. Knows no run and no page.
"""

from collections.abc import Sequence
from typing import Any

from core.base.numbers import MISSING, short, whole
from core.base.spec import Choice, Value, fields
from core.experiment import Experiment
from core.network.build import names

Row = tuple[str, tuple[str, ...]]  # setting, its value in each experiment
LEFT_OUT = ("name", "about")  # what people call it is no setting


def settings(experiments: Sequence[Experiment]) -> list[Row]:
    """Every setting in one line each, in the order of the experiment."""
    shown = [fact for fact in fields(Experiment) if fact.name not in LEFT_OUT]
    rows = []
    for fact in shown:
        values = [getattr(e, fact.name) for e in experiments]
        word = _layers if fact.name == "network" else _whole
        rows.append((fact.label, tuple(map(word, values))))
    return rows


def differences(experiments: Sequence[Experiment]) -> list[Row]:
    """The settings that differ, in the order of the experiment; nothing for fewer than two."""
    rows: list[Row] = []
    for fact in fields(Experiment):
        values = [getattr(e, fact.name) for e in experiments]
        if fact.name not in LEFT_OUT and any(v != values[0] for v in values):
            rows += _network(values) if fact.name == "network" else _rows(fact.label, values)
    return rows


def _rows(label: str, values: Sequence[Any]) -> list[Row]:
    """One row; for values of one class a row for each of its fields that differs."""
    same = len({type(value) for value in values}) == 1
    if not same or not isinstance(values[0], Value):
        return [(label, tuple(map(_word, values)))]
    prefix = label if not isinstance(values[0], Choice) else values[0].label
    rows = []
    for fact in fields(type(values[0])):
        parts = [getattr(value, fact.name) for value in values]
        if any(part != parts[0] for part in parts):
            rows += _rows(f"{prefix}: {fact.label.lower()} {fact.symbol}".rstrip(), parts)
    return rows


def _network(networks: Sequence[tuple]) -> list[Row]:
    """Layer by layer while the kinds are the same, else all of them."""
    if len({tuple(layer.kind for layer in layers) for layers in networks}) > 1:
        return [("Network", tuple(_layers(layers) for layers in networks))]
    rows = []
    for name, *layers in zip(names(networks[0]), *networks, strict=True):
        if any(layer != layers[0] for layer in layers):
            rows.append(
                (f"Network: {name}", tuple(layer.summary or layer.label for layer in layers))
            )
    return rows


def _layers(layers: tuple) -> str:
    """The layers that have something to set, in order: "conv1, pool1, linear1, output"."""
    named = zip(names(layers), layers, strict=True)
    return ", ".join(name for name, layer in named if any(fields(type(layer)))) or MISSING


def _whole(value: Any) -> str:
    """A value with all of its fields that are no choices: "seeds" as "0, 0, 0, 0"."""
    if isinstance(value, Value) and not isinstance(value, Choice):
        parts = ((fact.label.lower(), getattr(value, fact.name)) for fact in fields(type(value)))
        return ", ".join(f"{label} {_word(part)}" for label, part in parts) or MISSING
    return _word(value)


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_word, value)) or MISSING
    if isinstance(value, Choice):
        return value.summary or value.label
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return short(value, 4)
    return whole(value) if isinstance(value, int) else str(value)
