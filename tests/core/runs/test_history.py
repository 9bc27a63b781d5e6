"""History against a recomputation from scratch, with resumes, downsampling, deltas and values that
are not finite.
"""

import csv
import io
import json
from dataclasses import replace
from math import ceil, isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.encoding import from_json_text, to_json_text
from core.base.events import Ended, Epoch, Probe, Saved, Started, Step, Surface, to_json
from core.export.curves import curves_csv
from core.optim.stopping import Patience
from core.runs import pace
from core.runs.history import History

LAYERS = ("conv1", "linear1")


def started(step=0, steps=100, epoch_steps=10):
    return Started(
        step, steps, epoch_steps, steps // epoch_steps, 32, 99, LAYERS, {"train": 320}, {}, "cpu", 1
    )


def epoch(number, step, best=True, loss=0.5):
    return Epoch(
        number,
        step,
        {"loss": loss, "accuracy": 0.75},
        {"loss": loss + 1, "accuracy": 0.5},
        best,
        step / 10,
    )


def probe(step, value=1.0):
    return Probe(
        step, *({name: value * (i + 1) for i, name in enumerate(LAYERS)} for _ in range(3))
    )


def folded(*events):
    history = History()
    history.add(map(to_json, events))
    return history


@st.composite
def runs(draw):
    """A run as it would be logged: readings of several losses, probes, epochs, and now and then a
    resume.
    """
    steps = draw(st.sampled_from([7, 40, 2500]))
    per_epoch = draw(st.integers(1, 400))
    events, step, boundaries = [started(0, steps, per_epoch)], 0, [0]
    for _ in range(draw(st.integers(1, 12))):
        if step and draw(st.integers(0, 4)) == 0:
            step = draw(st.sampled_from([b for b in boundaries if b <= step]))
            events.append(started(step, steps, per_epoch))
        count = min(draw(st.integers(1, 700)), steps - step)
        if not count:
            break
        losses = tuple(draw(st.floats(0, 10)) + k for k in range(count))
        step += count
        boundaries.append(step)
        events.append(Step(step, losses, draw(st.floats(1e-6, 1)), step * 0.1, 100.0))
        events += [probe(s, draw(st.floats(1e-6, 1e3))) for s in sorted({step - count + 1, step})]
        if draw(st.booleans()):
            events.append(Surface(step, (-1.0,), (1.0,), values=(float(step),) * 200))
        if step % per_epoch == 0:
            events.append(epoch(step // per_epoch, step))
        events.append(Saved(step))
    return events


def naive(events):
    """The same columns, from a list of all that counts."""
    kept = []
    for event in events:
        if isinstance(event, Started):
            kept = [e for e in kept if not isinstance(e, Started) and e.step <= event.step]
        kept.append(event)
    first = next(e for e in events if isinstance(e, Started))
    losses = {
        e.step - len(e.losses) + 1 + i: v
        for e in kept
        if isinstance(e, Step)
        for i, v in enumerate(e.losses)
    }
    probes = [e for e in kept if isinstance(e, Probe)]

    def rows(width, pairs):
        table = {}
        for step, value in pairs:
            table.setdefault((step - 1) // width, []).append((step, value))
        return [(v[-1][0], sum(x for _, x in v) / len(v)) for _, v in sorted(table.items())]

    steps = rows(max(1, ceil(first.steps / 1000)), sorted(losses.items()))
    norms = rows(max(1, ceil(first.steps / 500)), [(p.step, p.update["linear1"]) for p in probes])
    epochs = [e.epoch for e in kept if isinstance(e, Epoch)]
    return steps, norms, epochs


@settings(max_examples=60)
@given(runs(), st.data())
def test_columns_equal_a_recomputation_however_the_lines_arrive(events, data):
    lines = [to_json(e) for e in events]
    cut = data.draw(st.integers(0, len(lines)))
    history = History()
    history.add(lines[:cut])
    history.add(lines[cut:])
    steps, norms, epochs = naive(events)
    columns = history.columns()
    assert columns["step.step"] == [s for s, _ in steps]
    assert columns["step.loss"] == pytest.approx([v for _, v in steps])
    assert columns["probe.step"] == [s for s, _ in norms]
    assert columns["probe.update.linear1"] == pytest.approx([v for _, v in norms])
    assert columns["epoch.epoch"] == epochs
    assert len(columns["step.step"]) <= 1000 and len(columns["map.step"]) <= 120
    assert columns.get("surface.y") == answers(events)


def answers(events):
    """Those of the newest surface; none when a resume has taken it back."""
    newest = None
    for event in events:
        if isinstance(event, Surface):
            newest = [float(event.step)] * 200
        elif isinstance(event, Started) and newest and newest[0] > event.step:
            newest = []
    return newest


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


def test_a_resume_discards_what_was_logged_after_its_step():
    before = [
        Step(10, (1.0,) * 10, 0.1, 10.0, 5.0),
        epoch(1, 10),
        probe(10),
        Step(20, (2.0,) * 10, 0.1, 20.0, 5.0),
        epoch(2, 20),
    ]
    history = folded(
        started(),
        *before,
        Ended("stopped", "", 20, 2),
        started(10),
        Step(15, (9.0,) * 5, 0.1, 15.0, 5.0),
    )
    assert history.step == 15 and history.ended is None
    assert history.columns()["epoch.epoch"] == [1]
    assert history.columns()["step.loss"] == [1.0] * 10 + [9.0] * 5
    assert history.columns()["step.seconds"] == pytest.approx(range(1, 16))


def test_downsampling_drops_no_spike():
    losses = [1.0] * 5000
    losses[2502] = 1001.0
    history = folded(started(0, 5000, 500), Step(5000, tuple(losses), 0.1, 50.0, 1.0))
    thinned = history.columns()["step.loss"]
    assert len(thinned) == 1000 and max(thinned) == pytest.approx(201.0)
    assert sum(thinned) / len(thinned) == pytest.approx(sum(losses) / len(losses))


def test_a_delta_with_nan_and_infinity_is_strict_json():
    history = folded(started(), Step(2, (1.0, nan), 0.1, 2.0, 1.0), probe(2, float("inf")))
    assert isnan(history.columns()["step.loss"][1])
    text = to_json_text(history.since())
    rows = json.loads(text, parse_constant=pytest.fail)["rows"]
    assert rows["step"]["loss"] == [1.0, "NaN"]  # binding.js draws a gap for what is not a number
    assert "Infinity" in next(v for name, v in rows["probe"].items() if name.startswith("gradient"))


def test_torn_and_unknown_lines_are_dropped():
    history = History()
    history.add(
        [
            to_json(started()),
            '{"event":"Step","st',
            '{"event":"Unknown"}',
            "[]",
            to_json(Step(1, (4.0,), 0.1, 1.0, 1.0)),
        ]
    )
    assert history.columns()["step.loss"] == [4.0]


def test_facts_and_numbers():
    scores = {"loss": 0.2, "accuracy": 0.9}
    events = [
        started(),
        *(Step(10 * k, (float(k),) * 10, 0.1 / k, 2.0 * k, 40.0) for k in range(1, 6)),
        epoch(1, 10),
        probe(50, 1e-3),
    ]
    history = folded(*events, epoch(2, 20), epoch(3, 30, best=False))
    assert pace.seconds_left(history) == pytest.approx(10.0)  # 50 steps at 0.2 s each
    assert (history.best, history.facts()["best_epoch"]) == (1, 2)
    assert pace.throughput(history) == 40.0 and pace.rate(history) == pytest.approx(0.02)
    assert pace.recent_loss(history) == pytest.approx(3.0)
    assert pace.recent_update(history) == pytest.approx(1e-3 * 2**0.5)
    history.add([to_json(Ended("epochs", "All done.", 50, 5, 2, scores, scores, scores, 11.0))])
    assert (
        pace.seconds_left(history) is None
        and history.facts()["ended"] == "epochs"
        and history.seconds == 11.0
    )


def test_the_csv_has_every_step_and_the_epochs():
    history = folded(started(), Step(10, tuple(map(float, range(10))), 0.1, 5.0, 1.0), epoch(1, 10))
    table = list(csv.DictReader(io.StringIO(curves_csv(history))))
    assert [float(row["loss"]) for row in table] == list(range(10))
    assert [float(row["seconds"]) for row in table] == pytest.approx(
        [0.5 * k for k in range(1, 11)]
    )
    assert (table[9]["validation_loss"], table[9]["train_error"], table[8]["train_loss"]) == (
        "1.5",
        "0.25",
        "",
    )


def test_an_empty_run_has_no_rows():
    history = History()
    assert not any(history.columns().values())
    assert (
        history.facts()["step"] == 0
        and pace.recent_loss(history) is None
        and history.since()["marks"] == "0.0.0.0.0.0"
    )


def test_clipping_noise_and_memory_are_those_of_the_probes():
    one = replace(probe(5), clipped={"clip_norm": 0.5}, noise=(8.0, 3.0), memory=2e8)
    two = replace(probe(9), clipped={"clip_norm": 0.75}, noise=(4.0, -1.0), memory=3e8)
    history = folded(started(), Step(10, (1.0,) * 10, 0.1, 1.0, 1.0), one, two, probe(10))
    assert pace.noise(history) == (6.0, 6.0 / 32)  # means 6 and 1, batches of 32
    assert pace.clipped(folded(started(), one, two)) == {"clip_norm": 0.75}
    assert pace.memory(folded(started(), two)) == 3e8 and pace.memory(history) is None
    assert pace.noise(folded(started())) is None
    assert pace.noise(folded(started(), replace(one, noise=(1.0, -1.0))))[0] == float("inf")


def test_marks_are_recomputed_when_a_run_resumes_before_them():
    rules = [Patience(patience=1, only_mark=True)]
    history = History(rules)
    told = [started(), epoch(1, 10), epoch(2, 20, loss=0.7), started(10), epoch(2, 20, loss=0.3)]
    history.add(map(to_json, told[:3]))
    (mark,) = [m for m in history.marks if m.rule in rules]
    assert (mark.epoch, mark.kept, mark.cost) == (2, 1.5, 0.0)
    history.add(map(to_json, told[3:]))
    assert not [m for m in history.marks if m.rule in rules]
