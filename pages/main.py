"""The router. It opens the address before a page is drawn and closes it afterwards."""

from pathlib import Path

import streamlit as st

from pages.kit import address, lesson, level, teacher_session
from pages.kit.screen import theme_mode
from pages.kit.site import GROUPS

HERE = Path(__file__).parent
ASSETS = HERE.parent / "assets"  # a Material icon as page icon would be fetched from the internet


def page(name: str, title: str, icon: str) -> st.Page:
    """Return one page of the router; Start is what an address without a page opens. A page that
    the lesson in progress locks has a lock as its icon.
    """
    icon = "lock" if is_admitted and lesson.is_locked(title) else icon
    return st.Page(f"{name}.py", title=title, icon=f":material/{icon}:", default=name == "start")


st.set_page_config(
    "Descent Lab", str(ASSETS / "logo_mark.svg"), layout="wide", initial_sidebar_state=224
)
st.html(ASSETS / "accessible.css")
st.logo(str(ASSETS / f"logo_{theme_mode()}.svg"), size="large")
is_admitted = teacher_session.admit()
if is_admitted:
    address.read_carried()
pages = {group: [page(*row) for row in rows] for group, rows in GROUPS.items()}
shown = st.navigation(pages, position="sidebar" if is_admitted else "hidden", expanded=True)
if is_admitted:
    address.open_page()
    level.menu()
    lesson.describe_locks()
    teacher_session.sidebar()
    lesson.card(shown.title)
    if lesson.is_locked(shown.title):
        lesson.show_locked(shown.title)
    else:
        shown.run()
    address.close_page()
