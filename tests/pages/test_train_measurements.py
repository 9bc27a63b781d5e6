"""What Train estimates and measures before a run: its time and memory, and a learning rate."""

import json

import pytest

from core.base.encoding import encode
from core.base.errors import BadData
from core.base.events import Ended
from core.base.numbers import short
from core.experiment import Experiment
from core.jobs import measure, tasks
from core.optim.optimizers import SGD
from core.runs.store import Store
from tests.conftest import write
from tests.pages.shown import draft, labelled, texts, visit, well


@pytest.fixture
def page(store):
    """Open the page as a new visitor of this test's lab."""
    return lambda experiment=None: visit("train", experiment)


def test_a_very_short_time_is_not_shown_as_zero(page, tmp_path):
    here = Store(tmp_path)
    write(
        here, here.create(encode(Experiment())), [Ended("epochs", "Done.", 10**6, 1, seconds=1.0)]
    )
    time = next(m for m in page(Experiment(epochs=1)).metric if m.label == "Time")
    assert time.value == "under\u00a01\u202fs"


def test_the_time_is_estimated_from_the_last_comparable_run(page, tmp_path):
    def time(app):
        return next(m for m in app.metric if m.label == "Time")

    assert time(page()).delta == "rough guess"
    here, steps = Store(tmp_path), 150 * 40  # epochs × steps an epoch
    past = Experiment(name="*Past*", epochs=10)
    write(here, here.create(encode(past)), [Ended("epochs", "Done.", 400, 10, seconds=4.0)])
    shown = time(page(Experiment(epochs=150, batch_size=past.batch_size)))
    assert steps * 4 // 400 == 60 and shown.value == "about\u00a060\u202fs"
    assert "\\*Past" in shown.delta


def test_a_suggested_learning_rate_can_be_used_and_undone(page, tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_LIVE", "poll")  # the chart is in what the server sends
    app = page(Experiment(optimizer=SGD(learning_rate=0.5)))
    next(b for b in app.button if b.key == "find_rate").click().run()
    work = tasks.current(tmp_path)
    (id,) = work._tasks
    found = work.wait(id)["found"]["suggested"]["rate"]
    use = next(b for b in well(app.run()).button if b.key == "use_rate")
    (chart,) = (c for c in app.get("plotly_chart") if "chart_rate" in c.proto.id)
    traces = json.loads(chart.proto.spec)["data"]
    assert max(len(trace["x"]) for trace in traces if trace.get("x")) > 50
    assert use.label == f"Use {short(found)}"
    use.click().run()
    assert draft(well(app)).optimizer == SGD(learning_rate=found)
    assert float(labelled(app, "text_input", "Learning rate η").value) == found
    next(b for b in app.button if b.key == "undo_rate").click().run()
    assert draft(well(app)).optimizer == SGD(learning_rate=0.5)
    labelled(app, "number_input", "Momentum β").set_value(0.5).run()
    assert any("Settings have changed since" in text for text in texts(app))
    next(b for b in app.button if b.key == "close_rate").click().run()
    assert not [b for b in app.button if b.key == "use_rate"]


def test_a_failed_range_test_reports_the_error(page, tmp_path, monkeypatch):
    def failing(experiment, data):
        raise BadData("Row 3 is empty: fill it.")
        yield

    monkeypatch.setitem(measure.KINDS, "rate", failing)
    app = page()
    next(b for b in app.button if b.key == "find_rate").click().run()
    work = tasks.current(tmp_path)
    work.wait(next(iter(work._tasks)))
    assert any("Row 3 is empty" in text.replace("\\", "") for text in texts(well(app.run())))


def test_measured_time_belongs_to_exactly_this_draft(page, tmp_path):
    def time(app):
        return next(m for m in app.metric if m.label == "Time")

    app = page(Experiment(epochs=2))
    next(b for b in app.button if b.key == "measure").click().run()
    work = tasks.current(tmp_path)
    work.wait(next(iter(work._tasks)))
    assert time(well(app.run())).delta == "from 10 trial steps here"
    labelled(app, "number_input", "Epochs").set_value(3).run()
    assert time(well(app)).delta == "rough guess"


def test_memory_is_compared_with_what_is_free(page, monkeypatch):
    monkeypatch.setattr("core.base.memory.free", lambda device: 4_000_000)
    app = page(Experiment(batch_size=2000))
    memory = next(m for m in app.metric if m.label == "Memory")
    assert memory.delta.replace("\u202f", " ") == "of 4.0 MB free"
    next(b for b in app.button if b.label.startswith("Use a batch size of")).click().run()
    assert draft(well(app)).batch_size < 2000
