"""The searchable table of techniques, one section per family, with links to the pages that offer
them.
"""

import streamlit as st

from core.export import techniques as table
from core.export.techniques import Technique
from pages.kit import address
from pages.kit.form import escape
from pages.kit.site import GROUPS

PREVIEW = 5  # names in the label of a collapsed section
MOST = 12  # matches that are open; a browser takes long for many formulas
ICONS = {title: icon for rows in GROUPS.values() for _, title, icon in rows}


def search() -> None:
    """Draw the search field and the matching rows of every family."""
    query = st.text_input(
        "Search techniques",
        placeholder="Name, author or keyword: dropout, Kingma",
        label_visibility="collapsed",
        width=420,
        key="techniques_search",
    )
    matches = {
        title: [row for row in techniques if row.matches(query)]
        for title, techniques in table.sections()
    }
    expanded = bool(query.strip()) and sum(map(len, matches.values())) <= MOST
    for title, rows in matches.items():
        if rows:
            section(title, rows, expanded=expanded)
    if not any(matches.values()):
        st.caption(f"No technique matches “{escape(query)}”. Try a shorter or different word.")


def section(title: str, rows: list[Technique], *, expanded: bool) -> None:
    """Draw one family. Only the rows of an open one are drawn."""
    preview = "; ".join(row.name for row in rows[:PREVIEW]) + "; …" * (len(rows) > PREVIEW)
    place = st.expander(
        f"**{title}** ({len(rows)}): {escape(preview)}", expanded=expanded,
        key=f"techniques {title} {expanded}", on_change="rerun",
    )  # fmt: skip
    if not place.open:
        return
    with place:
        for page in dict.fromkeys(row.page for row in rows if row.page != "Concepts"):
            st.page_link(
                table.page_file(page),
                label=f"Open the {page} page",
                icon=f":material/{ICONS[page]}:",
                query_params=address.parameters(),
            )
        st.markdown("\n".join([table.HEADER, *map(markdown_row, rows)]))


def markdown_row(row: Technique) -> str:
    """Return the row with its name in bold and its source escaped."""
    cells = (f"**{row.name}**", table.math(row.formula), escape(row.source), row.page)
    return table.table_row(*cells)
