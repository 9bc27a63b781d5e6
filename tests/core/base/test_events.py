"""Events are plain JSON: every one survives its line, whatever numbers it holds."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.events import (
    Ended,
    Epoch,
    Event,
    Probe,
    Saved,
    Started,
    Step,
    WeightHash,
    from_json,
    to_json,
)

numbers = st.floats()
scores = st.fixed_dictionaries({"loss": numbers, "accuracy": st.floats(0, 1)})
layers = st.dictionaries(st.sampled_from(["conv1", "linear1"]), numbers)
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Step, st.integers(1), st.lists(numbers).map(tuple), numbers, numbers, numbers),
    st.builds(
        Epoch, st.integers(1), st.integers(1), scores, st.none() | scores, st.booleans(), numbers
    ),
    st.builds(Probe, st.integers(1), layers, layers, layers),
    st.builds(Saved, st.integers(1)),
    st.builds(WeightHash, st.integers(1), st.dictionaries(st.text(), st.from_regex("[0-9a-f]{8}"))),
    st.builds(
        Ended,
        st.text(),
        st.text(),
        st.integers(0),
        st.integers(0),
        st.none() | st.integers(1),
        scores,
    ),
)


@given(events)
def test_an_event_survives_its_line(event: Event) -> None:
    line = to_json(event)
    assert "\n" not in line
    json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert repr(from_json(line)) == repr(event)  # NaN is not equal to itself, its repr is


def test_times_do_not_affect_equality() -> None:
    assert Step(1, (0.5,), 0.1, 3.0, 100.0) == Step(1, (0.5,), 0.1, 4.0, 99.0)
    assert Step(1, (0.5,), 0.1) != Step(1, (0.6,), 0.1)


def test_started_survives_its_line() -> None:
    sizes, affine = {"train": 3, "validation": 1, "test": 1}, {"multiply": 1.0, "add": 0.0}
    event = Started(0, 10, 5, 2, 64, 100, ("conv1",), sizes, affine, "cpu", 1, {"torch": "2"}, 1.0)
    assert from_json(to_json(event)) == event


def test_unknown_fields_of_a_later_version_are_dropped() -> None:
    data = {**json.loads(to_json(Saved(3))), "colour": "red"}
    assert from_json(json.dumps(data)) == Saved(3)


@pytest.mark.parametrize(
    "line", ["", "[]", "{}", '{"event": "Nothing"}', '{"event": "Saved"}', '{"event": "Saved", "st']
)
def test_a_line_without_an_event_is_a_value_error(line: str) -> None:
    with pytest.raises(ValueError):
        from_json(line)


def test_infinity_is_written_as_a_string() -> None:
    line = to_json(Step(1, (math.inf, -math.inf, math.nan), 0.1))
    assert '["Infinity","-Infinity","NaN"]' in line
