"""Lessons: a question, an answer, a run, and an explanation with the numbers of the run."""

import json

import pytest

from core.base.encoding import decode
from core.base.events import Ended, Epoch, Started, Step, to_json
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.lane import Lane
from core.lessons.library import shipped_lessons
from core.runs.store import Store
from pages.kit import bar, lesson, ready_made, several
from tests.pages.shown import press, texts, visit, well

NAME = "first-loss"
LESSON = shipped_lessons()[NAME]


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A lab home in which queued runs never start."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    return Store(tmp_path)


def finish(store, run, loss):
    events = [
        Started(0, 1, 1, 1, 8, 9, ("linear1",), {"train": 8}, {}, "cpu", 1),
        Step(1, (loss,), 0.1),
        Epoch(1, 1, {"loss": loss, "accuracy": 0.1}, {"loss": loss, "accuracy": 0.1}, True),
        Ended("epochs", "Done.", 1, 1, 1),
    ]
    for event in events:
        store.append(run, to_json(event))


def answered(app):
    return json.loads(app.session_state["kept progress"] or "[]")


def test_an_answer_trains_the_step_and_the_run_explains_it(store):
    app = visit("lessons")
    press(app, f"lesson_start {NAME}")
    assert next(b for b in app.button if b.key == "lesson_train 0").disabled
    app.number_input[0].set_value(2.3).run()
    press(app, "lesson_train 0")
    ((answer, run),) = answered(app)
    assert answer == "2.3"
    assert decode(Experiment, store.experiment(run)) == LESSON.experiment(0)
    finish(store, run, 2.31)
    app = visit("lessons", lesson=NAME, progress=json.dumps([[answer, run]]))
    shown = texts(app)
    assert any("Correct" in text for text in shown)
    assert any("The first loss is 2.31" in text for text in shown)
    assert [radio.label for radio in app.radio] == [LESSON.steps[1].question.text]


def test_a_sketch_as_numbers_is_compared_with_the_curve_of_the_run(store, monkeypatch):
    lesson = shipped_lessons()["double-descent"]
    single = lesson.model_copy(update={"steps": lesson.steps[1:2]})
    monkeypatch.setattr("core.lessons.library.LessonLibrary.get", lambda *_: single)
    app = visit("lessons", lesson=NAME)
    app.text_input[0].set_value("3, 0, 9").run()
    assert app.button(key="lesson_train 0").disabled and any("“3, 0, 9”" in t for t in texts(app))
    app.text_input[0].set_value("2.5, 0.4, 1.4").run()
    press(app, "lesson_train 0")
    ((answer, run),) = answered(app)
    sketched = [value for _, value in single.steps[0].question.sketched(answer, 600)]
    assert sketched[::16] == pytest.approx([2.5, 0.4, 1.4], abs=0.03)
    losses = [2.5, *[0.5] * 300, *[1.5] * 299]
    events = [Epoch(n, n, {"loss": v}, {"loss": v}, False) for n, v in enumerate(losses, 1)]
    for event in [Started(0, 600, 1, 600, 8, 9, (), {"train": 8}, {}, "cpu", 1), *events]:
        store.append(run, to_json(event))
    store.append(run, to_json(Ended("epochs", "Done.", 600, 600, 1)))
    shown = texts(visit("lessons", lesson=NAME, progress=json.dumps([[answer, run]])))
    assert any("starts at 2.5" in text and "ends at 1.5" in text for text in shown)
    assert any("Correct." in text for text in shown)


def test_every_other_page_shows_the_lesson_in_progress_until_it_is_left(store):
    app = visit("concepts", lesson=NAME)
    assert any(LESSON.title in text for text in texts(app))
    press(app, "lesson_leave")
    assert not any(LESSON.title in text for text in texts(app))
    assert app.session_state["kept lesson"] == ""


def test_a_page_that_a_lesson_does_not_use_is_locked_until_the_lesson_is_left(store):
    open_page, locked = (visit(name, lesson=NAME) for name in ("concepts", "train"))
    assert open_page.get("button_group") and not locked.number_input
    assert [title.value for title in locked.title] == ["Train"]
    for app in (open_page, locked):  # the sentence below the menu is on both
        assert any(LESSON.title in caption.value for caption in app.sidebar.caption)
    lock = open_page.button(key="bar_start")  # on a page that is open
    assert lock.disabled and LESSON.title in lock.help
    assert any(LESSON.title in info.value for info in locked.info)
    press(locked, "lesson_leave")
    assert locked.number_input and not locked.sidebar.caption
    assert not locked.button(key="bar_start").disabled


def test_no_button_outside_the_lesson_queues_a_run_while_train_is_locked(store, monkeypatch):
    for name, answers, is_locked in ((NAME, 0, True), (NAME, 9, True), ("momentum", 0, False)):
        monkeypatch.setattr(lesson, "current", lambda name=name: shipped_lessons()[name])
        monkeypatch.setattr(lesson, "answers", lambda answers=answers: [None] * answers)
        assert bool(lesson.training_lock()) == is_locked
    monkeypatch.setattr(lesson, "training_lock", lambda: "Locked")
    monkeypatch.setattr(bar.st, "error", lambda *_, **__: None)
    for queue in (bar.start, several.start, ready_made.compare):
        queue(None)  # is refused before it is read
    assert not store.ids()


@pytest.mark.parametrize(
    "progress", ["", "%", "[1]", '[["9","../../etc"]]', '{"a":1}', "[[[],{}]]"]
)
def test_a_broken_address_of_a_lesson_is_no_fault(store, progress):
    app = visit("lessons", lesson=NAME, progress=progress)
    assert any(button.key == "lesson_leave" for button in app.button)  # the lesson is open
    app = visit("start", lesson="../" + NAME, progress=progress)
    assert not any(button.label == "Leave lesson" for button in app.button)


def test_the_editor_checks_the_text_and_previews_a_valid_lesson(store):
    app = visit("lessons")
    app.get("button_group")[0].set_value("Write a lesson")
    well(app.run())
    valid = app.text_area[0].value
    app.text_area[0].set_value("{").run()
    assert any("not valid JSON" in text for text in texts(app))
    app.text_area[0].set_value(valid.replace(LESSON.title, "My lesson")).run()
    press(app, "Preview lesson")
    assert app.title[0].value == "My lesson"


def test_the_glossary_opens_the_term_of_the_address_also_during_a_lesson(store):
    for taken in ("", NAME):
        app = visit("lessons", lesson=taken, term="learning rate")
        assert app.subheader[0].value == "Learning rate" and app.get("latex")
        app.text_input[0].set_value("drop").run()
        assert well(app).subheader[0].value == "Dropout"
        assert app.query_params["term"] in ("drop", ["drop"])
        app.text_input[0].set_value("no such term").run()
        assert not app.subheader and any("“no such term”" in text for text in texts(app))
        app.text_input[0].set_value("").run()
        assert len(app.expander) == 8 and "term" not in app.query_params
        app.get("button_group")[0].set_value("Lesson" if taken else "Choose a lesson")
        assert not well(app.run()).text_input
