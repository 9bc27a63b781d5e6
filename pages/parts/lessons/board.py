"""The class board of a teacher: open a class, its code and steps, and the board on a projector."""

import streamlit as st

from core.access import ownership
from core.base.errors import LabError
from core.base.text import counted, file_name
from core.figures import classroom as figures
from core.lessons.class_results import results_csv
from core.lessons.classroom import Classroom
from core.lessons.lesson import Lesson
from core.lessons.library import shipped_lessons
from pages.kit import lesson as lessons
from pages.kit import person, session
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.hosts import shared_urls
from pages.kit.layout import card_title, finding
from pages.kit.screen import phone
from pages.parts.lessons.class_runs import read_results
from pages.parts.lessons.class_view import live

REFRESH = 1.0  # seconds between two updates: an answer appears within 2
PROJECTED, SHOWN = "class projected", "class shown"
LARGE_TYPE = "<style>html { font-size: 150%; }</style>"  # legible from the last row


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
            "Download results (CSV)", lambda: results_csv(lesson, read_results(room, lesson)),
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
