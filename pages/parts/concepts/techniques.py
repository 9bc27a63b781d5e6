"""The table of techniques in the app: searched by words, family by family, with the way to the page
where each is switched on.
"""

import streamlit as st

from core.concepts import techniques as table
from core.concepts.techniques import Technique
from pages.kit import state
from pages.kit.form import escape

FEW = 5  # names that a folded family tells
ICONS = {"Data": "grid_view", "Network": "layers", "Train": "tune", "Concepts": "school"}


def search() -> None:
    """A word finds its rows in every family; without one, all are there."""
    words = st.text_input(
        "Search",
        placeholder="Search names, papers, words: dropout, Kingma, O2",
        label_visibility="collapsed",
        width=420,
        key="techniques_search",
    )
    found = False
    for family in table.FAMILIES:
        rows = [row for row in table.techniques(family) if row.holds(words)]
        if rows:
            found = True
            section(table.title(family), rows, opened=bool(words))
    if not found:
        st.caption(f"Nothing here is called “{escape(words)}”: try a shorter word.")


def section(title: str, rows: list[Technique], *, opened: bool) -> None:
    """One family, folded until something in it was searched for."""
    some = ", ".join(row.name for row in rows[:FEW]) + ", …" * (len(rows) > FEW)
    with st.expander(f"**{title}** · {len(rows)} · {escape(some)}", expanded=opened):
        for page in dict.fromkeys(row.page for row in rows if row.page != "Concepts"):
            st.page_link(
                f"{page.lower()}.py",
                label=f"Switch them on: {page}",
                icon=f":material/{ICONS[page]}:",
                query_params=state.address(),
            )
        st.markdown("\n".join([table.HEAD, *map(row_of, rows)]))


def row_of(row: Technique) -> str:
    cells = (row.ids, f"**{row.name}**", table.math(row.formula), escape(row.source), row.page)
    return table.line(*cells)
