"""Records: what the log of a study holds, as JSON lines and back, and its points as curves. Knows
no file and no torch.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from math import isfinite, nan
from statistics import fmean, stdev
from typing import Any

from core.descent.point import Point
from core.experiment import Experiment
from core.studies.axes import TrainingSamples, Width
from core.studies.study import Study


@dataclass(frozen=True)
class Begun:
    """A study begins, or goes on. `says`: the problem in words; `points` that it will have at the
    most; `reach`: the first and the last x by unit ("P", "P/n", "P/(nK)", "N", "N/n", "n",
    "steps").
    """

    says: str
    classes: int
    points: int
    reach: dict[str, tuple[float, float]]
    workers: int
    time: float


@dataclass(frozen=True)
class Record:
    """One point. `at` has the value of each axis and the seed; `share` of the whole work that is
    done, after so many `seconds`.
    """

    place: int
    piece: int
    index: int
    at: dict[str, Any]
    point: Point
    share: float
    seconds: float


@dataclass(frozen=True)
class Progress:
    """`points` of `total` are there after `seconds`; about `left` seconds to go, None where that is
    not known yet.
    """

    points: int
    total: int
    seconds: float
    left: float | None


def to_line(event: Begun | Record) -> str:
    """One JSON line; what is no number is written as null."""
    return json.dumps({"event": type(event).__name__, **_plain(asdict(event))})


def from_line(line: str) -> Begun | Record | dict[str, Any]:
    """The event of one line; the end as its plain fields. ValueError for a line that holds none."""
    try:
        data = json.loads(line)
        kind = data.pop("event")
        if kind == "Begun":
            reach = {unit: tuple(ends) for unit, ends in data["reach"].items()}
            return Begun(**data | {"reach": reach})
        if kind == "Record":
            return Record(**data | {"point": to_point(data["point"])})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"no event of a study: {line[:40]}") from None
    return {"event": kind, **data}


def to_point(data: dict[str, Any]) -> Point:
    """A point from its plain fields."""
    return Point(**{name: _number(value) for name, value in data.items()})


def plain_point(point: Point) -> dict[str, Any]:
    """Its fields as JSON data."""
    return _plain(asdict(point))


def progress(records: Sequence[Record], begun: Begun | None) -> Progress:
    """How far a study is, by its records so far."""
    total = begun.points if begun else 0
    if not records:
        return Progress(0, total, 0.0, None)
    share, seconds = max(record.share for record in records), records[-1].seconds
    left = seconds * (1 - share) / share if share > 0.01 else None
    return Progress(len(records), total, seconds, left)


def curve(records: Sequence[Record]) -> list[Point]:
    """The points of all places, seeds that were trained one by one as one point."""
    found: dict[str, list[Record]] = {}
    for record in records:
        at = {name: value for name, value in record.at.items() if name != "seed"}
        key = json.dumps([at, record.point.control, record.point.width, record.point.samples])
        found.setdefault(f"{key} {record.point.steps}" if _whole(record) else key, []).append(
            record
        )
    merged = [_merged(group) for group in found.values()]
    return sorted(merged, key=lambda p: (p.control, p.width, p.samples, p.steps))


def placed(study: Study, experiment: Experiment, point: Point) -> Point:
    """A trained point with its width, and as control the value of the first axis that is neither
    width nor samples (its place in the list where it is no number).
    """
    for axis in study.axes:
        value = axis.read(experiment)
        if isinstance(axis, Width):
            point = replace(point, width=value)
        elif not isinstance(axis, TrainingSamples):
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            at = float(value) if number else float(_index(axis.values, value))
            return replace(point, control=at)
    return point


def _index(values: Sequence[Any], value: Any) -> int:
    """A kind stands in the experiment with all its fields."""
    kinds = [v.get("kind") if isinstance(v, dict) else v for v in values]
    kind = value.get("kind") if isinstance(value, dict) else value
    return kinds.index(kind) if kind in kinds else 0


def _whole(record: Record) -> bool:
    """Whether its point has all seeds already."""
    return isfinite(record.point.variance) or len(record.point.norm) > 1


def _merged(group: Sequence[Record]) -> Point:
    group = sorted(group, key=lambda record: record.at.get("seed", 0))
    points = [record.point for record in group]
    if len(points) == 1:
        return points[0]
    lists = [
        field.name for field in fields(Point) if isinstance(getattr(points[0], field.name), tuple)
    ]
    together = {
        name: tuple(value for point in points for value in getattr(point, name)) for name in lists
    }
    return replace(points[0], **together)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _number(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(nan if inner is None else inner for inner in value)
    return nan if value is None else value


@dataclass(frozen=True)
class Across:
    """What several seeds reached: mean, standard deviation (of one seed: 0), best and worst, and
    which seed is the best, counted from 0. Seeds without a number are left out.
    """

    seeds: int
    mean: float
    spread: float
    best: float
    worst: float
    which: int


def across(point: Point, measure: str = "test_error") -> Across | None:
    """Over the seeds of one point; None where no seed has a number."""
    values = {k: v for k, v in enumerate(getattr(point, measure)) if isfinite(v)}
    if not values:
        return None
    which = min(values, key=values.__getitem__)
    kept = list(values.values())
    spread = stdev(kept) if len(kept) > 1 else 0.0
    return Across(len(kept), fmean(kept), spread, values[which], max(kept), which)
