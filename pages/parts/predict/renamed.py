"""Renamed columns of a spreadsheet: a menu for each column of the training file that it lacks, with
the columns that may be meant.
"""

import json

import streamlit as st

from core.base.errors import BadData
from core.base.text import clip
from core.data.inspection.encoding import pair_titles
from pages.kit import session

MENU_WIDTH = 220  # px


def choose_columns(file_id: str) -> dict[str, str]:
    """Draw the menus of an upload that lacked columns when it was read; return the titles of the
    training file by those of the upload.
    """
    stored = session.get_ui(_name(file_id))
    if not stored:
        return {}
    missing, unmatched = json.loads(stored)
    suggested = pair_titles(missing, unmatched)
    st.markdown("**Columns of the training file that this file lacks**")
    renamed = {}
    with st.container(horizontal=True, gap="small"):
        for title in missing:
            guess = suggested.get(title)
            own = st.selectbox(
                clip(title),
                unmatched,
                index=unmatched.index(guess) if guess else None,
                format_func=clip,
                placeholder="Choose its column",
                key=f"predict column {file_id} {title}",
                width=MENU_WIDTH,
            )
            if own:
                renamed[own] = title
    return renamed


def ask_for_columns(file_id: str, error: BadData) -> None:
    """Offer the menus if the error can be mended with them: the page is drawn again with them."""
    if error.missing and error.unmatched and not session.get_ui(_name(file_id)):
        session.set_ui(_name(file_id), json.dumps([error.missing, error.unmatched]))
        st.rerun()


def _name(file_id: str) -> str:
    return f"predict columns {file_id}"
