"""The glossary: a search field, the best match as a card with its links, and all other terms. The
address names what is searched (`?term=`), so that a link opens one term.
"""

from typing import get_args

import streamlit as st

from core.concepts.demonstrations import DEMONSTRATIONS
from core.export.glossary import SYMBOLS, GlossaryTerm, Topic, find_terms, terms_in
from core.export.techniques import page_file
from pages.kit import address, form, session
from pages.kit.form import escape
from pages.kit.layout import card_title
from pages.kit.site import GROUPS

TERM = "term"  # the parameter of the address
FIELD = "glossary_search"
LONGEST = 60  # characters of a query
MOST_IN_TEXT = 6  # terms of one step
MOST = 12  # other matches with their definitions; a browser takes long for many formulas
PREVIEW = 5  # names in the label of a collapsed topic
ICONS = {title: icon for rows in GROUPS.values() for _, title, icon in rows}
DEMOS = {tool.kind: tool.label for tool in DEMONSTRATIONS}


def arrives() -> bool:
    """Return whether the address names another term than the glossary shows; the search field will
    hold it.
    """
    named = address.parameter(TERM)[:LONGEST]
    if named == session.get_ui(TERM):
        return False
    session.set_ui(TERM, named)
    session.set(FIELD, named)
    return bool(named)


def leave() -> None:
    """Remove the term from the address, as another part of the page is open."""
    session.set_ui(TERM, "")
    address.name_parameter(TERM, "")


def show() -> None:
    """Draw the search field and the matching terms, or all terms by topic."""
    query = st.text_input(
        "Search the glossary", placeholder="Term or keyword: weight decay, sharpness",
        label_visibility="collapsed", width=420, max_chars=LONGEST, key=FIELD,
    )  # fmt: skip
    session.set_ui(TERM, query)
    address.name_parameter(TERM, query)
    terms = find_terms(query)
    if not terms:
        st.caption(f"No term matches “{escape(query)}”. Try a shorter or different word.")
    elif query.strip():
        best, *others = terms
        with st.container(border=True):
            card(best)
        if others:
            st.markdown(f"**Other matches** ({len(others)})")
            st.markdown(list_terms(others[:MOST]))
        if more := ", ".join(term.name for term in others[MOST:]):
            st.caption(f"Also in: {escape(more)}")
    else:
        for topic in get_args(Topic):
            section(topic, [term for term in terms if term.topic == topic])
    st.caption(f"Symbols: {SYMBOLS}.")


def card(term: GlossaryTerm) -> None:
    """Draw one term with its formula and the links to where it occurs."""
    card_title(escape(term.name))
    if term.also:
        st.caption(f"Also: {escape(', '.join(term.also))}")
    st.markdown(escape(term.definition))
    if term.formula:
        st.latex(term.formula)
    with st.container(horizontal=True, gap="small"):
        if not (term.demo and term.page == "Concepts"):
            page_link(f"Open {term.page}", term.page)
        if term.demo:
            page_link(f"Open demonstration: {DEMOS[term.demo]}", "Concepts", demo=term.demo)


def page_link(label: str, page: str, **parameters: str) -> None:
    """Draw the link to a page."""
    st.page_link(
        page_file(page), label=label, icon=f":material/{ICONS[page]}:", width="content",
        query_params=address.parameters(**parameters),
    )  # fmt: skip


def section(topic: str, terms: list[GlossaryTerm]) -> None:
    """Draw the terms of one topic, collapsed. Only those of an open one are drawn."""
    preview = "; ".join(term.name for term in terms[:PREVIEW]) + "; …"
    place = st.expander(
        f"**{topic}** ({len(terms)}): {escape(preview)}",
        key=f"glossary_topic {topic}", on_change="rerun",
    )  # fmt: skip
    if place.open:
        place.markdown(list_terms(terms))


def list_terms(terms: list[GlossaryTerm]) -> str:
    """Return terms as a Markdown list: name, other names, definition, formula and page."""
    return "\n".join(map(list_entry, terms))


def show_terms(text: str) -> None:
    """Draw a button that opens the terms of a text, each with a link into the glossary."""
    terms = terms_in(text)[:MOST_IN_TEXT]
    if not terms:
        return
    with st.popover("Terms in this step", icon=":material/dictionary:"):
        st.markdown(list_terms(terms))
        links = [f"[{escape(term.name)}]({form.glossary_address(term.name)})" for term in terms]
        st.caption(f"Open in the glossary: {' · '.join(links)}")


def list_entry(term: GlossaryTerm) -> str:
    """Return one entry of the list."""
    also = f" ({escape(', '.join(term.also))})" if term.also else ""
    formula = f"${term.formula}$ · " if term.formula else ""
    text = f"- **{escape(term.name)}**{also}: {escape(term.definition)}"
    return f"{text}  \n  {formula}:small[Page: {term.page}]"
