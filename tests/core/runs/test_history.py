"""History against a recomputation from scratch, with resumes, downsampling, deltas and values that
are not finite.
"""

import csv
import io
from dataclasses import replace
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.events import Ended, Epoch, Probe, Started, Step, Surface, to_json
from core.export.curves import curves_csv
from core.optim.stopping import Patience
from core.runs import pace
from core.runs.history import History
from tests.core.runs.logs import epoch, folded, probe, runs, started


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


@pytest.mark.parametrize("reason", ["epochs", "patience", "stopped", "diverged", "failed"])
def test_the_x_axis_ends_where_the_run_ended(reason):
    running = folded(started(), Step(30, (1.0,) * 30, 0.1, 1.0, 1.0))
    ended = folded(started(), Step(30, (1.0,) * 30, 0.1, 1.0, 1.0), Ended(reason, "", 30, 3))
    assert running.facts()["steps"] == 100 > ended.facts()["steps"] == 30
    assert ended.facts()["epochs"] == 3 < running.facts()["epochs"]


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
