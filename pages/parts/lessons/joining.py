"""How a student joins a class: by the code, or by the address that names it."""

import streamlit as st

from core.access import ownership
from core.base.errors import LabError
from pages.kit import lesson as lessons
from pages.kit import person, session
from pages.kit.buttons import submit_button
from pages.kit.form import escape
from pages.kit.layout import finding


def join_named_class() -> None:
    """Join the class that the address names, unless a teacher opens it or its lesson is open."""
    code = session.get_ui(session.CLASS)
    is_taken = session.get_ui(session.LESSON) and lessons.member_number()
    if not code or is_taken or person.is_teacher():
        return
    try:
        lessons.join(code)
    except LabError as error:
        session.set_ui(session.CLASS, "")
        session.notice(str(error))


def badge() -> tuple[str, str, str] | None:
    """Return the badge of the class beside the title of its lesson; None outside one."""
    number = lessons.member_number()
    if not number:
        return None
    return f"Class {session.get_ui(session.CLASS)} · browser {number}", "green", ":material/groups:"


def ask_code() -> None:
    """Draw the field for the code of a class; nothing in solo mode and for a teacher."""
    if ownership.mode() == ownership.SOLO or person.is_teacher():
        return
    with st.form("join_class", enter_to_submit=True):
        code = st.text_input(
            "Code of your class", max_chars=8, width=200, placeholder="Four letters",
            key="class_code",
        )  # fmt: skip
        is_submitted = submit_button("Join class", type="primary")
    if is_submitted:
        try:
            lessons.join(code)
        except LabError as error:
            finding("bad", escape(str(error)))
            return
        st.rerun()
