"""The draft search, as JSON text in the session, and which search of the disk the page shows. Works
with the queue; draws nothing.

The draft search varies the draft experiment until it is set up from another search: then it keeps
the experiment of that one.
"""

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from core.base.encoding import build, decode, encode
from core.base.errors import BadExperiment, LabError
from core.jobs import runner
from core.jobs.kinds import SEARCH
from core.studies.search.rebase import first_search, rebase
from core.studies.search.search import Search
from core.studies.search.space import Dimension
from pages.kit import address, person, session, state
from pages.kit.search_draft import (
    DRAFT,
    FOLLOWS,
    PROBLEM,
    ROUND,
    SHOWN,
    redraw_widgets,
    set_draft,
)
from pages.kit.search_log import store

# --- which one is shown


def shown() -> str:
    """Return the search on disk that the page shows; "" for the draft search. The address decides;
    without one, it is the search that this session showed last.
    """
    search_id = address.job(SEARCH) or session.get_ui(SHOWN)
    if not search_id:
        return ""
    try:
        store().path(search_id)
    except LabError:
        if address.job(SEARCH):
            session.set_ui(
                PROBLEM,
                "This search was not found: it was deleted or belongs to another lab. Choose one "
                "under Searches, or start a new one.",
            )
        search_id = ""
    show(search_id)
    return search_id


def show(search_id: str) -> None:
    """Show this search of the disk; "" for the draft search."""
    session.set_ui(SHOWN, search_id)
    if search_id:
        session.set_ui(PROBLEM, "")
    address.name_job(SEARCH, search_id)


# --- the draft search


def draft() -> Search:
    """Return the search that Start would begin."""
    text = session.get_ui(DRAFT)
    try:
        search = decode(Search, text) if text else new_search()
        return rebase(search, state.draft()) if follows_draft() else search
    except BadExperiment:  # written by another version of the lab
        return new_search()


def new_search() -> Search:
    """Return a search of the draft experiment with the settings to begin with."""
    return first_search(state.draft())


def follows_draft() -> bool:
    """Whether the draft search varies the draft experiment."""
    return session.get_ui(FOLLOWS) != "no"


def edit(make: Callable[[Search], Search], *, redraw: bool = False) -> None:
    """Change the draft search, in the callback of a widget. A change that the search refuses is
    explained on the page, and its widgets show the draft as it is.
    """
    try:
        set_draft(make(draft()), follows=follows_draft(), redraw=redraw)
    except BadExperiment as error:
        session.set_ui(PROBLEM, str(error))
        redraw_widgets()


def with_fields(search: Search, **values: object) -> Search:
    """Return the search with other values of several fields. Raises BadExperiment."""
    return build(Search, search.model_dump(mode="json") | values)


def with_space(search: Search, space: Iterable[Dimension]) -> Search:
    """Return the search with another space. Raises BadExperiment."""
    return with_fields(search, space=[each.model_dump(mode="json") for each in space])


def with_dimension(search: Search, dimension: Dimension) -> Search:
    """Return the search with another range or other options of one setting. Raises
    BadExperiment.
    """
    space = [dimension if d.path == dimension.path else d for d in search.space]
    return with_space(search, space)


def key(name: str) -> str:
    """Return the key of a widget of the draft search."""
    return f"{_prefix()}{name}"


def entry(key: str, drawn: object) -> Any:
    """Return what a widget of the draft search holds; None for the echo of a replaced one, which
    holds what it was `drawn` with. Until the page is complete, the browser still sends the values
    of former widgets, and Streamlit takes them for new ones.
    """
    value = session.widget_value(key)
    return None if value == drawn and not key.startswith(_prefix()) else value


def _prefix() -> str:
    return f"search {session.get_ui(ROUND) or 0} "


# --- on disk


def start(search: Search) -> str:
    """Queue the search and return its id."""
    return runner.current().submit(encode(search), by=person.me(), kind=SEARCH)


def find_same(search: Search) -> str:
    """Return the newest search on disk with the same trials; "" for none. Names do not matter."""
    content = _content(search)
    for search_id in store().ids():
        try:
            if _content(store().search(search_id)) == content:
                return search_id
        except LabError:
            continue
    return ""


def _content(search: Search) -> str:
    return encode(search.model_copy(update={"name": "", "about": ""}))


def any_live() -> bool:
    """Whether any search is running or queued."""
    return bool(runner.current().live(SEARCH))


def link(search_id: str) -> str:
    """Return the address of this search for anyone who can reach the lab."""
    return f"{(st.context.url or '').partition('?')[0]}?search={search_id}"
