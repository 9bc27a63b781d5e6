"""Classes: who may open, join and answer, what each browser gets, and the results of all."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.access import ownership
from core.base.encoding import change
from core.base.errors import BadExperiment, LabError
from core.lessons.class_results import (
    STUCK,
    MemberState,
    RunReader,
    count_answers,
    member_state,
    missing_values,
    results,
    results_csv,
)
from core.lessons.classroom import CODE, LETTERS, Classes, assigned_value
from core.lessons.lesson import LessonSetting
from core.lessons.library import shipped_lessons
from core.runs.state import RunState

ANN, BEN = ownership.digest("ann"), ownership.digest("ben")
LESSON = "double-descent"
TEACHER = ownership.TEACHER


@pytest.fixture
def classes(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_MODE", "class")
    monkeypatch.setenv("LAB_PIN", "480215")
    return Classes(tmp_path, clock=lambda: 1000.0)


@pytest.fixture
def code(classes):
    return classes.open(LESSON, named=False, by=TEACHER)


def refused(call, *values, **more):
    with pytest.raises(LabError) as error:
        call(*values, **more)
    return error.value.code


def test_only_a_teacher_opens_presents_and_ends_a_class(classes, code):
    assert len(code) == CODE and set(code) <= set(LETTERS)
    assert refused(classes.open, LESSON, named=True, by=ANN) == "teacher_only"
    assert refused(classes.present, code, 1, by=ANN) == "teacher_only"
    assert refused(classes.add_computed, code, 1, "x", by=ANN) == "teacher_only"
    assert refused(classes.end, code, by=ANN) == "teacher_only"
    classes.present(code, 1, by=TEACHER)
    assert classes.get(code).step == 1 and classes.current() == [code]
    classes.end(code, by=TEACHER)
    assert classes.get(code).is_ended and classes.current() == []
    assert refused(classes.join, code, by=ANN) == "class_ended"


def test_a_class_needs_a_mode_in_which_people_differ(classes, monkeypatch):
    monkeypatch.setenv("LAB_MODE", "solo")
    assert refused(classes.open, LESSON, named=False, by=ownership.LAB) == "class_in_solo_mode"


@pytest.mark.parametrize("wrong", ["", "../x", "ABC", "ABCDE", "AB1D", "KTMB"])
def test_a_wrong_code_names_no_class(classes, wrong):
    assert refused(classes.join, wrong, by=ANN) in ("class_code_invalid", "class_not_found")


def test_a_person_joins_once_and_answers_for_itself_only(classes, code):
    assert refused(classes.join, code, by="") == "unknown_person"
    assert refused(classes.answer, code, 0, "1", "run", by=ANN) == "not_in_class"
    for by in (ANN, BEN, ANN):
        classes.join(code.lower(), by=by)
    classes.answer(code, 0, "1", "run1", by=ANN)
    classes.answer(code, 0, "0", "run2", by=ANN)  # trained again
    room = classes.get(code)
    assert {by: member.number for by, member in room.members.items()} == {ANN: 1, BEN: 2}
    assert room.members[ANN].answers[0].run == "run2" and not room.members[BEN].answers


def test_a_person_who_has_not_answered_can_leave_and_no_number_is_given_twice(classes, code):
    for by in (ANN, BEN):
        classes.join(code, by=by)
    classes.answer(code, 0, "1", "run", by=BEN)
    for by in (ANN, BEN, "nobody"):
        classes.leave(code, by=by)
    assert list(classes.get(code).members) == [BEN]
    assert classes.join(code, by=ANN).members[ANN].number == 3


def test_thirty_browsers_that_join_and_answer_together_lose_nothing(classes, code, tmp_path):
    lesson, people = shipped_lessons()[LESSON], [ownership.digest(str(k)) for k in range(30)]

    def take(by):
        classes.join(code, by=by)
        for step in range(len(lesson.steps)):
            classes.answer(code, step, "0", f"{by} {step}", by=by)

    with ThreadPoolExecutor(30) as browsers:
        list(browsers.map(take, people))
    members = classes.get(code).members
    assert sorted(member.number for member in members.values()) == list(range(1, 31))
    reader = RunReader(
        lambda run: RunState.DONE, lambda run, step: {}, lambda run: lesson.experiment(0)
    )
    rows = results(classes.get(code), lesson, reader, tmp_path)
    assert len({(row.name, row.step, row.run) for row in rows}) == 30 * len(lesson.steps)
    assert count_answers(lesson, 0, rows)[0] == 30


def test_thirty_browsers_get_every_value_before_any_repeats():
    setting = LessonSetting(path="epochs", values=tuple(range(12)), assigned=True)
    given = [assigned_value(setting, number) for number in range(1, 31)]
    assert sorted(value for value, earlier in given if earlier == 0) == list(range(12))
    assert len(set(given)) == 30
    assert max(v for v, _ in given[:4]) >= 9 and min(v for v, _ in given[:4]) <= 2


def test_a_setting_that_is_locked_cannot_be_chosen():
    lesson = shipped_lessons()[LESSON]
    last = len(lesson.steps) - 1
    chosen = lesson.experiment(last, {"network.1.units": 48})
    assert chosen == change(lesson.experiment(last), "network.1.units", 48)
    for step, path, value in [(last, "network.1.units", 47), (last, "epochs", 9), (0, "epochs", 9)]:
        with pytest.raises(BadExperiment) as error:
            lesson.experiment(step, {path: value})
        assert error.value.code == "lesson_locked"


def test_what_a_member_does_follows_from_its_last_run_and_the_time(classes, code):
    lesson = shipped_lessons()[LESSON]
    classes.join(code, by=ANN)

    def now(state, seconds=0):
        member = classes.get(code).members[ANN]
        return member_state(member, lesson, lambda _: state, 1000 + seconds)

    assert now(None) is MemberState.WORKING and now(None, STUCK + 1) is MemberState.STUCK
    for step in range(len(lesson.steps)):
        classes.answer(code, step, "0", "run", by=ANN)
        assert now(RunState.QUEUED, 9999) is MemberState.WAITING
        assert now(RunState.RUNNING, 9999) is MemberState.TRAINING
        assert now(RunState.FAILED) is MemberState.STUCK
    assert now(RunState.DONE, 9999) is MemberState.FINISHED


def test_the_results_are_rows_a_count_and_the_values_that_nobody_had(classes, code, tmp_path):
    lesson = shipped_lessons()[LESSON]
    last = len(lesson.steps) - 1
    values = lesson.steps[last].settings[0].values
    made = {f"run{v:g}": lesson.experiment(last, {"network.1.units": v}) for v in values[:3]}
    made["first"] = lesson.experiment(0)
    for by, run, answer in ((ANN, "run2", "0.5"), (BEN, "run4", "=1+1")):
        classes.join(code, by=by)
        classes.answer(code, 0, "1", "first", by=by)
        classes.answer(code, last, answer, run, by=by)
    classes.add_computed(code, last, "run6", by=TEACHER)
    numbers = {"first": {"final_training_error": 0.2}, "run2": {"final_validation_loss": 0.55}}
    reader = RunReader(
        lambda run: RunState.DONE, lambda run, step: numbers.get(run), made.__getitem__
    )
    rows = results(classes.get(code), lesson, reader, tmp_path)
    assert [(row.name, row.step, row.values) for row in rows] == [
        ("Browser 1", 0, ()), ("Browser 2", 0, ()),
        ("Browser 1", last, (2.0,)), ("Browser 2", last, (4.0,)), ("Server", last, (6.0,)),
    ]  # fmt: skip
    assert count_answers(lesson, 0, rows) == [0, 2]
    assert missing_values(lesson, last, rows) == list(values[3:])
    assert rows[2].guess(lesson) == 0.5 and rows[2].measured(lesson) == 0.55
    table = list(csv.DictReader(io.StringIO(results_csv(lesson, rows))))
    assert [row["answer"] for row in table][:2] == [lesson.steps[0].question.options[1].text] * 2
    assert table[3]["answer"] == "'=1+1" and table[2]["final_validation_loss"] == "0.55"
    assert not any(ANN in value or BEN in value for row in table for value in row.values())
