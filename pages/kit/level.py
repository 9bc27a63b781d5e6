"""The level of this browser: how many settings its pages show. A cookie remembers it, and a lesson
in progress can choose another one.
"""

import streamlit as st

from core.lessons.levels import Level
from pages.kit import lesson, session

COOKIE, STORED = "lab_level", "level"
YEAR = 365 * 86_400  # seconds
HELP = (
    "First steps shows six settings on the page Train. Standard shows all, rarely used ones in "
    "folded rows. Everything opens these rows. This browser remembers your choice."
)


def current() -> Level:
    """Return the level of the lesson in progress, or else that of this browser."""
    taken = lesson.current()
    return taken.level if taken and taken.level else remembered()


def remembered() -> Level:
    """Return the level that this browser chose last; Standard for a new one."""
    value = session.get_ui(STORED) or dict(st.context.cookies).get(COOKIE, "")
    return Level(value) if value in list(Level) else Level.STANDARD


def menu() -> None:
    """Draw the menu of the levels in the sidebar; while a lesson chooses the level, its name."""
    taken = lesson.current()
    with st.sidebar, st.container(key="level", gap="xsmall"):
        if taken and taken.level:
            st.caption(f"Settings shown: {taken.level.label}, chosen by the lesson.")
            return
        levels = [level.value for level in Level]
        st.selectbox(
            "Settings shown", levels, index=levels.index(remembered()), key="level_menu",
            format_func=lambda level: Level(level).label, help=HELP, on_change=remember,
        )  # fmt: skip
        if (stored := session.get_ui(STORED)) and stored != st.context.cookies.get(COOKIE):
            text = f"{COOKIE}={stored}; path=/; max-age={YEAR}; samesite=lax"
            st.html(f"<script>document.cookie = '{text}'</script>", unsafe_allow_javascript=True)


def remember() -> None:
    """Store the level that was chosen in the menu."""
    session.set_ui(STORED, session.widget_value("level_menu") or Level.STANDARD)
