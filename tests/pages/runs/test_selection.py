"""What can be done with the selected runs: open, clone, tag, delete and restore."""

import json
import zlib

from streamlit.testing.v1 import AppTest

from core.access.ownership import LAB
from core.base.encoding import decode, encode
from core.base.errors import NotFound
from core.experiment import Experiment
from core.jobs import runner
from core.runs import notes
from pages.kit import feed
from tests.conftest import ROOT
from tests.pages.runs.runs_page import PLAIN, button, page
from tests.pages.shown import press, texts, well


def test_a_selected_run_that_was_deleted_meanwhile_does_not_break_the_page(store, two, monkeypatch):
    def gone(*_):
        raise NotFound(f"There is no run in {store.root}: python -m core runs.")

    monkeypatch.setattr(feed, "tail", gone)
    app = page([two[0]], two)
    (message,) = (text for text in texts(app) if "Run not found" in text)
    assert "python" not in message and not app.error


def test_without_a_selection_all_actions_are_disabled(store, two):
    app = page([], two)
    assert all(button(app, label).disabled for label in ("Open run", "Clone settings", "Delete"))


def test_the_settings_of_a_selected_run_are_cloned_to_the_draft(store, two):
    chosen = two[0]
    app = press(page([chosen], two), "Clone settings")
    assert app.session_state["draft"] == store.experiment(chosen)
    assert [t.value for t in app.title] == ["Train"]


def test_the_newest_run_is_selected_at_first_and_no_run_if_that_is_wanted(store, two):
    app = page()
    assert "**1 run selected**" in texts(app) and app.get("plotly_chart")
    assert json.loads(app.session_state["kept ticks"])["runs"] == two[:1]
    assert not page([], two).get("plotly_chart")


def test_a_click_on_a_name_opens_its_run(store, two):
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
    key = f"runs {zlib.crc32(' '.join(two).encode())}"
    clicked = {"selection": {"rows": [], "columns": [], "cells": [(1, "Name")]}}
    app.session_state[key] = clicked
    app = well(app.switch_page("runs.py").run())
    assert [t.value for t in app.title] != ["Runs"]
    assert app.query_params["run"] in (two[1], [two[1]])


def test_a_selected_run_is_opened(store, two):
    app = press(page([two[1]], two), "Open run")
    assert app.query_params["run"] in (two[1], [two[1]])


def test_undo_restores_a_deleted_run(store, two):
    app = press(page([two[0]], two), "Delete")
    assert store.ids() == [two[1]] and store.trash.ids() == [two[0]]
    assert any("**1 run deleted.**" in text and "7 days" in text for text in texts(app))
    press(app, "undo_delete")
    assert store.ids() == two and not store.trash.ids()


def test_deleted_runs_are_restored_one_by_one_from_the_trash(store, two):
    app = press(page(two, two), "Delete")
    assert any("**2 runs deleted.**" in text and "7 days" in text for text in texts(app))
    assert "No runs yet." in texts(app)
    other = page()  # another browser
    press(other, f"restore {two[1]}")
    assert store.ids() == [two[1]]
    press(other, "Empty trash")
    assert not store.trash.ids()
    assert not any("deleted.**" in text for text in texts(well(app.run())))  # nothing to restore


def test_common_tags_change_and_the_others_stay(store, two):
    notes.write(store, two[0], notes.make_notes("", ("a", "both")))
    notes.write(store, two[1], notes.make_notes("kept", ("b", "both")))
    app = page(two, two)
    tags = next(m for m in app.multiselect if m.label == "Tags of all selected runs")
    assert tags.value == ["both"] and sorted(tags.options) == ["a", "b", "both"]
    tags.set_value(["a"])
    button(app, "Save tags").click()
    well(app.run())
    found = [notes.read(store, run) for run in two]
    assert [set(each.tags) for each in found] == [{"a"}, {"a", "b"}]
    assert found[1].note == "kept"


def test_the_selection_stays_with_its_runs_when_another_one_is_added(store, two):
    app = page([two[1]], two)
    assert "**1 run selected**" in texts(app)
    run = store.create(encode(PLAIN))
    kept = json.loads(app.session_state["kept ticks"])
    assert kept["runs"] == [two[1]]
    app = well(app.run())
    drawn = json.loads(app.session_state["kept ticks"])
    assert drawn["default"] == [store.ids().index(two[1])] and run in store.ids()


def test_a_live_run_cannot_be_deleted(store):
    waiting = runner.current().submit(encode(PLAIN), by=LAB)
    app = page([waiting], [waiting])
    assert button(app, "Delete").disabled and "Stop the run" in button(app, "Delete").help
    assert decode(Experiment, store.experiment(waiting)) == PLAIN


def test_the_exports_of_a_selected_run_are_one_press_away(store, two):
    app = press(page([two[1]], two), "Export as code, ONNX, report …")
    assert [t.value for t in app.title] == ["Watch"] and app.session_state["watch_tab"] == "Export"
    assert app.query_params["run"] in (two[1], [two[1]])


def test_the_effects_of_a_selected_run_are_one_press_away(store, two):
    app = press(page([two[1]], two), "Measure effects")
    assert [t.value for t in app.title] == ["Watch"] and app.session_state["watch_tab"] == "Effects"
    assert app.query_params["run"] in (two[1], [two[1]])
    assert button(page(two, two), "Measure effects").disabled
