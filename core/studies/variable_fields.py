"""Varied: every setting of an experiment that a study can vary, with values to begin with, and such
values as people write them. Pure; knows no torch.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from core.base.encoding import build
from core.base.errors import BadExperiment
from core.base.numbers import short
from core.base.spec import Choice, FieldFacts, Value, fields
from core.experiment import Experiment
from core.studies.axes import Axis, Depth, Path, TrainingSamples, Width
from core.studies.values import spread

FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)  # about the present value of what counts by factors
SHARES = (0.02, 0.05, 0.15, 0.4, 1.0)
COUNT = 5  # values of a range that does not say how many
KINDS = 6  # of a family that are tried at first
NOT = {"name", "about", "data", "seeds", "device"}  # what makes no curve
RANGE = re.compile(r"(\S+) to (\S+)(?: in (\d{1,3}))?")


def axes_of(experiment: Experiment) -> dict[str, Axis]:
    """Each setting by its name on the page: "AdamW: learning rate", "Linear 4: units", "Epochs"."""
    found: dict[str, Axis] = {"Training samples": TrainingSamples(values=SHARES)}
    for cls in (Width, Depth):
        try:
            now = cls(values=(1,)).read(experiment)
        except ValueError:  # a network without hidden layers
            continue
        if now:
            sizes = {max(1, round(now * factor)) for factor in (0.25, 0.5, 1, 2)}
            found[cls.label] = cls(values=sorted(sizes))
    for label, path, values in _within(experiment, "", ""):
        if path != "split.fraction":  # that is how samples are varied
            found.setdefault(label, Path(path=path, values=values))
    return found


def fitting(experiment: Experiment, axis: Axis) -> Axis:
    """The axis with those of its values that this experiment can take."""
    values = []
    for value in axis.values:
        with suppress(BadExperiment):
            axis.apply(experiment, value)
            values.append(value)
    return build(type(axis), axis.model_dump(mode="json") | {"values": values or axis.values})


def _within(value: Value, path: str, owner: str) -> Iterator[tuple[str, str, list]]:
    """Label, path and values of all plain fields, and of the kinds that may stand in a place."""
    facts = {fact.name: fact for fact in fields(type(value)) if path or fact.name not in NOT}
    for name, fact in facts.items():
        now, here = getattr(value, name), f"{path}{name}"
        if isinstance(now, Value):
            yield from _kinds(now, fact, here)
            yield from _within(now, f"{here}.", getattr(now, "label", "") or fact.label)
        elif isinstance(now, tuple):
            for place, part in enumerate(now):
                if isinstance(part, Choice):
                    numbered = f"{part.label} {place + 1}"
                    yield from _within(part, f"{here}.{place}.", numbered)
        elif values := _values(fact, now):
            yield (f"{owner}: {fact.label.lower()}" if owner else fact.label), here, values


def _kinds(now: Value, fact: FieldFacts, path: str) -> Iterator[tuple[str, str, list]]:
    if isinstance(now, Choice):
        ready = [
            kind
            for kind, cls in type(now).members.items()
            if not any(field.is_required() for field in cls.model_fields.values())
        ]
        if len(ready) > 1:
            others = [kind for kind in ready if kind != now.kind]
            yield fact.label, path, [now.kind, *others[: KINDS - 1]]


def _values(fact: FieldFacts, now: Any) -> list:
    """A few values of a field, the present one among them where that is easy."""
    if fact.options:
        return list(fact.options)
    if fact.type is bool:
        return [False, True]
    if fact.type not in (int, float):
        return []
    low, high = (fact.low if fact.low is not None else 0), fact.high
    if fact.type is int or fact.log or not high or high > 1:
        made = [(now or 1) * f for f in FACTORS]
    else:
        made = [low + (high - low) * k / COUNT for k in range(COUNT)]
    made = [round(v) if fact.type is int else float(f"{v:.3g}") for v in made]
    kept = {v for v in made if v >= low and (high is None or v <= high)}
    return sorted(kept - ({low} if fact.open_low else set()))


def written(values: tuple) -> str:
    """Values as `read` takes them: 0.1  0.01  1e-3."""
    return "  ".join(
        short(v, 4) if isinstance(v, float) else str(v).lower() if isinstance(v, bool) else str(v)
        for v in values
    )


def read(text: str) -> list:
    """Values with a blank between, or a range: "0.1 0.01", "1e-4 to 0.1 in 7" (by equal factors
    where the ends are 10 × apart or more), "adam sgd". BadExperiment for a range that is none.
    """
    if found := RANGE.fullmatch(text.strip()):
        low, high = (_number(part) for part in found.groups()[:2])
        if isinstance(low, (int, float)) and isinstance(high, (int, float)):
            both = isinstance(low, int) and isinstance(high, int)
            factors = 0 < 10 * low <= high
            given = {"low": low, "high": high, "count": int(found[3] or COUNT)}
            try:
                return spread(given | {"log": factors, "whole": both})
            except ValueError as error:
                raise BadExperiment(f"{text.strip()}: {error}") from None
    return [_number(part) for part in text.replace(";", " ").replace(", ", " ").split()]


def _number(text: str) -> int | float | bool | str:
    if text in ("true", "false"):
        return text == "true"
    for cls in (int, float):
        try:
            return cls(text.replace(",", "."))
        except ValueError:
            continue
    return text
