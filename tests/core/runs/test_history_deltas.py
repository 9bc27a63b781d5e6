"""What a client of a history receives: only what it lacks, as strict JSON, and never less."""

import json
from dataclasses import replace
from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.encoding import from_json_text, to_json_text
from core.base.events import Step, Surface, to_json
from core.runs.history import History
from tests.core.runs.logs import epoch, folded, probe, runs, started


@settings(max_examples=60)
@given(runs(), st.data())
def test_a_client_that_applies_deltas_has_the_same_rows_as_a_new_one(events, data):
    lines = [to_json(e) for e in events]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(lines)), max_size=6)))
    history, marks, held = History(), "", {}
    for low, high in zip([0, *cuts], [*cuts, len(lines)], strict=True):
        history.add(lines[low:high])
        delta = from_json_text(to_json_text(history.since(marks)))
        marks = delta["marks"]
        for group, table in delta["rows"].items():
            start = table.pop("from")
            for name, values in table.items():
                held[group, name] = held.get((group, name), [])[:start] + values
    full = history.since()
    assert full["marks"] == marks
    for group, table in full["rows"].items():
        table.pop("from")
        for name, values in table.items():
            assert repr(held[group, name]) == repr(values)  # NaN is not equal to itself


def test_a_delta_has_only_new_rows():
    history = folded(started(), *(Step(s, (0.5,), 0.1, s, 1.0) for s in range(1, 51)))
    marks = history.since()["marks"]
    history.add([to_json(Step(51, (0.25,), 0.1, 51.0, 1.0))])
    delta = history.since(marks)["rows"]["step"]
    assert (delta["from"], delta["step"], delta["loss"]) == (49, [50, 51], [0.5, 0.25])


@pytest.mark.parametrize(
    "marks",
    [
        "",
        "x",
        "0.1.2",
        "0.999.0.0.0.0",
        "0.-1.0.0.0.0",
        "9.0.0.0.0.0",
        "0.1.1.1.1",
        "0.1.1.1.1.1.1",
    ],
)
def test_invalid_marks_give_all_rows(marks):
    history = folded(started(), Step(3, (3.0, 2.0, 1.0), 0.1, 3.0, 1.0), probe(3), epoch(1, 3))
    assert repr(history.since(marks)["rows"]) == repr(history.since()["rows"])


def test_a_surface_is_sent_once_and_a_damaged_one_is_not():
    whole = Surface(1, (0.0,), (1.0,), values=(0.5,) * 200)
    history = folded(started(), Step(1, (0.5,), 0.1, 1.0, 1.0), whole)
    first = history.since()
    assert first["rows"]["surface"]["y"] == [0.5] * 200
    assert "surface" not in history.since(first["marks"])["rows"]
    for bad in (replace(whole, step=2, values=(1.0,)), replace(whole, step=2, low=(0.0, 0.0))):
        history.add([to_json(bad)])
        assert "surface" not in history.since(first["marks"])["rows"]
    history.add([to_json(replace(whole, step=2, values=(0.25,) * 200))])
    assert history.since(first["marks"])["rows"]["surface"]["y"] == [0.25] * 200


def test_a_delta_with_nan_and_infinity_is_strict_json():
    history = folded(started(), Step(2, (1.0, nan), 0.1, 2.0, 1.0), probe(2, float("inf")))
    assert isnan(history.columns()["step.loss"][1])
    text = to_json_text(history.since())
    rows = json.loads(text, parse_constant=pytest.fail)["rows"]
    assert rows["step"]["loss"] == [1.0, "NaN"]  # binding.js draws a gap for what is not a number
    assert "Infinity" in next(v for name, v in rows["probe"].items() if name.startswith("gradient"))
