"""The screen that a page is shown on: its theme, whether it is a phone's, and its updates."""

import streamlit as st

from core.access import ownership
from core.figures.template import Mode


def theme_mode() -> Mode:
    """Return the theme of the page, light or dark. The only place that reads it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def phone() -> bool:
    """Whether the browser identifies itself as one of a phone."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def every(seconds: float) -> float:
    """Return the seconds between two updates of a part of a page: four times as many in a
    classroom, where thirty pages ask. Live charts show the moment of the text.
    """
    return seconds if ownership.mode() == ownership.SOLO else 4 * seconds
