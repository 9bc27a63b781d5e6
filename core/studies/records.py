"""The events in the log of a study as JSON lines and back, and its points as curves. No files, no
torch.

The log was first written with other names; `STORED` maps each field to the one on disk, so that
earlier studies keep opening.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from math import isfinite, nan
from typing import Any

from core.base.encoding import from_json_data, from_json_text, to_json_data, to_json_text
from core.descent.point import CurvePoint


@dataclass(frozen=True)
class StudyStarted:
    """A study starts or resumes. `description` is the problem in words; `points` the maximum number
    of points; `reach` the first and the last x by unit ("P", "P/n", "P/(nK)", "N", "N/n", "n",
    "steps").
    """

    description: str
    classes: int
    points: int
    reach: dict[str, tuple[float, float]]
    workers: int
    time: float


@dataclass(frozen=True)
class Record:
    """One point: the index of its proposal, chunk and position in the chunk. `coordinates` has the
    value of each axis and the seed; `fraction` is how much of the work is done after `seconds`.
    """

    proposal: int
    chunk: int
    index: int
    coordinates: dict[str, Any]
    point: CurvePoint
    fraction: float
    seconds: float


STORED = {
    StudyStarted: ("Begun", {"description": "says"}),
    Record: (
        "Record",
        {"proposal": "place", "chunk": "piece", "coordinates": "at", "fraction": "share"},
    ),
}


@dataclass(frozen=True)
class Progress:
    """`points` of `total` are measured after `seconds`; `seconds_left` is None while unknown. The
    fraction is that of the points: of the work, most is often in the last, largest models.
    """

    points: int
    total: int
    seconds: float
    seconds_left: float | None

    @property
    def fraction(self) -> float:
        return min(1.0, self.points / self.total) if self.total else 0.0


def to_line(event: StudyStarted | Record) -> str:
    """Write one JSON line; see `encoding.to_json_data` for NaN and infinite values."""
    kind, stored_names = STORED[type(event)]
    data = {stored_names.get(name, name): value for name, value in asdict(event).items()}
    return to_json_text({"event": kind, **data})


def from_line(line: str) -> StudyStarted | Record | dict[str, Any]:
    """Read the event of one line; the end of a study as its plain fields. Raises ValueError for a
    line without an event.
    """
    try:
        data = from_json_text(line)
        kind = data.pop("event")
        if kind == STORED[StudyStarted][0]:
            reach = {unit: tuple(ends) for unit, ends in data["reach"].items()}
            return StudyStarted(**_field_names(StudyStarted, data) | {"reach": reach})
        if kind == STORED[Record][0]:
            return Record(**_field_names(Record, data) | {"point": to_point(data["point"])})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"This line is not an event of a study: {line[:40]}") from None
    return {"event": kind, **data}


def to_point(data: dict[str, Any]) -> CurvePoint:
    """Make a point from its JSON fields. Earlier versions wrote null for NaN and infinite
    values.
    """
    return CurvePoint(**{name: _to_numbers(value) for name, value in data.items()})


def plain_point(point: CurvePoint) -> dict[str, Any]:
    """Return the fields of a point as JSON data."""
    return to_json_data(asdict(point))


def progress(records: Sequence[Record], started: StudyStarted | None) -> Progress:
    """Compute the progress of a study from its records so far."""
    total = started.points if started else 0
    if not records:
        return Progress(0, total, 0.0, None)
    fraction, seconds = max(record.fraction for record in records), records[-1].seconds
    return Progress(len(records), total, seconds, remaining(seconds, fraction))


def remaining(seconds: float, fraction: float) -> float | None:
    """Return the seconds that a study still needs after `seconds` for this fraction of its work;
    None while the fraction is too small.
    """
    return seconds * max(0.0, 1 - fraction) / fraction if fraction > 0.01 else None


def curve(records: Sequence[Record]) -> list[CurvePoint]:
    """Return the points of all proposals; seeds that were trained one by one become one point."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        coordinates = {k: v for k, v in record.coordinates.items() if k != "seed"}
        point = record.point
        key = json.dumps([coordinates, point.control, point.width, point.samples])
        if _has_all_seeds(record):
            key = f"{key} {point.steps}"
        groups.setdefault(key, []).append(record)
    merged = [_merge_seeds(group) for group in groups.values()]
    return sorted(merged, key=lambda p: (p.control, p.width, p.samples, p.steps))


def _field_names(event: type, data: dict[str, Any]) -> dict[str, Any]:
    names = {stored: name for name, stored in STORED[event][1].items()}
    return {names.get(stored, stored): value for stored, value in data.items()}


def _has_all_seeds(record: Record) -> bool:
    return isfinite(record.point.variance) or len(record.point.norm) > 1


def _merge_seeds(group: Sequence[Record]) -> CurvePoint:
    group = sorted(group, key=lambda record: record.coordinates.get("seed", 0))
    points = [record.point for record in group]
    if len(points) == 1:
        return points[0]
    per_seed = [
        field.name
        for field in fields(CurvePoint)
        if isinstance(getattr(points[0], field.name), tuple)
    ]
    merged = {
        name: tuple(value for point in points for value in getattr(point, name))
        for name in per_seed
    }
    return replace(points[0], **merged)


def _to_numbers(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(map(_to_numbers, value))
    return nan if value is None else from_json_data(value)
