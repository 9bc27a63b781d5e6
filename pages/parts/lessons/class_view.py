"""What a class does, as the board of the teacher shows it: who is where, the answers as they come,
and all runs on one chart.
"""

import time
from collections import Counter

import streamlit as st

from core.base.errors import LabError
from core.base.numbers import short
from core.base.text import counted
from core.figures import classroom as figures
from core.figures import sketch as sketch_figures
from core.jobs import runner
from core.lessons.class_results import (
    ClassResult,
    MemberState,
    count_answers,
    measure_name,
    member_state,
    missing_values,
)
from core.lessons.classroom import Classroom
from core.lessons.lesson import Lesson
from core.lessons.measures import MEASURES
from core.lessons.questions import ChoiceQuestion, NumberQuestion, SketchQuestion
from core.lessons.sketch import describe_curve
from pages.kit import lesson as lessons
from pages.kit import person, session
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.kit.live_chart import drawn
from pages.kit.tables import show_table
from pages.parts.lessons.class_runs import read_results, read_state

COLOURS = {
    MemberState.WORKING: "blue",
    MemberState.TRAINING: "green",
    MemberState.WAITING: "gray",
    MemberState.STUCK: "yellow",
    MemberState.FINISHED: "gray",
}


def live(code: str, lesson: Lesson, *, projected: bool = False) -> None:
    """Draw who is where, the answers and the runs. A step that another board presents is shown."""
    room = lessons.classes().get(code)
    if session.get_ui("class step") != f"{code} {room.step}":
        session.set_ui("class step", f"{code} {room.step}")
        st.rerun()
    rows = read_results(room, lesson)
    members(room, lesson, rows, projected=projected)
    charts(room, lesson, rows, projected=projected)


def members(room: Classroom, lesson: Lesson, rows: list[ClassResult], *, projected: bool) -> None:
    """Draw how many members are in each state; below, unless on a projector, a row for each."""
    home, now = runner.current().store.home, time.time()
    states = {owner: member_state(m, lesson, read_state, now) for owner, m in room.members.items()}
    counts = Counter(states.values())
    answered = sum(row.step == room.step and bool(row.answer) for row in rows)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        people = counted(len(room.members), "browser")
        st.markdown(f"**{people}**, {answered} answered this step", width="content")
        for state in MemberState:
            if counts[state]:
                st.badge(f"{counts[state]} {state.value}", color=COLOURS[state])
    if projected or not room.members:
        return
    table, question = [], lesson.steps[room.step].question
    for owner, member in room.members.items():
        given = member.answers.get(room.step)
        name = room.display_name(home, owner)
        mine = [row for row in rows if row.name == name]
        table.append(
            {
                "Who": name,
                "State": states[owner].label,
                "Answered": f"{len(member.answers)} of {len(lesson.steps)}",
                "Correct": sum(bool(row.is_right) for row in mine),
                "Answer to this step": question.describe(given.answer) if given else "none yet",
            }
        )
    with st.expander("Who is where", expanded=True):
        show_table(table, height=min(38 + 35 * len(table), 320))


def charts(room: Classroom, lesson: Lesson, rows: list[ClassResult], *, projected: bool) -> None:
    """Draw the answers to the presented step, and its runs where it has settings or a number."""
    step, question = room.step, lesson.steps[room.step].question
    height = figures.PROJECTED if projected else figures.HEIGHT
    rows = [row for row in rows if row.step == step]
    st.markdown(f"**{escape(question.text)}**")
    if isinstance(question, SketchQuestion):
        draw_sketches(room, question, rows, lesson.experiment(step).epochs, projected=projected)
    elif isinstance(question, ChoiceQuestion):
        texts, counts = [o.text for o in question.options], count_answers(lesson, step, rows)
        alt = "; ".join(f"{text}: {count}" for text, count in zip(texts, counts, strict=True))
        drawn(
            lambda mode: figures.answers(texts, counts, mode, projected=projected),
            key=f"class answers {projected}", height=height, alt=f"Answers. {alt}",
            name=f"class {room.code} answers",
        )  # fmt: skip
    if isinstance(question, NumberQuestion) or lesson.steps[step].settings:
        draw_runs(room, lesson, rows, projected=projected)


def draw_sketches(
    room: Classroom,
    question: SketchQuestion,
    rows: list[ClassResult],
    epochs: int,
    *,
    projected: bool,
) -> None:
    """Draw the sketches of all over one another, with the curves of their runs."""
    drawings = [curve for row in rows if (curve := question.sketched(row.answer, epochs))]
    measured = [curve for row in rows if (curve := question.measured(row.numbers or {}))]
    right = sum(bool(row.is_right) for row in rows)
    ended = counted(len(measured), "finished run")
    text = f"{counted(len(drawings), 'sketch')}, {right} correct; {ended}."
    if measured:
        curve = describe_curve(measured[0], question.write)
        text += f" The {question.label} of the first run {curve}."
    drawn(
        lambda mode: sketch_figures.sketches(
            question, drawings, measured, epochs, mode,
            figure=figures.blank_board(mode, projected, hovermode="closest"),
        ),
        key=f"class sketches {projected}", alt=text, name=f"class {room.code} sketches",
        height=figures.PROJECTED if projected else figures.HEIGHT,
    )  # fmt: skip
    st.caption(escape(text))


def draw_runs(room: Classroom, lesson: Lesson, rows: list[ClassResult], *, projected: bool) -> None:
    """Draw the runs of the presented step against its setting, and train those that nobody had."""
    step = room.step
    settings, shown = lesson.steps[step].settings, MEASURES[measure_name(lesson, step)]
    points = [
        figures.ClassPoint(
            row.values[0] if settings and row.values[0] is not None else number,
            row.measured(lesson), row.guess(lesson), row.name, not row.answer,
        )
        for number, row in enumerate(rows, 1)
    ]  # fmt: skip
    title = lesson.setting_label(step, settings[0]) if settings else "answers in their order"
    values = settings[0].values if settings else ()
    log = bool(values) and min(values) > 0 and max(values) / min(values) >= 10
    done = sum(point.measured is not None for point in points)
    drawn(
        lambda mode: figures.runs(
            points, mode, x_title=title, y_title=shown.label, log=log,
            percent=shown.is_fraction, projected=projected,
        ),
        key=f"class runs {projected}",
        height=figures.PROJECTED if projected else figures.HEIGHT,
        alt=f"The {shown.label} of {counted(done, 'finished run')} against {title}, with guesses.",
        name=f"class {room.code} runs",
    )  # fmt: skip
    missing = missing_values(lesson, step, rows)
    if missing and not projected and not room.is_ended:
        listed = ", ".join(short(value) for value in missing)
        label = f"Train {counted(len(missing), 'missing run')}"
        if finding("info", f"Nobody has trained {title} {listed}.", label, key="class_missing"):
            train_missing(room, lesson, missing)


def train_missing(room: Classroom, lesson: Lesson, missing: list[float]) -> None:
    """Queue a run of the server for each value that nobody had."""
    path = lesson.steps[room.step].settings[0].path
    try:
        for value in missing:
            text = lesson.experiment(room.step, {path: value}).model_dump_json()
            run = runner.current().submit(text, by=person.me())
            lessons.classes().add_computed(room.code, room.step, run, by=person.me())
    except LabError as error:
        finding("bad", escape(str(error)))
        return
    st.rerun()
