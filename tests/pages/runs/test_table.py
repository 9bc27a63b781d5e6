"""The table of the Runs page: columns, states, search and filters."""

import csv
import io
import json
import math
import re
from dataclasses import replace

import pytest
import streamlit as st

from core.access import ownership
from core.access.ownership import LAB
from core.access.pseudonyms import short_name
from core.base.encoding import encode
from core.base.events import Changed, Ended, Epoch, to_json
from core.base.numbers import MISSING, duration, percent, short
from core.experiment import load
from core.jobs import runner
from core.runs import notes, trash
from core.runs.store import EVENTS, EXPERIMENT
from core.runs.summary import summaries, summarize
from pages.kit import feed, person
from pages.kit.form import escape
from pages.parts.runs import table
from pages.parts.runs.actions import as_csv
from pages.parts.runs.table import CHANGES, thinned
from tests.conftest import ended, script, write
from tests.pages.runs.runs_page import OTHER, PLAIN, page
from tests.pages.shown import draft, press, texts, well, written


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
    assert row["Validation"] == pytest.approx(0.1) and row["Best epoch"] == 4
    assert list(row["Curve"])[3] == pytest.approx(0.3) and row["Time"] == 20


def test_times_and_scores_are_written_as_elsewhere_and_sorted_by_value(store):
    values = {"loss": 0.1, "r2": 0.9123}
    for seconds, scores in ((30.0, None), (4 * 3600.0, values)):
        run = store.create(encode(PLAIN))
        epochs = [Epoch(1, 20, scores, scores, True)] if scores else script()[1:]
        end = replace(ended(), seconds=seconds, test=scores or ended().test)
        write(store, run, [script()[0], *epochs, end])
    shown = page().dataframe[0]
    assert list(shown.value["Time"]) == [4 * 3600, 30]
    assert list(written(shown)["Time"]) == [duration(4 * 3600), duration(30)]
    assert list(written(shown)["Validation"]) == ["R² 0.912", percent(0.1)]
    assert shown.value["Test"][0] == pytest.approx(1 - 0.9123)
    of_values, of_classes = csv.DictReader(io.StringIO(as_csv(summaries(store)[0])))
    assert (of_values["Test error"], of_classes["Test R²"]) == ("", "")
    assert float(of_values["Test R²"]) == pytest.approx(0.9123)
    assert float(of_classes["Validation error"]) == pytest.approx(10)


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
    assert list(page().dataframe[0].value)[:3] == ["Name", "Curve", "Validation"]


def test_missing_values_are_empty_and_states_have_their_label(store):
    failed, left = store.create(encode(PLAIN)), store.create(encode(OTHER))
    write(store, failed, [*script()[:1], Ended("failed", "No memory.", 0, 0)])
    waiting = runner.current().submit(encode(PLAIN), by=LAB)
    table = page().dataframe[0].value
    states = dict(zip(store.ids(), table["State"], strict=True))
    assert states == {failed: "✕ Failed", left: "! Not started", waiting: "○ Queued"}
    assert table["Validation"].isna().all()


@pytest.mark.parametrize(("words", "count"), [("other", 1), ("SGD one", 1), ("one", 2), ("zzz", 0)])
def test_search_finds_runs_by_words(store, two, words, count):
    app = page()
    app.text_input[0].set_value(words)
    well(app.run())
    assert (len(app.dataframe[0].value) if app.dataframe else 0) == count
    assert any("No runs match." in text for text in texts(app)) == (count == 0)


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


def test_a_run_folder_that_was_replaced_is_read_again(store, two):
    """As when a run was deleted for good and its archive is opened again."""
    run = two[0]
    source = feed.tail(run)
    with source.read() as history:
        before = (history.step, history.since()["marks"])
    text = store.experiment(run)
    trash.delete(store, run)
    trash.purge(store, days=0)
    folder = store.root / "made"
    folder.mkdir()
    (folder / EVENTS).write_text("".join(f"{to_json(e)}\n" for e in script(steps=40)))
    (folder / EXPERIMENT).write_text(text)
    assert store.adopt(folder, run) == run
    with source.read() as history:
        assert (before[0], history.step) == (200, 40)
        assert history.since(before[1])["rows"]["step"]["from"] == 0  # a client gets all of it


def test_an_edited_experiment_is_refused_with_ways_out_that_work(store, two):
    edited = json.loads(store.experiment(two[0])) | {"epochs": 9}
    path = store.path(two[0], EXPERIMENT)
    path.write_text(json.dumps(edited, indent=2))
    app = page()
    assert len(app.dataframe[0].value) == 1
    shown = [element.value.replace("\\", "") for element in app.markdown]
    reason = next(text for text in shown if two[0] in text)
    command = re.search("python -m core train ([^`]+)`", reason)
    assert load(command[1]).epochs == 9
    app.file_uploader[0].upload("experiment.json", path.read_bytes())
    assert draft(well(app.run())).epochs == 9


def test_the_row_of_a_run_that_was_changed_in_a_pause_shows_both_values_and_the_step(store, two):
    assert CHANGES not in shown_columns(page())
    changes = {"optimizer.learning_rate": 1e-4}
    write(store, two[0], [script()[0], Changed(5, changes), *script()[1:], ended()])
    app = page(two, two)
    columns = shown_columns(app)
    assert columns.index(CHANGES) == columns.index("Learning rate") + 1
    row = app.dataframe[0].value.iloc[0]
    (text,) = summarize(store, two[0]).changes
    before, after = OTHER.optimizer.learning_rate, 1e-4
    assert all(part in text for part in (short(before, 4), short(after, 4), "at step 5"))
    assert (row["Learning rate"], row[CHANGES]) == (after, text)
    compared = app.table[0].value.set_index("Setting").loc[CHANGES]
    assert list(compared) == [escape(text), MISSING]
    app = press(page([two[0]], two), "Clone settings")
    assert draft(app).optimizer.learning_rate == before
    assert any(text in notice for notice in texts(app))


def test_a_phone_starts_with_three_columns(store, two, monkeypatch):
    monkeypatch.setattr(table, "phone", lambda: True)
    app = page()
    assert list(app.dataframe[0].proto.column_order) == ["Name", "Curve", "Validation"]


def test_in_a_class_the_table_has_an_owner_column_and_filter(store, two, monkeypatch):
    assert "Owner" not in shown_columns(page())
    monkeypatch.setenv("LAB_MODE", "class")
    ann, ben = ownership.digest("ann"), ownership.digest("ben")
    monkeypatch.setattr(person, "me", lambda: ann)
    ownership.assign(store, two[0], ann)
    ownership.assign(store, two[1], ben)
    app = page()
    assert list(app.dataframe[0].value["Owner"]) == ["You", short_name(store.home, ben)]
    assert "Owner" in shown_columns(app)
    next(m for m in app.multiselect if m.label == "Owner").set_value(["You"])
    app.run()
    assert list(well(app).dataframe[0].value["Owner"]) == ["You"]


def shown_columns(app):
    return list(app.dataframe[0].proto.column_order)
