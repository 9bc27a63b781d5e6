"""The router: the pages, their groups and icons. It opens the address before a page is drawn and
closes it afterwards.
"""

from pathlib import Path

import streamlit as st

from pages.kit import state, teacher_session
from pages.kit.screen import theme_mode

HERE = Path(__file__).parent
ASSETS = HERE.parent / "assets"  # a Material icon as page icon would be fetched from the internet
GROUPS = {
    "": [("start", "Start", "home")],
    "Prepare": [
        ("data", "Data", "grid_view"),
        ("network", "Network", "layers"),
        ("train", "Train", "tune"),
    ],
    "Observe": [("watch", "Watch", "monitoring"), ("runs", "Runs", "table_rows")],
    "Explore": [
        ("double_descent", "Double descent", "elevation"),
        ("concepts", "Concepts", "school"),
    ],
}


def page(name: str, title: str, icon: str) -> st.Page:
    """One page; the first of all is the one that an address without a name opens."""
    return st.Page(f"{name}.py", title=title, icon=f":material/{icon}:", default=name == "start")


st.set_page_config(
    "Descent Lab", str(ASSETS / "logo_mark.svg"), layout="wide", initial_sidebar_state=224
)
st.logo(str(ASSETS / f"logo_{theme_mode()}.svg"), size="large")
pages = {group: [page(*row) for row in rows] for group, rows in GROUPS.items()}
is_admitted = teacher_session.admit()
shown = st.navigation(pages, position="sidebar" if is_admitted else "hidden", expanded=True)
if is_admitted:
    state.open_address()
    teacher_session.sidebar()
    shown.run()
    state.close_page()
