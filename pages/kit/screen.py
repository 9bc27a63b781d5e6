"""What is known of the screen that a page is drawn on."""

import streamlit as st

from core.figures.template import Mode


def mode() -> Mode:
    """Light or dark, as the page is."""
    return "dark" if st.context.theme.type == "dark" else "light"


def phone() -> bool:
    """Whether the browser says that it runs on a phone."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")
