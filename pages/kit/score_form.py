"""The form of scores on all pages, error or accuracy: chosen once, and kept in the session and in
the address.
"""

import streamlit as st

from core.base.settings import settings
from core.runs.score import FORMS, Form, name
from pages.kit import session

PARAMETER = "score"  # of the address, where the form is not the lab's
_KEPT = "score form"


def form() -> Form:
    """Return the form that this session shows: that of the switch, else that of the lab."""
    chosen = session.get_ui(_KEPT)
    return chosen if chosen in FORMS else settings().score


def keep(chosen: str) -> None:
    """Show this form from now on; an unknown one is ignored."""
    if chosen in FORMS:
        session.set_ui(_KEPT, chosen)


def switch(*, regression: bool = False) -> Form:
    """Draw the switch, with the names that the scores have for this kind of target."""
    chosen = st.segmented_control(
        "Scores",
        list(FORMS),
        default=form(),
        format_func=lambda f: _title(name(f, regression=regression)),
        required=True,
        key="score_form",
        help="Shown on all pages. Double descent always shows the error, in which it is defined.",
    )
    keep(chosen)
    return form()


def _title(text: str) -> str:
    return text[0].upper() + text[1:]
