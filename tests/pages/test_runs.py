"""The Runs page: one table with search and filter; selected runs are opened, cloned, compared,
tagged, deleted and restored.
"""

import json
import math
import zlib
from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.access import ownership
from core.access.ownership import LAB
from core.base.encoding import decode, encode
from core.base.errors import NotFound
from core.base.events import Ended, Epoch, to_json
from core.experiment import Experiment, comparisons, shipped
from core.jobs import runner
from core.jobs.lane import Lane
from core.losses import MSE
from core.optim.optimizers import SGD
from core.runs import notes
from core.runs.store import EVENTS, EXPERIMENT, Store
from pages.kit import feed, person
from pages.parts.runs import table
from pages.parts.runs.comparison import distinguishes
from pages.parts.runs.table import thinned
from tests.conftest import ROOT, ended, script, write
from tests.pages.shown import press, texts, well

PLAIN, OTHER = Experiment(name="Plain one"), Experiment(name="Other one", optimizer=SGD(), epochs=3)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The store of a lab that never trains."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    return Store(tmp_path)


@pytest.fixture
def two(store):
    """Two finished runs, in the order of the table."""
    for experiment in (PLAIN, OTHER):
        run = store.create(encode(experiment))
        write(store, run, [*script(), ended()])
    return store.ids()


def page(selected=None, shown=()):
    """The Runs page; `selected` of the `shown` runs are ticked, None leaves the first choice."""
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
    if selected is not None:
        key = f"runs {zlib.crc32(' '.join(shown).encode())}"
        rows = [shown.index(run) for run in selected]
        app.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return well(app.switch_page("runs.py").run())


def button(app, label):
    return next(b for b in app.button if label in (b.key, b.label))


def test_without_runs_the_page_offers_to_train_one(store):
    app = page()
    assert "No runs yet." in texts(app)
    press(app, "Train on digits")
    assert len(store.ids()) == 1


def test_a_row_has_the_settings_and_results_of_its_run(store, two):
    table = page().dataframe[0].value
    assert set(table["Name"]) == {"Plain one", "Other one"}
    row = table[table["Name"] == "Other one"].iloc[0]
    assert (row["State"], row["Optimizer"], row["Learning rate"]) == (
        "✓ Finished",
        "SGD with momentum",
        0.05,
    )
    assert row["Validation error"] == pytest.approx(10.0) and row["Best epoch"] == 4
    assert list(row["Curve"])[3] == pytest.approx(0.3) and row["Time"] == 20


def test_times_have_one_unit_so_that_they_can_be_sorted(store):
    for seconds in (30.0, 4 * 3600.0):
        run = store.create(encode(PLAIN))
        write(store, run, [*script(), replace(ended(), seconds=seconds)])
    assert sorted(page().dataframe[0].value["Time"]) == pytest.approx([30 / 3600, 4])


@pytest.mark.parametrize(("epochs", "points"), [(3, 3), (40, 40), (41, 21), (1000, 40)])
def test_a_sparkline_has_few_points_and_the_last_one(epochs, points):
    losses = [1 / k for k in range(1, epochs + 1)]
    curve = thinned((math.nan, *losses))
    assert len(curve) == points and curve[-1] == losses[-1]
    assert set(curve) <= set(losses) and curve == sorted(curve, reverse=True)


def test_two_runs_of_one_name_differ_in_their_start(store, monkeypatch):
    runs = [store.create(encode(PLAIN)) for _ in range(2)]
    monkeypatch.setattr(type(st.context), "timezone", property(lambda self: "Asia/Tokyo"))
    table = page(runs[:1], store.ids()).dataframe[0].value
    hour = (int(runs[0][9:11]) + 9) % 24  # ids are in UTC, Tokyo is nine hours ahead
    assert table["Started"].iloc[0].hour == hour
    app = press(page([runs[0]], store.ids()), "Delete")
    assert any(f"{hour:02}:{runs[0][11:13]}" in t.replace("\\", "") for t in texts(app))


def test_name_curve_and_error_are_the_first_columns(store, two):
    assert list(page().dataframe[0].value)[:3] == ["Name", "Curve", "Validation error"]


def test_losses_of_two_kinds_are_compared_by_error_with_a_note(store, two):
    run = store.create(encode(Experiment(name="Squares", loss=MSE())))
    write(store, run, [*script(), ended()])
    app = page([two[0], run], store.ids())
    assert "Training and validation error" in [s.value for s in app.subheader]
    assert any("different loss functions" in text for text in texts(app))
    subheaders = [s.value for s in page(two, store.ids()).subheader]
    assert "Training and validation loss" in subheaders


def test_a_selected_run_that_was_deleted_meanwhile_does_not_break_the_page(store, two, monkeypatch):
    def gone(*_):
        raise NotFound(f"There is no run in {store.root}: python -m core runs.")

    monkeypatch.setattr(feed, "tail", gone)
    app = page([two[0]], two)
    (message,) = (text for text in texts(app) if "Run not found" in text)
    assert "python" not in message and not app.error


def test_missing_values_are_empty_and_states_have_their_label(store):
    failed, left = store.create(encode(PLAIN)), store.create(encode(OTHER))
    write(store, failed, [*script()[:1], Ended("failed", "No memory.", 0, 0)])
    waiting = runner.current().submit(encode(PLAIN), by=LAB)
    table = page().dataframe[0].value
    states = dict(zip(store.ids(), table["State"], strict=True))
    assert states == {failed: "✕ Failed", left: "! Not started", waiting: "○ Queued"}
    assert table["Validation error"].isna().all()


@pytest.mark.parametrize(("words", "count"), [("other", 1), ("SGD one", 1), ("one", 2), ("zzz", 0)])
def test_search_finds_runs_by_words(store, two, words, count):
    app = page()
    app.text_input[0].set_value(words)
    well(app.run())
    assert (len(app.dataframe[0].value) if app.dataframe else 0) == count
    assert any("No runs match." in text for text in texts(app)) == (count == 0)


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


def test_a_ready_made_comparison_keeps_its_order_and_shows_all_runs_and_its_lesson(store):
    names = comparisons()["by-heart"]
    for name in names:
        run = store.create(encode(shipped()[name]))
        write(store, run, [*script(), ended()])
    app = page(store.ids(), store.ids())
    wanted = [f"{i}  {shipped()[name].name}" for i, name in enumerate(names, 1)]
    assert [unescaped(cell) for cell in app.table[0].value["Run"]] == wanted
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    legend = [t["name"] for t in figure["data"] if t.get("showlegend") is not False]
    assert [name for name in legend if "training" not in name] == wanted
    assert f"**{shipped()[names[0]].about}**" in [unescaped(text) for text in texts(app)]


def unescaped(text):
    return text.replace("\\", "")


def test_a_selected_run_is_opened(store, two):
    app = press(page([two[1]], two), "Open run")
    assert app.query_params["run"] in (two[1], [two[1]])


def test_two_selected_runs_share_a_chart_and_show_their_differences(store, two):
    app = page(two, two)
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    names = {trace.get("name") for trace in figure["data"]}
    assert {
        f"{i}  {decode(Experiment, store.experiment(r)).name}" for i, r in enumerate(two[::-1], 1)
    } < names
    differing = app.table[0].value
    settings = list(differing["Setting"])
    assert {"Optimizer", "Epochs"} < set(settings) and "Name" not in settings
    assert list(differing) == ["Setting", "1  Plain one", "2  Other one"]
    assert differing["2  Other one"][settings.index("Epochs")] == str(OTHER.epochs)


def test_networks_have_the_names_of_presets_that_distinguish_them():
    row = ("Network", ("conv1, output", "output"))
    assert distinguishes(row, ("Network", ("Small net", "Softmax regression")))
    assert not distinguishes(row, ("Network", ("Small net", "Small net")))
    assert not distinguishes(row, ("Network", ("4 layers", "Softmax regression")))
    assert not distinguishes(
        ("Epochs", ("3", "4")), ("Network", ("Small net", "Softmax regression"))
    )


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


def test_tags_and_notes_are_stored_shown_and_found(store, two):
    app = page([two[0]], two)
    tags = next(m for m in app.multiselect if m.label == "Tags" and m.key.startswith("tags"))
    assert tags.value == []
    notes.write(store, two[0], notes.make_notes("A long try", ("best", "class")))
    table = well(app.run()).dataframe[0].value
    assert [list(tags) for tags in table["Tags"]] == [["best", "class"], []]
    for words in ("best", "long try"):
        app.text_input[0].set_value(words)
        assert len(well(app.run()).dataframe[0].value) == 1
    app.text_input[0].set_value("")
    shown = next(m for m in well(app.run()).multiselect if m.key == "runs_filter_Tags")
    shown.set_value(["class"])
    assert len(well(app.run()).dataframe[0].value) == 1
    assert "1 of 2 runs" in texts(well(app.run())) or "**1 run selected**" in texts(app)


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


def test_a_run_folder_that_was_replaced_is_read_again(store, two):
    """As when a run was deleted for good and its archive is opened again."""
    run = two[0]
    source = feed.tail(run)
    with source.read() as history:
        before = (history.step, history.since()["marks"])
    text = store.experiment(run)
    store.delete(run)
    store.purge(days=0)
    folder = store.root / "made"
    folder.mkdir()
    (folder / EVENTS).write_text("".join(f"{to_json(e)}\n" for e in script(steps=40)))
    (folder / EXPERIMENT).write_text(text)
    assert store.adopt(folder, run) == run
    with source.read() as history:
        assert (before[0], history.step) == (200, 40)
        assert history.since(before[1])["rows"]["step"]["from"] == 0  # a client gets all of it


def test_a_phone_starts_with_three_columns(store, two, monkeypatch):
    monkeypatch.setattr(table, "phone", lambda: True)
    app = page()
    assert list(app.dataframe[0].proto.column_order) == ["Name", "Curve", "Validation error"]


def test_the_selection_stays_with_its_runs_when_another_one_is_added(store, two):
    app = page([two[1]], two)
    assert "**1 run selected**" in texts(app)
    run = store.create(encode(PLAIN))
    kept = json.loads(app.session_state["kept ticks"])
    assert kept["runs"] == [two[1]]
    app = well(app.run())
    drawn = json.loads(app.session_state["kept ticks"])
    assert drawn["default"] == [store.ids().index(two[1])] and run in store.ids()


def test_with_one_seed_each_more_seeds_can_be_queued(store):
    for experiment, share in ((PLAIN, 0.1), (OTHER, 0.2)):
        run = store.create(encode(experiment))
        scores = {"loss": share, "accuracy": 1 - share}
        write(store, run, [*script()[:1], Epoch(1, 20, scores, scores, True), ended()])
    runs = store.ids()
    app = page(runs, runs)
    (text,) = (t for t in texts(app) if "one seed per run" in t)
    assert "Plain one**" in text and "10 percentage points" in text
    press(app, "seeds")
    queued = [decode(Experiment, store.experiment(r)) for r in store.ids() if r not in runs]
    assert len(queued) == 4 and len({e.seeds.order for e in queued}) == 2
    assert {e.name for e in queued} == {"Plain one", "Other one"}
    assert runner.current().live() == sorted(set(store.ids()) - set(runs), key=queue_order)
    assert any("4 runs with other seeds" in i.value for i in app.info)


def queue_order(run):
    return runner.current().live().index(run)


def test_the_chart_can_include_the_training_loss(store, two):
    app = page(two, two)

    def count():
        figure = json.loads(app.get("plotly_chart")[0].proto.spec)
        return len([trace for trace in figure["data"] if "training" in trace.get("name", "")])

    assert count() == 2
    app.toggle(key="overlay_train").set_value(False)
    app.run()
    assert count() == 0
    assert "Differences" in [s.value for s in app.subheader]
    app.toggle(key="all_settings").set_value(True)
    assert "Batch size" in list(well(app.run()).table[0].value["Setting"])
    assert "All settings" in [s.value for s in app.subheader]


def test_a_live_run_cannot_be_deleted(store):
    waiting = runner.current().submit(encode(PLAIN), by=LAB)
    app = page([waiting], [waiting])
    assert button(app, "Delete").disabled and "Stop the run" in button(app, "Delete").help
    assert decode(Experiment, store.experiment(waiting)) == PLAIN


def test_in_a_class_the_table_has_an_owner_column_and_filter(store, two, monkeypatch):
    assert "Owner" not in shown_columns(page())
    monkeypatch.setenv("LAB_MODE", "class")
    ann, ben = ownership.digest("ann"), ownership.digest("ben")
    monkeypatch.setattr(person, "me", lambda: ann)
    ownership.assign(store, two[0], ann)
    ownership.assign(store, two[1], ben)
    app = page()
    assert list(app.dataframe[0].value["Owner"]) == ["You", "Another person"]
    assert "Owner" in shown_columns(app)
    next(m for m in app.multiselect if m.label == "Owner").set_value(["You"])
    app.run()
    assert list(well(app).dataframe[0].value["Owner"]) == ["You"]


def shown_columns(app):
    return list(app.dataframe[0].proto.column_order)
