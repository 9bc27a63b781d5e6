"""The router: which pages there are, in which group, with which icon. Nothing else."""

from pathlib import Path

import streamlit as st

from pages.kit import teacher_session

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
theme = "dark" if st.context.theme.type == "dark" else "light"
st.logo(str(ASSETS / f"logo_{theme}.svg"), size="large")
pages = {group: [page(*row) for row in rows] for group, rows in GROUPS.items()}
admitted = teacher_session.admitted()
shown = st.navigation(pages, position="sidebar" if admitted else "hidden", expanded=True)
if admitted:
    teacher_session.sidebar()
    shown.run()
