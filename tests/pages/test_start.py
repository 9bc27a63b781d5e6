"""Start: three ways to begin, the ready-made experiments, and the recent runs."""

import json

import pytest

from core.access import ownership
from core.access.ownership import LAB
from core.base.encoding import decode, encode
from core.base.events import Ended
from core.base.numbers import duration_range
from core.experiment import Experiment, comparisons, shipped
from core.figures.thumbnails import recorded
from core.jobs import runner
from core.jobs.lane import Lane
from core.runs.draft_store import Drafts
from core.runs.store import Store
from pages.kit import person
from tests.conftest import ended, script, write
from tests.pages.shown import draft, press, texts, visit


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A lab home in which queued runs never start."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    return Store(tmp_path)


def start():
    return visit()


def test_an_empty_lab_announces_where_runs_will_appear(store):
    assert any("Your runs will appear" in text for text in texts(start()))


def test_the_first_button_trains_on_digits_and_opens_the_run(store):
    app = press(start(), "Train on digits")
    (run,) = store.ids()
    assert decode(Experiment, store.experiment(run)) == shipped()["digits"]
    assert runner.current().live() == [run]
    assert [title.value for title in app.title] == ["Watch"]


def test_browse_datasets_leads_to_the_datasets(store):
    app = press(start(), "Browse datasets")
    assert [title.value for title in app.title] == ["Data"]
    assert any("MNIST" in text for text in texts(app)) and not store.ids()


def test_choose_files_leads_to_the_upload(store):
    app = press(start(), "Choose files")
    assert [title.value for title in app.title] == ["Data"]
    assert app.file_uploader and not store.ids()


MEMBERS = {name: names for names in comparisons().values() for name in names}


def test_every_shipped_experiment_has_a_card_with_its_measured_curve_if_its_data_is_included(store):
    single = [name for name in shipped() if name not in MEMBERS and name in recorded()]
    app = start()
    studies = 1  # the card of double descent
    drawings = [each.value for each in app.markdown if "data:image/svg+xml" in each.value]
    empty = [text for text in drawings if "No recorded curve" in text and "MB" in text]
    assert len(empty) == len({*shipped()} - recorded().keys()) > 0
    assert len(drawings) - len(empty) == len(single) + len(comparisons()) + studies
    assert not app.get("image")  # which would open full screen, without axes
    keys = {button.key for button in app.button}
    assert {f"open {name}" for name in shipped()} <= keys
    assert {f"compare {name}" for name in comparisons()} <= keys


@pytest.mark.parametrize("name", ["digits", "digits-zeros", "deep-2-relu"])
def test_a_card_opens_its_experiment(store, name):
    app = press(start(), f"open {name}")
    assert draft(app) == shipped()[name]
    assert [title.value for title in app.title] == ["Train"]


def test_comparing_queues_all_runs_in_order_and_selects_them_on_runs(store):
    app = press(start(), "compare deep")
    assert [title.value for title in app.title] == ["Runs"]
    queued = [decode(Experiment, store.experiment(run)) for run in runner.current().live()]
    assert queued == [shipped()[name] for name in comparisons()["deep"]]
    ticked = json.loads(app.session_state["kept ticks"])["runs"]
    assert sorted(ticked) == sorted(store.ids())


def test_the_filter_hides_experiments_that_take_longer(store):
    app = start()
    keys = {button.key for button in app.button}
    app.segmented_control(key="start_time").set_value("Under 30 s").run()
    remaining = {button.key for button in app.button}
    assert "open cifar-resnet" in keys - remaining and "open digits" in remaining


def test_a_card_shows_an_estimated_time_and_after_a_run_the_measured_one(store):
    assert any(text.endswith(" · under\u00a030\u202fs") for text in texts(start()))
    for seconds in (120.0, 240.0):
        run = store.create(encode(shipped()["digits"]))
        write(store, run, [Ended("epochs", "Done.", 6000, 150, seconds=seconds)])
    expected = f" · {duration_range(120, 240)} here"
    assert any(text.endswith(expected) for text in texts(start()))


def test_a_person_who_has_been_here_finds_the_last_draft_and_runs_first(store):
    assert "Continue where you left off" not in [h.value for h in start().header]
    draft_id = Drafts(store.home, LAB).write("", encode(Experiment(name="Half done", epochs=7)), "")
    run = store.create(encode(Experiment(name="Earlier one")))
    app = start()
    assert next(h.value for h in app.header) == "Continue where you left off"
    assert {"go draft", f"go {run}"} < {button.key for button in app.button}
    app = press(app, "go draft")
    assert draft(app).epochs == 7 and app.session_state["draft id"] == draft_id
    assert [title.value for title in app.title] == ["Train"]
    Drafts(store.home, LAB)._path(draft_id).write_text("{")  # of another version
    assert "go draft" not in {button.key for button in start().button}


def test_in_a_class_only_own_runs_are_continued(store, monkeypatch):
    monkeypatch.setenv("LAB_MODE", "class")
    ann, ben = ownership.digest("ann"), ownership.digest("ben")
    monkeypatch.setattr(person, "me", lambda: ann)
    monkeypatch.setattr(person, "account", lambda: ann)
    own, other = (store.create(encode(Experiment(name=name))) for name in "ab")
    ownership.assign(store, own, ann)
    ownership.assign(store, other, ben)
    keys = {button.key for button in start().button}
    assert f"go {own}" in keys and f"go {other}" not in keys


def test_recent_runs_show_their_result_and_a_button_that_opens_each(store):
    done = store.create(encode(Experiment(name="Made *up*")))
    write(store, done, [*script(), ended()])
    waiting = runner.current().submit(encode(Experiment(name="Waiting one")), by=LAB)
    app = start()
    assert any("Made \\*up\\*" in element.value for element in [*app.markdown, *app.caption])
    assert any("error" in text and "best epoch 4 of 10" in text for text in texts(app))
    watched = press(start(), f"go {done}")
    assert watched.query_params["run"] in (done, [done])
    assert [title.value for title in watched.title] == ["Watch"]
    assert press(start(), f"go {waiting}").query_params["run"] in (waiting, [waiting])


def test_start_in_the_bar_queues_the_draft(store):
    app = start()
    press(app, "bar_start")
    (run,) = store.ids()
    assert decode(Experiment, store.experiment(run)) == shipped()["digits"]
