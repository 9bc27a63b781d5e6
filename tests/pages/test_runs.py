"""Runs: all of them in one table, found by a word; the ticked ones are opened, cloned, compared and
deleted.
"""

import json
import zlib

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import runner
from core.encoding import decode, encode
from core.errors import NotFound
from core.events import Ended
from core.experiment import Experiment
from core.losses import MSE
from core.optim.optimizers import SGD
from core.runner import Runner
from core.store import Store
from pages.ui import feed
from tests.conftest import ROOT, ended, script, write

PLAIN, OTHER = Experiment(name="Plain one"), Experiment(name="Other one", optimizer=SGD(), epochs=3)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The home of this test's lab, where nothing is ever trained."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Runner, "_work", lambda self: None)
    return Store(tmp_path)


@pytest.fixture
def two(store):
    """Two finished runs, in the order of the table."""
    for experiment in (PLAIN, OTHER):
        run = store.create(encode(experiment))
        write(store, run, [*script(), ended()])
    return store.ids()


def page(ticked=(), shown=()):
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60).run()
    if ticked:
        key = f"runs {zlib.crc32(' '.join(shown).encode())}"
        rows = [shown.index(run) for run in ticked]
        app.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return well(app.switch_page("runs.py").run())


def well(app):
    assert not app.exception, app.exception
    return app


def button(app, label):
    return next(b for b in app.button if label in (b.key, b.label))


def press(app, label):
    button(app, label).click()
    return well(app.run())


def texts(app):
    return [e.value for e in [*app.markdown, *app.caption]]


def test_no_runs_say_how_to_get_one(store):
    app = page()
    assert "No runs yet." in texts(app)
    press(app, "Train on digits")
    assert len(store.ids()) == 1


def test_a_row_says_what_it_was_and_what_it_reached(store, two):
    table = page().dataframe[0].value
    assert set(table["Name"]) == {"Plain one", "Other one"}
    row = table[table["Name"] == "Other one"].iloc[0]
    assert (row["State"], row["Optimizer"], row["Rate"]) == ("✓ Done", "SGD with momentum", "0.05")
    assert row["Validation error"] == pytest.approx(10.0) and row["Best epoch"] == 4
    assert list(row["Curve"])[3] == pytest.approx(0.3) and row["Time"] == "20 s"


def test_two_runs_of_one_name_are_told_apart_by_their_start(store, monkeypatch):
    runs = [store.create(encode(PLAIN)) for _ in range(2)]
    monkeypatch.setattr(type(st.context), "timezone", property(lambda self: "Asia/Tokyo"))
    table = page(runs[:1], store.ids()).dataframe[0].value
    hour = (int(runs[0][9:11]) + 9) % 24  # ids are in UTC, Tokyo is nine hours ahead
    assert table["Started"].iloc[0].hour == hour
    app = press(page([runs[0]], store.ids()), "Delete")
    assert any(f"{hour:02}:{runs[0][11:13]}" in t.replace("\\", "") for t in texts(app))


def test_a_phone_sees_name_curve_and_error_first(store, two):
    assert list(page().dataframe[0].value)[:3] == ["Name", "Curve", "Validation error"]


def test_losses_of_two_kinds_are_compared_by_error_and_that_is_said(store, two):
    run = store.create(encode(Experiment(name="Squares", loss=MSE())))
    write(store, run, [*script(), ended()])
    app = page([two[0], run], store.ids())
    assert "Validation error, overlaid" in [s.value for s in app.subheader]
    assert any("different kinds" in text for text in texts(app))
    assert "Validation loss, overlaid" in [s.value for s in page(two, store.ids()).subheader]


def test_a_ticked_run_that_goes_meanwhile_takes_no_page_with_it(store, two, monkeypatch):
    def gone(*_):
        raise NotFound(f"There is no run in {store.root}: python -m core runs.")

    monkeypatch.setattr(feed, "tail", gone)
    app = page([two[0]], two)
    (said,) = (text for text in texts(app) if "This run is not here" in text)
    assert "python" not in said and not app.error


def test_what_is_missing_is_missing_and_states_have_their_word(store):
    failed, left = store.create(encode(PLAIN)), store.create(encode(OTHER))
    write(store, failed, [*script()[:1], Ended("failed", "No memory.", 0, 0)])
    waiting = runner.current().submit(encode(PLAIN))
    table = page().dataframe[0].value
    states = dict(zip(store.ids(), table["State"], strict=True))
    assert states == {failed: "✕ Failed", left: "! Not begun", waiting: "○ Waiting"}
    assert table["Validation error"].isna().all()


@pytest.mark.parametrize(("words", "found"), [("other", 1), ("SGD one", 1), ("one", 2), ("zzz", 0)])
def test_runs_are_found_by_words(store, two, words, found):
    app = page()
    app.text_input[0].set_value(words)
    well(app.run())
    assert (len(app.dataframe[0].value) if app.dataframe else 0) == found
    assert ("No run matches." in texts(app)) == (found == 0)


def test_without_a_tick_nothing_can_be_done(store, two):
    app = page()
    assert all(button(app, label).disabled for label in ("Open", "Clone", "Delete"))


def test_one_ticked_run_is_cloned_to_the_draft(store, two):
    chosen = two[0]
    app = press(page([chosen], two), "Clone")
    assert app.session_state["draft"] == store.experiment(chosen)
    assert [t.value for t in app.title] == ["Train"]


def test_one_ticked_run_is_opened(store, two):
    app = press(page([two[1]], two), "Open")
    assert app.query_params["run"] in (two[1], [two[1]])


def test_two_ticked_runs_are_laid_over_one_another_with_what_differs(store, two):
    app = page(two, two)
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    names = {trace.get("name") for trace in figure["data"]}
    assert {
        f"{i}  {decode(Experiment, store.experiment(r)).name}" for i, r in enumerate(two, 1)
    } < names
    differing = app.table[0].value
    settings = list(differing["Setting"])
    assert {"Optimizer", "Epochs"} < set(settings) and "Name" not in settings
    column = f"{two.index(next(r for r in two if 'Other' in store.experiment(r))) + 1}  Other one"
    assert differing[column][settings.index("Epochs")] == str(OTHER.epochs)


def test_deleting_is_asked_first(store, two):
    app = press(page([two[0]], two), "Delete")
    assert store.ids() == two
    assert any("cannot be undone" in text for text in texts(app))


def test_a_live_run_cannot_be_deleted(store):
    waiting = runner.current().submit(encode(PLAIN))
    app = page([waiting], [waiting])
    assert button(app, "Delete").disabled and "stopped first" in button(app, "Delete").help
    assert decode(Experiment, store.experiment(waiting)) == PLAIN
