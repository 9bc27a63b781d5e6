"""The lesson that a browser takes, how far it is, and its class: in the session and in the address,
so that a reload and a link keep them.
"""

import json
from dataclasses import dataclass
from typing import get_args

import streamlit as st

from core.access import ownership
from core.base.errors import LabError
from core.jobs import runner
from core.lessons.classroom import Classes, Classroom
from core.lessons.lesson import Lesson, PageTitle
from core.lessons.library import LessonLibrary
from pages.kit import address, person, session
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import STACK


@dataclass(frozen=True)
class LessonAnswer:
    """What a person answered in one step, as text, and the run that it started."""

    answer: str
    run: str


def library() -> LessonLibrary:
    """Return the lessons of this lab."""
    return LessonLibrary(runner.current().store.home)


def add(lesson: Lesson) -> str:
    """Store a lesson in this lab and return its name. In class and lab mode, only a teacher adds
    lessons. Raises LabError.
    """
    ownership.require_teacher(person.me())
    return library().add(lesson)


def current() -> Lesson | None:
    """Return the lesson in progress; None for none. One that cannot be read is left."""
    name = session.get_ui(session.LESSON)
    if not name:
        return None
    try:
        return library().get(name)
    except LabError as error:
        leave()
        session.notice(str(error))
        return None


def begin(name: str) -> None:
    """Make this lesson the one in progress, from its first step, outside a class."""
    session.set_ui(session.LESSON, name)
    session.set_ui(session.PROGRESS, "")
    session.set_ui(session.CLASS, "")


def classes() -> Classes:
    """Return the classes of this lab."""
    return Classes(runner.current().store.home)


def room() -> Classroom | None:
    """Return the class that the address names; None for none. One that is not there is left."""
    code = session.get_ui(session.CLASS)
    if not code:
        return None
    try:
        return classes().get(code)
    except LabError as error:
        session.set_ui(session.CLASS, "")
        session.notice(str(error))
        return None


def member_number() -> int:
    """Return the number of this browser in its class, from 1; 0 outside one."""
    found = room()
    member = found.members.get(person.account()) if found else None
    return member.number if member else 0


def join(code: str) -> None:
    """Join a class and begin its lesson, or go on where this browser was. Raises LabError."""
    account = person.account()
    found = classes().join(code, by=account)
    begin(found.lesson)
    session.set_ui(session.CLASS, found.code)
    given = found.members[account].answers
    answered = [given[step] for step in range(len(given)) if step in given]
    _store([LessonAnswer(each.answer, each.run) for each in answered])


def teach() -> None:
    """Make a teacher, who may have opened the address of a class before entering the PIN, no member
    of it. Its board can be opened then; a browser that has answered remains a member.
    """
    found = room()
    if found is None:
        return
    account = person.account()
    if account in found.members and not found.is_ended:
        classes().leave(found.code, by=account)
    if not (account in found.members and found.members[account].answers):
        begin("")
        session.set_ui(session.CLASS, found.code)


def leave() -> None:
    """End the lesson; its runs remain."""
    begin("")


def answers() -> list[LessonAnswer]:
    """Return the answers so far, one for each step."""
    try:
        pairs = json.loads(session.get_ui(session.PROGRESS) or "[]")
        return [LessonAnswer(str(answer)[:40], str(run)[:60]) for answer, run in pairs][:9]
    except (ValueError, TypeError):  # an address that somebody changed
        return []


def put_answer(step: int, answer: LessonAnswer) -> None:
    """Store the answer of a step, from 0, also in the class until it ends. Those of later steps are
    dropped.
    """
    _store([*answers()[:step], answer])
    found = room()
    if found and not found.is_ended and person.account() in found.members:
        classes().answer(found.code, step, answer.answer, answer.run, by=person.account())


def _store(given: list[LessonAnswer]) -> None:
    text = json.dumps([[each.answer, each.run] for each in given], separators=(",", ":"))
    session.set_ui(session.PROGRESS, text)


def is_locked(page: str) -> bool:
    """Whether the lesson in progress locks the page with this title."""
    lesson = current()
    return lesson is not None and not lesson.opens(page, len(answers()))


def training_lock() -> str:
    """Return why the draft and other settings than those of the lesson cannot be trained now;
    empty if they can. The lesson in progress locks them together with the page Train.
    """
    if not is_locked("Train"):
        return ""
    return (
        f"The lesson “{current().title}” locks Train, so only its steps start runs. To train "
        "anything else, leave the lesson."
    )


def show_locked(page: str) -> None:
    """Draw a locked page: its title and the way to open it. The lesson's card is above it."""
    st.title(page, anchor=False)
    name = escape(current().title)
    st.info(
        f"The lesson “{name}” does not use this page yet, so it is locked. To open it, press "
        "**Leave lesson**.",
        icon=":material/lock:",
    )


def describe_locks() -> None:
    """Draw below the menu what its locks mean; nothing where no page is locked."""
    lesson = current()
    if lesson and any(is_locked(page) for page in get_args(PageTitle)):
        with st.sidebar:
            st.caption(
                f"The lesson “{escape(lesson.title)}” locks the pages with "
                ":material/lock:. To open them, leave the lesson."
            )


def card(page: str) -> None:
    """Draw one row above every other page while a lesson is in progress."""
    lesson = current()
    if lesson is None or page == "Lessons":
        return
    step = min(len(answers()), len(lesson.steps))
    place = f"answered {step} of {len(lesson.steps)} questions"
    with st.container(**STACK, border=True, gap="small", key="lesson_card"):
        with st.container(width="stretch"):
            st.markdown(f":material/menu_book: **{escape(lesson.title)}** · {place}")
        if button("Open lesson", type="primary", key="lesson_open"):
            st.switch_page("lessons.py", query_params=address.parameters())
        if button("Leave lesson", type="tertiary", key="lesson_leave"):
            leave()
            st.rerun()
