"""A number of the draft takes several values, and Start queues a batch, which Runs shows."""

import json

import pytest

from core.base.encoding import decode, encode
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.lane import Lane
from core.optim.optimizers import AdamW
from core.optim.regularizers import L1, L2
from core.runs.state import RunState
from pages.kit.entries import shown_as
from tests.pages.shown import draft, press, texts, visit, well

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
    assert "Cost of one run" in [heading.value for heading in app.subheader]
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


def test_undo_and_redo_bring_lists_back(page):
    app = put(page(), "Learning rate", "0.1, 0.01")
    app = put(app, "Learning rate", "0.1, 0.01, 0.001")
    app = put(app, "Learning rate", "0.02")
    expected = [("", 0.003), ("0.1, 0.01", 0.003), ("0.1, 0.01, 0.001", 0.003), ("", 0.02)]

    def check(at):
        text, value = expected[at]
        assert draft(app).optimizer.learning_rate == value
        assert field(app, "Learning rate").value == (text or shown_as(value))
        count = len(text.split(",")) if text else 0
        assert button(app, "bar_start").label == (f"Start {count} runs" if count else "Start")

    for at in (2, 1, 0):
        app = press(app, "Undo")
        check(at)
    for at in (1, 2, 3):
        app = press(app, "Redo")
        check(at)


@pytest.mark.parametrize("same", [True, False])
def test_another_draft_has_no_lists_and_undo_returns_to_those_of_the_first(page, same):
    """Also where the number has the same value in both."""
    app = put(page(), "Learning rate", "0.1, 0.01")
    other = encode(draft(app).model_copy(update={} if same else {"name": "Another"}))
    (run,) = [runner.current().store.create(other)]
    app = well(app.switch_page("runs.py").run())
    app = press(app, "Clone settings")
    assert runner.current().store.ids() == [run]
    assert not app.query_params.get("several") and button(app, "bar_start").label == "Start"
    app = press(app, "Undo")
    assert button(app, "bar_start").label == "Start 2 runs"


def test_a_list_does_not_move_to_another_choice(page):
    app = visit("train", Experiment(regularizers=(L1(),)))
    app = add(app, "regularizers.0.strength", "0.1, 0.01")
    assert button(app, "bar_start").label == "Start 2 runs"
    next(t for t in app.toggle if t.label == L2.label).set_value(True)
    app = well(app.run())  # the first of the regularizers now
    assert [type(one) for one in draft(app).regularizers] == [L2, L1]
    assert button(app, "bar_start").label == "Start"


def test_lists_of_an_address_stay_with_its_draft(page):
    """A visitor who opens the run of another person has an own draft."""
    lists = json.dumps({"epochs": "1, 2"})
    app = visit("train", d="no-such-draft", several=lists)
    assert button(app, "bar_start").label == "Start"
    app = visit("train", several=lists)
    assert button(app, "bar_start").label == "Start 2 runs"


@pytest.mark.parametrize("text", ["0.1, x", "0.1, -1", "1 … 0.1"])
def test_an_invalid_list_is_explained_and_start_waits(page, text):
    app = put(page(), "Learning rate", text)
    assert button(app, "bar_start").disabled
    assert draft(app).optimizer.learning_rate == 0.003
    app = put(app, "Learning rate", "0.1, 0.01")
    app = put(app, "Learning rate", text)
    assert button(app, "bar_start").disabled
    assert not experiments()
