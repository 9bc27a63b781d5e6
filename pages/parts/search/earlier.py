"""The searches of this lab, the newest first, each with a button that opens it."""

import streamlit as st

from core.access import ownership
from core.base.errors import LabError
from core.base.text import counted
from core.jobs import runner
from pages.kit import person, search_log
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import STACK, state_badge, when
from pages.parts.search import drafts

MOST = 12  # rows
WIDTH = 460  # px


def menu(shown: str) -> None:
    """Draw the popover with a new search and the earlier ones."""
    ids = search_log.store().ids()
    with st.popover("Searches", icon=":material/history:", key="search_list"):
        look = {"icon": ":material/add:", "type": "secondary", "disabled": not shown}
        if button("New search", key="search_new", **look):
            drafts.show("")
            st.rerun()
        with st.container(width=WIDTH, gap="xxsmall"):
            unread = sum(not row(search_id, shown) for search_id in ids[:MOST])
        if len(ids) > MOST:
            st.caption(f"{counted(len(ids) - MOST, 'older search')} are not listed.")
        if unread:
            st.caption(f"{counted(unread, 'search')} cannot be read by this version of the lab.")
        if not ids:
            st.caption("No searches yet.")


def row(search_id: str, shown: str) -> bool:
    """Draw one search; whether it can be read."""
    try:
        search, state = search_log.search(search_id), runner.current().status(search_id)
    except LabError:  # damaged, deleted meanwhile, or written by another version
        return False
    with st.container(**STACK, gap="small"):
        state_badge(state, 110)
        with st.container(width="stretch", gap="xxsmall"):
            st.markdown(f":small[**{escape(search_log.name_of(search))}**]")
            st.caption(
                escape(f"{describe_owner(search_id)}{search.summary} · {created(search_id)}")
            )
        look = {"type": "tertiary", "disabled": search_id == shown}
        if button("Open", key=f"open {search_id}", **look):
            drafts.show(search_id)
            st.rerun()
    return True


def created(search_id: str) -> str:
    """Return when a search was created."""
    return f"{when(search_id):%d %b %H:%M}"


def describe_owner(search_id: str) -> str:
    """Return the owner as the visitor sees it; empty if the lab has one user."""
    if ownership.mode() == ownership.SOLO:
        return ""
    return f"{ownership.describe_owner(search_log.store(), search_id, person.me())} · "
