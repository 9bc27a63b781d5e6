"""A class in AppTest: a teacher opens it, two students join and answer, the board shows them."""

import pytest

from core.access import ownership
from core.base.encoding import decode
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.lane import Lane
from core.lessons.classroom import Classes, assigned_value
from core.lessons.library import shipped_lessons
from core.lessons.sketch import POSITIONS
from core.runs.store import Store
from pages.kit import person
from tests.pages.shown import press, texts, visit, well

NAME = "double-descent"
LESSON = shipped_lessons()[NAME]
LAST = len(LESSON.steps) - 1
UNITS = LESSON.steps[LAST].settings[0]


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A lab in class mode in which queued runs never start, and its present visitor."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_MODE", "class")
    monkeypatch.setenv("LAB_PIN", "480215")
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    return Store(tmp_path)


@pytest.fixture
def become(monkeypatch):
    def be(who):
        teacher = who == ownership.TEACHER
        monkeypatch.setattr(person, "_browser", lambda: ownership.digest(who))
        monkeypatch.setattr(person, "has_teacher_session", lambda: teacher)

    return be


def open_view(app, view):
    app.get("button_group")[0].set_value(view)
    return well(app.run())


def test_a_class_from_its_code_to_the_board(store, become):
    become(ownership.TEACHER)
    app = open_view(visit("lessons"), "Class")
    next(box for box in app.selectbox if box.label == "Lesson").set_value(NAME).run()
    press(app, "Open class")
    classes = Classes(store.home)
    (code,) = classes.current()
    (address,) = (block.value for block in app.code if f"class={code}" in block.value)
    assert any(f"QR code of {address}" in html.proto.body for html in app.get("html"))

    for number, who in enumerate(("ann", "ben"), 1):
        become(who)
        student = visit("lessons")
        student.text_input(key="class_code").set_value(code.lower())
        press(student, "Join class")
        assert student.query_params["class"] in (code, [code])
        assert [b.label for b in student.button if b.key == "class_end"] == []
        assert classes.get(code).members[ownership.digest(who)].number == number

    become("ann")
    assert visit("lessons", **{"class": code}).title[0].value == LESSON.title  # by the link
    student = visit("lessons", lesson=NAME, **{"class": code})
    student.radio[0].set_value("0").run()
    press(student, "lesson_train 0")
    room = classes.get(code)
    given = room.members[ownership.digest("ann")].answers[0]
    assert given.answer == "0" and ownership.owner(store, given.run) == ownership.digest("ann")

    become(ownership.TEACHER)
    board = open_view(visit("lessons", **{"class": code}), "Class")
    assert any("2 browsers" in text and "1 answered" in text for text in texts(board))
    classes.answer(code, 1, "z" * POSITIONS, "run", by=ownership.digest("ann"))
    press(board, "class_next")
    assert classes.get(code).step == 1
    assert any("1 sketch" in text for text in texts(board))
    press(board, "class_project")
    assert code in board.title[0].value and not board.code
    press(board, "class_unproject")
    for _ in range(LAST - 1):
        press(board, "class_next")
    assert any(LESSON.steps[LAST].notes[:20] in info.value.replace("\\", "") for info in board.info)
    press(board, "class_missing")
    runs = classes.get(code).computed[LAST]
    made = [decode(Experiment, store.experiment(run)) for run in runs]
    assert [UNITS.value_of(experiment) for experiment in made] == list(UNITS.values)
    press(board, "class_end")
    assert classes.get(code).is_ended


def test_each_browser_trains_its_own_value(store, become, monkeypatch):
    classes = Classes(store.home)
    code = classes.open(NAME, named=False, by=ownership.TEACHER)
    single = LESSON.model_copy(update={"steps": LESSON.steps[LAST:]})
    monkeypatch.setattr("core.lessons.library.LessonLibrary.get", lambda *_: single)
    trained = []
    for who in ("ann", "ben"):
        become(who)
        student = visit("lessons", **{"class": code})
        assert not student.select_slider
        student.number_input[0].set_value(1.0).run()
        press(student, "lesson_train 0")
        given = classes.get(code).members[ownership.digest(who)].answers[0]
        trained.append(UNITS.value_of(decode(Experiment, store.experiment(given.run))))
    assert trained == [assigned_value(UNITS, number)[0] for number in (1, 2)]


@pytest.mark.parametrize("has_answered", [False, True])
def test_a_teacher_who_enters_the_pin_after_opening_the_link_is_no_member(
    store, monkeypatch, has_answered
):
    classes = Classes(store.home)
    code = classes.open(NAME, named=False, by=ownership.TEACHER)
    account = ownership.digest(f"teacher {has_answered}")
    monkeypatch.setattr(person, "_browser", lambda: account)
    app = visit("lessons", **{"class": code})
    assert classes.get(code).members[account].number == 1
    if has_answered:
        classes.answer(code, 0, "0", "run", by=account)
    app.text_input(key="teacher_pin").set_value("480215")
    press(app, "Start teacher session")
    assert (account in classes.get(code).members) is has_answered
    shown = LESSON.title if has_answered else "Lessons"  # an answer is never lost
    assert app.title[0].value == shown
    assert any(b.key == "class_end" for b in app.button) is not has_answered


def test_a_student_gets_no_board_and_adds_no_lesson(store, become):
    code = Classes(store.home).open(NAME, named=False, by=ownership.TEACHER)
    become("ann")
    app = visit("lessons")
    assert "Class" not in app.get("button_group")[0].options
    app = open_view(app, "Write a lesson")
    press(app, "Preview lesson")
    assert any("only a teacher" in text for text in texts(app))
    assert not list(store.home.glob("lessons/*"))
    app = visit("lessons", **{"class": code})
    app.session_state["kept class projected"] = "yes"
    assert well(app.run()).title[0].value == LESSON.title
