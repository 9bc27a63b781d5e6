"""The lesson that a browser takes, and how far it is: in the session and in the address, so that a
reload and a link keep it.
"""

import json
from dataclasses import dataclass

import streamlit as st

from core.base.errors import LabError
from core.jobs import runner
from core.lessons.lesson import Lesson
from core.lessons.library import LessonLibrary
from pages.kit import address, session
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
    """Make this lesson the one in progress, from its first step."""
    session.set_ui(session.LESSON, name)
    session.set_ui(session.PROGRESS, "")


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
    """Store the answer of a step, from 0. Those of later steps are dropped."""
    pairs = [*answers()[:step], answer]
    text = json.dumps([[each.answer, each.run] for each in pairs], separators=(",", ":"))
    session.set_ui(session.PROGRESS, text)


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
