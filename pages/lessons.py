"""Lessons: predict, train, see, explain. The list of lessons, the lesson in progress, and an
editor.
"""

import streamlit as st

from core.base.text import counted
from core.lessons.lesson import Lesson
from core.lessons.library import shipped_lessons
from pages.kit import lesson as lessons
from pages.kit.bar import bar
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import STACK, header
from pages.parts.lessons.editor import editor, upload
from pages.parts.lessons.steps import show_steps

CHOOSE, WRITE = "Choose a lesson", "Write a lesson"


def main() -> None:
    """Draw the lesson in progress, or else the list or the editor."""
    lesson = lessons.current()
    if lesson:
        take(lesson)
    else:
        with header("Lessons", "Predict what a run will do, train it, and compare."):
            view = st.segmented_control(
                "View", [CHOOSE, WRITE], default=CHOOSE, required=True,
                label_visibility="collapsed", key="lesson_view", persist_state="session",
            )  # fmt: skip
        if view == WRITE:
            editor()
        else:
            choose()
    bar()


def take(lesson: Lesson) -> None:
    """Draw the lesson in progress."""
    with header(escape(lesson.title), lesson.summary):
        if button("Leave lesson", icon=":material/close:", key="lesson_leave"):
            lessons.leave()
            st.rerun()
    show_steps(lesson)


def choose() -> None:
    """Draw the included lessons in their order, and the field for the file of another one."""
    for number, (name, lesson) in enumerate(shipped_lessons().items(), 1):
        with st.container(**STACK, border=True, gap="small"):
            with st.container(width="stretch", gap="xxsmall"):
                st.markdown(f"**{number}. {escape(lesson.title)}**")
                steps = counted(len(lesson.steps), "step")
                st.caption(f"{escape(lesson.summary)} {steps}.")
            if button("Start lesson", key=f"lesson_start {name}"):
                lessons.begin(name)
                st.rerun()
    upload()


main()
