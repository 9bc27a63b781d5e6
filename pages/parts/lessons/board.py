"""The class board of a teacher: who is where, answers as they come, all runs on one chart, and the
same on a projector.
"""

import time
from collections import Counter

import streamlit as st

from core.access import ownership
from core.base.encoding import decode
from core.base.errors import LabError, NotFound
from core.base.numbers import short
from core.base.text import counted, file_name
from core.experiment import Experiment
from core.figures import classroom as figures
from core.jobs import runner
from core.lessons.class_results import (
    ClassResult,
    MemberState,
    RunReader,
    count_answers,
    measure_name,
    member_state,
    missing_values,
    results,
    results_csv,
)
from core.lessons.classroom import Classroom
from core.lessons.lesson import ChoiceQuestion, Lesson
from core.lessons.library import shipped_lessons
from core.lessons.measures import MEASURES, Numbers, measure
from core.runs.history import History
from core.runs.state import RunState
from pages.kit import lesson as lessons
from pages.kit import person, session
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.hosts import shared_urls
from pages.kit.layout import card_title, finding
from pages.kit.live_chart import drawn
from pages.kit.screen import phone
from pages.kit.tables import show_table

REFRESH = 1.0  # seconds between two updates: an answer appears within 2
PROJECTED, SHOWN = "class projected", "class shown"
LARGE_TYPE = "<style>html { font-size: 150%; }</style>"  # legible from the last row
COLOURS = {
    MemberState.WORKING: "blue",
    MemberState.TRAINING: "green",
    MemberState.WAITING: "gray",
    MemberState.STUCK: "yellow",
    MemberState.FINISHED: "gray",
}


def is_offered() -> bool:
    """Whether this session can open classes: a teacher's, in class and lab mode."""
    return ownership.mode() != ownership.SOLO and person.is_teacher()


def arrives() -> bool:
    """Whether the address names another class than the board has shown."""
    code = session.get_ui(session.CLASS)
    if code == session.get_ui(SHOWN):
        return False
    session.set_ui(SHOWN, code)
    return bool(code)


def is_projected() -> bool:
    """Whether the board is shown on a projector."""
    return bool(session.get_ui(PROJECTED)) and is_offered() and lessons.room() is not None


def show() -> None:
    """Draw the open class, or else the form that opens one."""
    room = lessons.room()
    if room is None:
        open_class()
        return
    lesson = lessons.library().get(room.lesson)
    with st.container(border=True):
        controls(room, lesson)
    st.fragment(live, run_every=REFRESH)(room.code, lesson)


def open_class() -> None:
    """Draw the form that opens a class, and the classes that are open."""
    named = shipped_lessons()
    with st.container(border=True):
        card_title("Open a class")
        lesson = st.selectbox("Lesson", list(named), format_func=lambda name: named[name].title)
        is_named = st.toggle(
            "Show short names", key="class_named",
            help="Off: people are shown as Browser 1, Browser 2, … On: by the short names of the "
            "page Runs.",
        )  # fmt: skip
        if button("Open class", type="primary", icon=":material/groups:"):
            try:
                code = lessons.classes().open(lesson, named=is_named, by=person.me())
            except LabError as error:
                finding("bad", escape(str(error)))
                return
            session.set_ui(session.CLASS, code)
            st.rerun()
    for code in lessons.classes().current():
        room = lessons.classes().get(code)
        title = named[room.lesson].title if room.lesson in named else "Added lesson"
        members = counted(len(room.members), "browser")
        text = f"**{code}** · {escape(title)} · {members}"
        if finding("info", text, "Open board", key=f"class_board {code}"):
            session.set_ui(session.CLASS, code)
            st.rerun()


def controls(room: Classroom, lesson: Lesson) -> None:
    """Draw the code, the link, and what a teacher can do with the class."""
    with card_title(f"Class {room.code}: {escape(lesson.title)}"):
        if button("Project board", icon=":material/present_to_all:", key="class_project"):
            session.set_ui(PROJECTED, "yes")
            st.rerun()
        st.download_button(
            "Download results (CSV)", lambda: results_csv(lesson, collect(room, lesson)),
            f"{file_name(f'class {room.code} {lesson.title}')}.csv", on_click="ignore",
            icon=":material/download:", key="class_csv",
        )  # fmt: skip
        if button("Close board", icon=":material/close:", key="class_close"):
            session.set_ui(session.CLASS, "")
            st.rerun()
        if not room.is_ended and button("End class", key="class_end"):
            lessons.classes().end(room.code, by=person.me())
            st.rerun()
    if room.is_ended:
        finding("info", "This class has ended. Its results stay here.")
        return
    left, right = st.columns([4, 1], gap="medium")
    with right:
        st.html(figures.qr_code(link(room.code), projected=False), width="content")
    with left:
        st.caption("Students open Lessons and enter the code, or open this address:")
        st.code(link(room.code), language=None, wrap_lines=True)
        step_controls(room, lesson)
        show_notes(room, lesson)


def show_notes(room: Classroom, lesson: Lesson) -> None:
    """Draw the notes for the person who presents the step."""
    if notes := lesson.steps[room.step].notes:
        st.info(escape(notes), icon=":material/sticky_note_2:")


def link(code: str) -> str:
    """Return the address with which a browser joins the class."""
    here = (st.context.url or "").partition("?")[0].partition("/lessons")[0].rstrip("/")
    urls = shared_urls()
    local = "//localhost" in here or "//127.0.0.1" in here
    return f"{urls[0].rstrip('/') if local and urls else here}/lessons?class={code}"


def step_controls(room: Classroom, lesson: Lesson) -> None:
    """Draw the step that is presented, with buttons to the one before and after it. The space bar
    presses the second one.
    """
    last = len(lesson.steps) - 1
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        step = lesson.steps[room.step]
        st.markdown(
            f"**Step {room.step + 1} of {last + 1}: {escape(step.title)}**", width="content"
        )
        if button("Previous step", key="class_back", disabled=room.step == 0):
            present(room, room.step - 1)
        if button(
            "Next step", key="class_next", type="primary", disabled=room.step == last,
            shortcut=None if phone() else "space",
        ):  # fmt: skip
            present(room, room.step + 1)


def present(room: Classroom, step: int) -> None:
    """Present another step on all boards of the class."""
    lessons.classes().present(room.code, step, by=person.me())
    st.rerun()


def live(code: str, lesson: Lesson, *, projected: bool = False) -> None:
    """Draw who is where, the answers and the runs. A step that another board presents is shown."""
    room = lessons.classes().get(code)
    if session.get_ui("class step") != f"{code} {room.step}":
        session.set_ui("class step", f"{code} {room.step}")
        st.rerun()
    rows = collect(room, lesson)
    members(room, lesson, rows, projected=projected)
    charts(room, lesson, rows, projected=projected)


def collect(room: Classroom, lesson: Lesson) -> list[ClassResult]:
    """Return the answers of the class with what their runs measured."""
    reader = RunReader(_state, _numbers, _experiment)
    return results(room, lesson, reader, runner.current().store.home)


def members(room: Classroom, lesson: Lesson, rows: list[ClassResult], *, projected: bool) -> None:
    """Draw how many members are in each state; below, unless on a projector, a row for each."""
    home, now = runner.current().store.home, time.time()
    states = {owner: member_state(m, lesson, _state, now) for owner, m in room.members.items()}
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
    table = []
    for owner, member in room.members.items():
        name = room.display_name(home, owner)
        mine = [row for row in rows if row.name == name]
        table.append(
            {
                "Who": name,
                "State": states[owner].label,
                "Answered": f"{len(member.answers)} of {len(lesson.steps)}",
                "Correct": sum(bool(row.is_right) for row in mine),
                "Answer to this step": _answer_text(lesson, room.step, member.answers),
            }
        )
    with st.expander("Who is where", expanded=True):
        show_table(table, height=min(38 + 35 * len(table), 320))


def charts(room: Classroom, lesson: Lesson, rows: list[ClassResult], *, projected: bool) -> None:
    """Draw the answers to the presented step, and its runs where it has settings or a number."""
    step, question = room.step, lesson.steps[room.step].question
    height = figures.PROJECTED if projected else figures.HEIGHT
    st.markdown(f"**{escape(question.text)}**")
    is_choice = isinstance(question, ChoiceQuestion)
    if is_choice:
        texts, counts = [o.text for o in question.options], count_answers(lesson, step, rows)
        alt = "; ".join(f"{text}: {count}" for text, count in zip(texts, counts, strict=True))
        drawn(
            lambda mode: figures.answers(texts, counts, mode, projected=projected),
            key=f"class answers {projected}", height=height, alt=f"Answers. {alt}",
            name=f"class {room.code} answers",
        )  # fmt: skip
    if not is_choice or lesson.steps[step].settings:
        draw_runs(room, lesson, [row for row in rows if row.step == step], projected=projected)


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


def project() -> None:
    """Draw the board for a projector: large type, one chart, and the QR code of the address
    where a button is pressed.
    """
    room = lessons.room()
    lesson = lessons.library().get(room.lesson)
    st.html(LARGE_TYPE)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.title(f"Class {room.code}: {escape(lesson.title)}", anchor=False)
        if button("Leave projector", icon=":material/close_fullscreen:", key="class_unproject"):
            session.set_ui(PROJECTED, "")
            st.rerun()
    step_controls(room, lesson)
    with st.popover("Show QR code", icon=":material/qr_code_2:"):
        st.html(figures.qr_code(link(room.code), projected=True))
    st.fragment(live, run_every=REFRESH)(room.code, lesson, projected=True)


def _answer_text(lesson: Lesson, step: int, answers: dict) -> str:
    if step not in answers:
        return "none yet"
    text, question = answers[step].answer, lesson.steps[step].question
    if isinstance(question, ChoiceQuestion):
        is_option = text.isdecimal() and int(text) < len(question.options)
        return question.options[int(text)].text if is_option else "none"
    try:
        return MEASURES[measure_name(lesson, step)].write(float(text))
    except ValueError:
        return "none"


def _state(run: str) -> RunState:
    try:
        return runner.current().status(run)
    except LabError:  # deleted
        return RunState.FAILED


def _numbers(run: str) -> Numbers | None:
    """The numbers of a finished run; None while it is live, or if they do not count."""
    try:
        return None if _state(run).is_live else _finished_numbers(run)
    except LabError:
        return None


@st.cache_data(max_entries=2000, show_spinner=False)
def _finished_numbers(run: str) -> Numbers:
    """The numbers of a finished run, read once. Raises NotFound, which is not cached, without."""
    history = History.of(runner.current().store.read(run)[0])
    if history.ended is None or history.ended.reason in ("failed", "stopped"):
        raise NotFound(f"Run {run} has no final numbers.", code="run_not_finished")
    return measure(history)


@st.cache_data(max_entries=2000, show_spinner=False)
def _experiment(run: str) -> Experiment:
    try:
        return decode(Experiment, runner.current().store.experiment(run))
    except LabError:
        return Experiment()
