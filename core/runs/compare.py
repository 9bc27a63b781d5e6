"""The differences between experiments, with the labels of their forms: one row per setting that is
not the same in all. Knows no run and no page.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from core.base.numbers import MISSING, short, whole
from core.base.spec import Choice, Value, fields
from core.base.text import counted
from core.data.datasets import Corrected
from core.experiment import Experiment
from core.network.layer import Layer
from core.network.layers import layer_names
from core.weights.fork import Fork

DIFFERING_LAYERS = "Differing layers"  # the row of networks with layers of different kinds
Row = tuple[str, tuple[str, ...]]  # setting, its value in each experiment
LEFT_OUT = ("name", "about")  # names and descriptions are no settings
LONGEST = 60  # characters of a change in one line; a longer one is named by its setting


def settings(experiments: Sequence[Experiment]) -> list[Row]:
    """Return every setting, one row each, in the order of the experiment."""
    settable = [fact for fact in fields(Experiment) if fact.name not in LEFT_OUT]
    rows = []
    for fact in settable:
        values = [getattr(e, fact.name) for e in experiments]
        if all(value is None for value in values):  # no fork
            continue
        describe = describe_layers if fact.name == "network" else _describe_all
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


def describe_change(old: Experiment, new: Experiment) -> str:
    """Return a change in one line: the setting with both values where they are short, or the number
    of settings.

    >>> describe_change(Experiment(), Experiment(epochs=9, name="Long"))
    'Epochs: 150 → 9'
    """
    rows = differences([old, new])
    if not rows:
        return "Name" if old.name != new.name else "Description"
    if len(rows) > 1:
        return counted(len(rows), "setting")
    label, (before, after) = rows[0]
    line = f"{label}: {before} → {after}"
    return line if len(line) <= LONGEST else label


def describe_row(row: Row) -> str:
    """Return a setting of two experiments with both values, without the choice that it belongs to.

    >>> describe_row(("Adam: learning rate η", ("0.1", "0.01")))
    'learning rate η 0.1 → 0.01'
    """
    label, (before, after) = row
    return f"{label.rpartition(': ')[2]} {before} → {after}"


def _rows(label: str, values: Sequence[Any]) -> list[Row]:
    """Return one row, or for values of one class a row for each field that differs."""
    same = len({type(value) for value in values}) == 1
    # The lists of corrections are long, and a fork is one point: their summaries are shown.
    same = same and not isinstance(values[0], (Corrected, Fork))
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
    """Compare layer by layer if the kinds are the same, else the layers between the first and the
    last difference.
    """
    if len({tuple(layer.kind for layer in layers) for layers in networks}) > 1:
        start = _common(networks)
        end = _common([layers[start:][::-1] for layers in networks])
        cut = [layers[start : len(layers) - end] for layers in networks]
        return [(DIFFERING_LAYERS, tuple(describe_layers(layers) for layers in cut))]
    rows = []
    for name, *layers in zip(layer_names(networks[0]), *networks, strict=True):
        if any(layer != layers[0] for layer in layers):
            rows.append(
                (f"Network: {name}", tuple(layer.summary or layer.label for layer in layers))
            )
    return rows


def _common(networks: Sequence[tuple]) -> int:
    """Return the number of layers at the beginning that all networks share."""
    columns = zip(*networks, strict=False)
    return sum(1 for _ in takewhile(lambda layers: len(set(layers)) == 1, columns))


def describe_layers(layers: Sequence[Layer]) -> str:
    """Return the layers in order; what is repeated appears once with its number.

    >>> from core.network.layers import Flatten, Linear, ReLU
    >>> describe_layers((Flatten(), *(Linear(units=8), ReLU()) * 3))
    'Flatten → 3 × (Linear 8 units → ReLU)'
    """
    texts = [_describe_layer(layer) for layer in layers]
    parts = []
    while texts:
        period, times = _repetition(texts)
        part = " → ".join(texts[:period])
        bare = times == 1 or period == 1
        parts.append(("" if times == 1 else f"{times} × ") + (part if bare else f"({part})"))
        texts = texts[period * times :]
    return " → ".join(parts) or MISSING


def _repetition(texts: Sequence[str]) -> tuple[int, int]:
    """Return the period with which the beginning of the list repeats itself over the largest number
    of entries, and how often it does; (1, 1) if it does not.
    """
    best = (1, 1)
    for period in range(1, len(texts) // 2 + 1):
        times = 1
        while texts[times * period : (times + 1) * period] == texts[:period]:
            times += 1
        if times > 1 and period * times > best[0] * best[1]:
            best = (period, times)
    return best


def _describe_layer(layer: Layer) -> str:
    """Return the label of a layer, with its settings if it has any."""
    return f"{layer.label} {layer.summary}".strip() if fields(type(layer)) else layer.label


def _describe_all(value: Any) -> str:
    """Return a value with all of its fields, except for choices: seeds as "order 0, dropout 0"."""
    if isinstance(value, Value) and not isinstance(value, (Choice, Fork)):
        parts = ((fact.label.lower(), getattr(value, fact.name)) for fact in fields(type(value)))
        return ", ".join(f"{label} {_describe(part)}" for label, part in parts) or MISSING
    return _describe(value)


def _describe(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_describe, value)) or MISSING
    if value is None:
        return MISSING
    if isinstance(value, Choice):
        return value.summary or value.label
    if isinstance(value, Fork):
        return value.summary
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return short(value, 4)
    return whole(value) if isinstance(value, int) else str(value)
