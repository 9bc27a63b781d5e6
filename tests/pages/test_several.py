"""A number of the draft takes several values, and Start queues a batch, which Runs shows."""

import json

import pytest

from core.base.encoding import decode
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.lane import Lane
from core.optim.optimizers import AdamW
from core.runs.state import RunState
from tests.pages.shown import draft, texts, visit, well

RATE = "Learning rate α"


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The page Train of a lab that never trains."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)

    def opened():
        return visit("train", Experiment(optimizer=AdamW(learning_rate=0.003)))

    return opened


def field(app, start):
    return next(w for w in app.text_input if w.label.startswith(start))


def put(app, start, text):
    field(app, start).set_value(text)
    return well(app.run())


def button(app, key):
    return next(b for b in app.button if b.key == key)


def selected(app):
    """The rows that the table selects when it is drawn."""
    return sorted(json.loads(app.session_state["kept ticks"])["default"])


def experiments():
    store = runner.current().store
    return [decode(Experiment, store.experiment(run)) for run in reversed(store.ids())]


def add(app, path, text):
    """Enter several values in the popover."""
    next(s for s in app.selectbox if s.label == "Number").set_value(path)
    next(t for t in app.text_input if t.label == "Values").set_value(text)
    return well(button(app, "use_several").click().run())


def test_a_list_in_a_field_becomes_a_batch_that_runs_together_and_stops_together(page):
    app = put(page(), "Learning rate", "0.1, 0.01, 0.001")
    assert field(app, "Learning rate").value == "0.1, 0.01, 0.001"
    assert button(app, "bar_start").label == "Start 3 runs"
    assert app.query_params["several"]  # survives a reload
    app = well(button(app, "bar_start").click().run())
    assert [e.optimizer.learning_rate for e in experiments()] == [0.1, 0.01, 0.001]
    lab = runner.current()
    assert len(lab.live()) == 3
    batch = lab.live()[0]
    assert selected(app) == [0, 1, 2]
    app.session_state["kept ticks"] = json.dumps({"runs": []})
    app = well(app.switch_page("runs.py").run())
    assert selected(app) == []
    app = well(button(app, f"batch {batch}").click().run())
    assert selected(app) == [0, 1, 2]
    app = well(button(app, f"stop batch {batch}").click().run())
    assert {lab.status(run) for run in lab.store.ids()} == {RunState.STOPPED}
    assert not lab.live()


def test_two_lists_are_a_grid_whose_size_is_limited(page):
    app = add(page(), "epochs", "1, 2, 3")
    app = add(app, "batch_size", "8 … 32, 4 values")
    assert button(app, "bar_start").label == "Start 12 runs"
    app = put(app, "Epochs", "1, 2, 3, 4, 5, 6")
    assert button(app, "bar_start").disabled
    assert any("6 × 4 = 24 runs" in text or "4 × 6 = 24 runs" in text for text in texts(app))


def test_a_single_value_and_any_other_change_of_the_field_end_the_list(page):
    app = put(page(), "Learning rate", "0.1, 0.01")
    app = put(app, "Learning rate", "0.02")
    assert draft(app).optimizer.learning_rate == 0.02
    assert button(app, "bar_start").label == "Start"
    app = add(app, "epochs", "5, 6")
    assert button(app, "bar_start").label == "Start 2 runs"
    app = well(button(app, "remove several epochs").click().run())
    assert button(app, "bar_start").label == "Start"
    app = put(app, "Learning rate", "0.1, 0.01")
    app = well(button(app, "Undo").click().run())  # the single value is taken back
    assert draft(app).optimizer.learning_rate == 0.003
    assert button(app, "bar_start").label == "Start"


@pytest.mark.parametrize("text", ["0.1, x", "0.1, -1", "1 … 0.1"])
def test_an_invalid_list_is_explained_and_start_waits(page, text):
    app = put(page(), "Learning rate", text)
    assert button(app, "bar_start").disabled
    assert draft(app).optimizer.learning_rate == 0.003
    app = put(app, "Learning rate", "0.1, 0.01")
    app = put(app, "Learning rate", text)
    assert button(app, "bar_start").disabled
    assert not experiments()
