"""Undo and Redo of the draft, in the bar of every page: two buttons that name the change."""

from collections.abc import Callable

import streamlit as st

from pages.kit import state
from pages.kit.form import escape


def history_buttons() -> None:
    """Draw both buttons."""
    for label, icon, name, act in (
        ("Undo", "undo", state.undo_name(), state.undo),
        ("Redo", "redo", state.redo_name(), state.redo),
    ):
        st.button(
            "",
            icon=f":material/{icon}:",
            help=f"{label}: {escape(name)}" if name else f"{label}: no change of the draft",
            key=label,
            type="tertiary",
            disabled=not name,
            on_click=_travel,
            args=(act, label, name),
        )


def _travel(act: Callable[[], None], label: str, name: str) -> None:
    act()
    st.toast(f"{label}: {escape(name)}")
