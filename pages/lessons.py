"""Lessons: predict, train, see, explain. The list of lessons, the lesson in progress, its class, an
editor, and the glossary.
"""

import streamlit as st

from core.base.text import counted
from core.lessons.library import shipped_lessons
from pages.kit import lesson as lessons
from pages.kit import session
from pages.kit.bar import bar
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import STACK, header
from pages.parts.lessons import board, glossary, joining
from pages.parts.lessons.editor import editor, upload
from pages.parts.lessons.steps import show_steps

CHOOSE, WRITE, TAKE, GLOSSARY = "Choose a lesson", "Write a lesson", "Lesson", "Glossary"
BOARD = "Class"
ABOUT = "Predict what a run will do, train it, and compare."
ABOUT_GLOSSARY = "Terms of the field, with their formulas and where to try them."


def main() -> None:
    """Draw the lesson in progress, or else the list or the editor; the class or the glossary."""
    if board.is_projected():
        board.project()
        return
    joining.join_named_class()
    lesson = lessons.current()
    key = "lesson_view_taking" if lesson else "lesson_view"
    offers_board = not lesson and board.is_offered()
    if glossary.arrives():  # the address names a term
        session.set(key, GLOSSARY)
    elif offers_board and board.arrives():
        session.set(key, BOARD)
    about = ABOUT_GLOSSARY if session.widget_value(key) == GLOSSARY else ABOUT
    if lesson:
        with header(escape(lesson.title), lesson.summary, joining.badge()):
            view = choose_view([TAKE, GLOSSARY], key)
            if button("Leave lesson", icon=":material/close:", key="lesson_leave"):
                lessons.leave()
                st.rerun()
    else:
        with header("Lessons", about):
            views = [CHOOSE, WRITE, GLOSSARY, *[BOARD] * offers_board]
            view = choose_view(views, key)
    if view == GLOSSARY:
        glossary.show()
    elif view == BOARD:
        glossary.leave()
        board.show()
    else:
        glossary.leave()
        if lesson:
            show_steps(lesson)
        elif view == WRITE:
            editor()
        else:
            choose()
    bar()


def choose_view(views: list[str], key: str) -> str:
    """Draw the menu of what the page shows, and return what is selected."""
    default = None if session.widget_value(key) else views[0]  # Streamlit takes only one of both
    return st.segmented_control(
        "View", views, default=default, required=True, label_visibility="collapsed",
        key=key, persist_state="session",
    )  # fmt: skip


def choose() -> None:
    """Draw the included lessons in their order, and the field for the file of another one; for a
    student, first the field for the code of a class.
    """
    joining.ask_code()
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
