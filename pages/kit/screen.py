"""The screen that a page is shown on: its theme, and whether it is a phone's."""

import streamlit as st

from core.figures.template import Mode


def theme_mode() -> Mode:
    """Return the theme of the page, light or dark. The only place that reads it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def phone() -> bool:
    """Whether the browser identifies itself as one of a phone."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")
