"""Every setting of an experiment that a study can vary, with initial values; and such values as
text and back. Pure functions; no torch.
"""

import re
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from typing import Any

from pydantic_core import PydanticCustomError

from core.base.encoding import build
from core.base.errors import BadExperiment
from core.base.numbers import short
from core.base.spec import Choice, FieldFacts, Value, fields
from core.experiment import Experiment
from core.studies.axes import Axis, DepthAxis, FieldAxis, SamplesAxis, WidthAxis
from core.studies.values import expand_range

FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)  # applied to the current value of a log-scaled field
FRACTIONS = (0.02, 0.05, 0.15, 0.4, 1.0)
DEFAULT_COUNT = 5  # values of a range without a count
MAX_KINDS = 6  # of a family that are tried initially
EXCLUDED = {"name", "about", "data", "seeds", "device", "fork"}  # fields that make no curve
RANGE = re.compile(r"(\S+) to (\S+)(?: in (\d{1,3}))?")


def axes_of(experiment: Experiment) -> dict[str, Axis]:
    """Return each setting by its label: "AdamW: learning rate", "Linear 4: units", "Epochs"."""
    axes: dict[str, Axis] = {SamplesAxis.label: SamplesAxis(values=FRACTIONS)}
    for cls in (WidthAxis, DepthAxis):
        try:
            current = cls(values=(1,)).read(experiment)
        except ValueError:  # a network without hidden layers
            continue
        if current:
            sizes = {max(1, round(current * factor)) for factor in (0.25, 0.5, 1, 2)}
            axes[cls.label] = cls(values=sorted(sizes))
    for label, path, fact, current in walk(experiment, EXCLUDED):
        values = _kinds(current) if isinstance(current, Value) else _initial_values(fact, current)
        if values and path != "split.fraction":  # SamplesAxis varies it
            axes.setdefault(label, FieldAxis(path=path, values=values))
    return axes


def fitting(experiment: Experiment, axis: Axis) -> Axis:
    """Return the axis with those of its values that are valid for this experiment."""
    values = []
    for value in axis.values:
        with suppress(BadExperiment):
            axis.apply(experiment, value)
            values.append(value)
    return build(type(axis), axis.model_dump(mode="json") | {"values": values or axis.values})


def walk(
    experiment: Experiment, excluded: Container[str] = ()
) -> Iterator[tuple[str, str, FieldFacts, Any]]:
    """Yield label, path, facts and present value of all fields, without the `excluded` ones of the
    experiment itself. A field that holds a choice comes before the fields of the choice.
    """
    facts = (fact for fact in fields(Experiment) if fact.name not in excluded)
    yield from _walk(experiment, facts, "", "")


def _walk(
    value: Value, facts: Iterable[FieldFacts], path: str, owner: str
) -> Iterator[tuple[str, str, FieldFacts, Any]]:
    for fact in facts:
        current, field_path = getattr(value, fact.name), f"{path}{fact.name}"
        if isinstance(current, Value):
            yield fact.label, field_path, fact, current
            label = getattr(current, "label", "") or fact.label
            yield from _walk(current, fields(type(current)), f"{field_path}.", label)
        elif isinstance(current, tuple):
            for index, part in enumerate(current):
                if isinstance(part, Choice):
                    numbered, start = f"{part.label} {index + 1}", f"{field_path}.{index}."
                    yield from _walk(part, fields(type(part)), start, numbered)
        else:
            label = f"{owner}: {fact.label.lower()}" if owner else fact.label
            yield label, field_path, fact, current


def complete_kinds(current: Value) -> list[str]:
    """Return the kinds of the family of a choice that need no further fields, the present one
    first; [] for what is no choice.
    """
    if not isinstance(current, Choice):
        return []
    complete = (
        kind
        for kind, cls in type(current).members.items()
        if not any(field.is_required() for field in cls.model_fields.values())
    )
    return [current.kind, *(kind for kind in complete if kind != current.kind)]


def _kinds(current: Value) -> list[str]:
    """Return a few kinds of the family of a choice, the present one first; [] for one kind."""
    kinds = complete_kinds(current)[:MAX_KINDS]
    return kinds if len(kinds) > 1 else []


def _initial_values(fact: FieldFacts, current: Any) -> list:
    """Return a few values of a field, including the current one where that is easy."""
    if fact.options:
        return list(fact.options)
    if fact.type is bool:
        return [False, True]
    if fact.type not in (int, float):
        return []
    low, high = (fact.low if fact.low is not None else 0), fact.high
    if fact.type is int or fact.log or not high or high > 1:
        values = [(current or 1) * factor for factor in FACTORS]
    else:
        values = [low + (high - low) * k / DEFAULT_COUNT for k in range(DEFAULT_COUNT)]
    values = [round(v) if fact.type is int else float(f"{v:.3g}") for v in values]
    allowed = {v for v in values if v >= low and (high is None or v <= high)}
    return sorted(allowed - ({low} if fact.open_low else set()))


def format_values(values: tuple) -> str:
    """Write values as `parse_values` reads them: 0.1  0.01  1e-3."""
    return "  ".join(
        short(v, 4) if isinstance(v, float) else str(v).lower() if isinstance(v, bool) else str(v)
        for v in values
    )


def parse_values(text: str) -> list:
    """Read values separated by spaces, or a range: "0.1 0.01", "1e-4 to 0.1 in 7" (by equal factors
    where the ends differ by 10 × or more), "adam sgd". Raises BadExperiment for an invalid range.
    """
    if match := RANGE.fullmatch(text.strip()):
        low, high = (_parse_value(part) for part in match.groups()[:2])
        if isinstance(low, (int, float)) and isinstance(high, (int, float)):
            values = {"low": low, "high": high, "count": int(match[3] or DEFAULT_COUNT)}
            values["whole"] = isinstance(low, int) and isinstance(high, int)
            values["log"] = 0 < 10 * low <= high
            try:
                return expand_range(values)
            except PydanticCustomError as error:
                raise BadExperiment(
                    f"“{text.strip()}” is not a valid range. {error.message()}", code=error.type
                ) from None
    return [_parse_value(part) for part in text.replace(";", " ").replace(", ", " ").split()]


def _parse_value(text: str) -> int | float | bool | str:
    if text in ("true", "false"):
        return text == "true"
    for cls in (int, float):
        try:
            return cls(text.replace(",", "."))
        except ValueError:
            continue
    return text
