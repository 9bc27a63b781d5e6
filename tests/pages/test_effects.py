"""The tab Effects of a run, and the same comparison on Double descent, in each state."""

from dataclasses import replace

import pytest

from core.access.ownership import LAB
from core.base.encoding import change, encode
from core.base.events import Ended, to_json
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.kinds import STUDY
from core.jobs.lane import Lane
from core.runs.state import RunState
from core.runs.store import Store
from core.studies.changes import With, Without
from core.studies.draft_studies import compare_changes
from core.studies.duration import Expected
from core.studies.folder import Studies
from core.studies.records import Record, StudyStarted, to_line
from pages.parts.double_descent import times
from tests.conftest import ended, script, write
from tests.core.figures.descent.conftest import point
from tests.pages.shown import draft, press, texts, visit

EXPERIMENT = Experiment(name="Made up", device="cpu")
CHANGES = [Without(without="weight_decay"), With(family="layer", choice="dropout")]
ERRORS = {"Unchanged": 0.3, CHANGES[0].title: 0.31, CHANGES[1].title: 0.1}
SPREAD = {"Unchanged": 0.0, CHANGES[0].title: 0.02, CHANGES[1].title: 0.01}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A lab in which nothing is ever computed."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_LIVE", "poll")
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    monkeypatch.setattr(times, "expected_time", lambda study: Expected(8.0, 9, "Digits", ""))
    return tmp_path


def finished_run(home, experiment=EXPERIMENT) -> str:
    store = Store(home)
    run = store.create(encode(experiment))
    started, *events = script()
    write(store, run, [replace(started, sizes={"train": 1280}), *events, ended()])
    return run


def open_tab(run):
    app = visit("watch", run=run)
    app.session_state["watch_tab"] = "Effects"
    return app.run()


def store_comparison(home, *, seeds=3, end="done") -> str:
    """A comparison of which `seeds` of 3 seeds are measured."""
    store = Studies(home)
    study = compare_changes(EXPERIMENT, CHANGES, repeats=3)
    study_id = store.create(encode(study))
    store.append(study_id, to_line(StudyStarted("Digits", 10, 9, {}, 1, 0.0)))
    for seed in range(seeds):
        for place, title in enumerate(ERRORS):
            error = ERRORS[title] + SPREAD[title] * (seed - 1)
            measured = replace(point(8, 0.1), validation_error=(error,), seconds=(2.0,))
            coordinates = {"changes": title, "seed": seed}
            record = Record(3 * seed + place, 0, 0, coordinates, measured, 0.5, 4.0)
            store.append(study_id, to_line(record))
    if end:
        store.append(study_id, to_json(Ended(end, "Stopped.", 3 * seeds, 0)))
    return study_id


def test_a_comparison_is_queued_with_what_is_chosen(home) -> None:
    app = open_tab(finished_run(home))
    (changes,) = [m for m in app.multiselect if m.label == "Changes"]
    assert changes.value == ["Without weight decay", "Without a schedule (constant learning rate)"]
    assert len(changes.options) > 50
    changes.set_value(["Without weight decay", "With dropout p = 0.5"])
    app.number_input[0].set_value(4)
    app.run()
    press(app, "Compare 2 changes")
    (study_id,) = Studies(home).ids()
    study = Studies(home).study(study_id)
    assert study == compare_changes(EXPERIMENT, CHANGES, repeats=4)
    assert "Starts immediately" in [p.proto.text for p in app.get("progress")]
    changes = next(m for m in app.multiselect if m.label == "Changes")
    assert changes.value == [one.title for one in CHANGES]
    app = open_tab(finished_run(home))  # as after a reload
    (changes,) = [m for m in app.multiselect if m.label == "Changes"]
    assert (changes.value, app.number_input[0].value) == ([one.title for one in CHANGES], 4)
    changes.set_value([])
    app.run()
    assert next(b for b in app.button if b.label == "Compare 0 changes").disabled


@pytest.mark.parametrize("page", ["watch", "double_descent"])
def test_stop_ends_a_comparison(home, page) -> None:
    study = encode(compare_changes(EXPERIMENT, CHANGES, repeats=3))
    study_id = runner.current().submit(study, by=LAB, kind=STUDY)
    app = open_tab(finished_run(home)) if page == "watch" else visit(page, study=study_id)
    press(app, "act_Stop")
    assert runner.current().status(study_id) is RunState.STOPPED


def test_a_finished_comparison_shows_its_effects_and_opens_the_better_settings(home) -> None:
    store_comparison(home)
    app = open_tab(finished_run(home))
    shown = texts(app)
    assert any("Lower error: with dropout p = 0.5." in text for text in shown)
    rows = [text for text in shown if "percentage points (" in text]
    assert [row.split("**")[1] for row in rows] == [CHANGES[1].title, CHANGES[0].title]
    assert all("3 seeds" in row and "per training (×" in row for row in rows)
    assert [b.label for b in app.button].count("Open as draft") == 1
    app = press(app, "Open as draft")
    expected = CHANGES[1].apply(EXPERIMENT).model_copy(update={"name": "Made up"})
    assert draft(app) == expected


@pytest.mark.parametrize(
    ("seeds", "end", "place"),
    [(1, "stopped", "3 of 9"), (0, "stopped", "before the first"), (2, "failed", "")],
)
def test_an_incomplete_comparison_says_so_and_can_be_resumed(home, seeds, end, place) -> None:
    study_id = store_comparison(home, seeds=seeds, end=end)
    app = open_tab(finished_run(home))
    assert any(place in text.replace("\u202f", " ") for text in texts(app))
    assert ("Open as draft" in [b.label for b in app.button]) == (seeds > 1)
    press(app, f"resume {study_id}")
    assert runner.current().status(study_id).is_live


def test_nothing_is_claimed_before_all_seeds_have_ended(home) -> None:
    study_id = store_comparison(home, seeds=2, end="")
    with Studies(home).own(study_id):
        app = open_tab(finished_run(home))
    assert sum("2 of 3 seeds so far" in text for text in texts(app)) == len(CHANGES)
    assert "Open as draft" not in [b.label for b in app.button]


def test_comparisons_of_other_settings_are_not_shown(home) -> None:
    store_comparison(home)
    app = open_tab(finished_run(home, change(EXPERIMENT, "epochs", 7)))
    assert not any("Lower error" in text for text in texts(app))


def test_the_comparison_is_also_a_study_whose_changes_can_be_chosen(home) -> None:
    app = visit("double_descent", study=store_comparison(home))
    assert any("Lower error: with dropout p = 0.5." in text for text in texts(app))
    (changes,) = [m for m in app.multiselect if m.label == "Changes"]
    assert changes.value == [one.title for one in CHANGES]
    changes.set_value([CHANGES[1].title, "With flip 0.5"])
    app.run()
    assert not app.exception
    assert any("With flip 0.5" in text for text in texts(app))  # what is compared
    assert not any("Lower error" in text for text in texts(app))
