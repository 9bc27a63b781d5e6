"""Records: JSON lines and back, values that are not finite, seeds that were trained one by one."""

import json
from dataclasses import replace
from math import inf, isnan, nan

import pytest

from core.descent.point import CurvePoint
from core.studies.records import Record, StudyStarted, curve, from_line, progress, to_line

ALONE = CurvePoint(
    width=8, parameters=90, samples=50, steps=20, control=0.0, last=True,
    train_loss=(0.5,), train_error=(0.1,), test_loss=(0.75,), test_error=(0.2,), norm=(3.0,),
    ensemble_loss=nan, ensemble_error=nan, variance=nan,
)  # fmt: skip


def record(seed: int, loss: float, **change) -> Record:
    point = replace(ALONE, test_loss=(loss,), **change)
    return Record(seed, 0, 0, {"width": 8, "seed": seed}, point, 0.1 * (seed + 1), 2.0 * (seed + 1))


def test_records_are_strict_json_and_are_read_back() -> None:
    for event in (
        record(0, 0.5, ensemble_loss=1.0, ensemble_error=0.5, variance=0.25),
        StudyStarted("Digits", 10, 5, {"P": (1.0, 9.0)}, 2, 12.5),
    ):
        line = to_line(event)
        json.loads(line, parse_constant=pytest.fail)
        assert from_line(line) == event


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_value_that_is_not_finite_survives_its_line(value: float) -> None:
    line = to_line(record(0, value))
    json.loads(line, parse_constant=pytest.fail)
    assert repr(from_line(line).point.test_loss[0]) == repr(value)


def test_null_of_earlier_versions_is_read_as_nan() -> None:
    line = to_line(record(0, nan)).replace('"NaN"', "null")
    assert isnan(from_line(line).point.test_loss[0]) and isnan(from_line(line).point.variance)


@pytest.mark.parametrize("line", ["{}", '{"event": "Record"}', '{"event": "Begun"}', "[]", "{"])
def test_a_damaged_line_is_not_an_event(line: str) -> None:
    with pytest.raises(ValueError, match="not an event"):
        from_line(line)


def test_seeds_trained_one_by_one_become_one_point_in_order() -> None:
    (point,) = curve([record(2, 0.3), record(0, 0.1), record(1, 0.2)])
    assert point.test_loss == (0.1, 0.2, 0.3)
    assert point.norm == (3.0,) * 3


def test_the_names_on_disk_are_those_of_earlier_versions() -> None:
    line = json.loads(to_line(record(0, 0.5)))
    assert list(line) == ["event", "place", "piece", "index", "at", "point", "share", "seconds"]
    started = json.loads(to_line(StudyStarted("Digits", 10, 5, {}, 2, 12.5)))
    assert (started["event"], started["says"]) == ("Begun", "Digits")


def test_the_seconds_left_follow_from_the_completed_fraction() -> None:
    begun = StudyStarted("", 10, 10, {}, 1, 0.0)
    assert progress([], begun).seconds_left is None
    result = progress([record(0, 0.5), record(1, 0.5)], begun)  # 20 % in 4 s
    assert (result.points, result.total, result.seconds) == (2, 10, 4.0)
    assert result.seconds_left == pytest.approx(16.0)
