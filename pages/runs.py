"""Runs: which one was better, and why? All runs in one table that can be searched, filtered and
sorted; two or more side by side.
"""

import streamlit as st

from core.access import ownership, privacy
from core.base.encoding import encode
from core.base.errors import LabError
from core.base.text import counted
from core.experiment import shipped
from core.jobs import runner
from core.runs.state import RunState
from core.runs.summary import Summary
from pages.kit import state
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import bar, finding, header, start, told
from pages.parts.runs.actions import actions, more, undo
from pages.parts.runs.comparison import compare
from pages.parts.runs.table import WHOSE, Row, choose_columns, table

REFRESH = 10  # seconds, while a run is live


def main() -> None:
    """The whole page."""
    with header("Runs", "Which one was better, and why?"):
        search = st.text_input(
            "Search",
            placeholder="Search names, tags, settings",
            label_visibility="collapsed",
            width=260,
            key="runs_search",
        )
        found, unread = privacy.rows(runner.current().store)
        every = [Row(row, word(row), whose(row)) for row in found]
        rows = filtered(every, search)
        columns = choose_columns()
        more([row.summary for row in rows])
    if rows:
        chosen = table(rows, columns)
        try:
            actions(chosen, len(rows), [row.summary for row in every])
            compare(chosen)
        except LabError as error:  # deleted elsewhere since the table was drawn
            finding("bad", escape(told(error)))
    else:
        undo()
        empty(bool(every))
    if unread:
        st.caption(f"{counted(unread, 'run')} of another version cannot be shown.")
    st.fragment(refresh, run_every=REFRESH if reached() else None)(reached())
    bar()


def word(row: Summary) -> RunState:
    """The run's state, which the end of its events tells, unless it is at work again."""
    lab = runner.current()
    if row.reason and row.run not in lab.live():
        return RunState.of_end(row.reason)
    try:
        return lab.status(row.run)
    except LabError:  # deleted meanwhile
        return RunState.INTERRUPTED


def whose(row: Summary) -> str:
    """To whom the run belongs, as whoever looks would say it; empty where all may do all."""
    if ownership.mode() == ownership.SOLO:
        return ""
    return ownership.whose(runner.current().store, row.run)


def reached() -> dict[str, int]:
    """The bytes of events of each live run."""
    lab, sizes = runner.current(), {}
    for run in lab.live():
        stamp = lab.store.stamp(run)[1]
        sizes[run] = stamp[1] if stamp else 0
    return sizes


def refresh(drawn: dict[str, int]) -> None:
    """Draws the page anew when a live run has come further."""
    if reached() != drawn:
        st.rerun()


def filtered(rows: list[Row], search: str) -> list[Row]:
    """The rows that hold every word of the search and pass the filter, whose popover is drawn."""
    choices = {
        "State": lambda row: [row.word.label],
        "Data": lambda row: [row.summary.data],
        "Tags": lambda row: row.summary.tags,
    }
    if ownership.mode() != ownership.SOLO:
        choices = {WHOSE: lambda row: [row.whose]} | choices
    set_now = sum(bool(state.get_ui(f"filter {name}")) for name in choices)
    label = f"Filter · {set_now}" if set_now else "Filter"
    with st.popover(label, icon=":material/filter_list:", key="runs_filter"):
        for name, values in choices.items():
            known = sorted({value for row in rows for value in values(row)})
            picked = st.multiselect(
                name,
                known,
                key=f"runs_filter_{name}",
                placeholder="All" if known else "None yet",
                disabled=not known,
                persist_state="session",
            )
            state.set_ui(f"filter {name}", " · ".join(picked))
            rows = [row for row in rows if not picked or set(values(row)) & set(picked)]
    words = search.lower().split()
    return [row for row in rows if all(each in text(row) for each in words)]


def text(row: Row) -> str:
    """What a search looks at."""
    s = row.summary
    parts = (s.name, s.data, s.network, s.optimizer, s.run, s.note, *s.tags, row.word.label)
    return " ".join(parts).lower()


def empty(hidden: bool) -> None:
    """No run to show: `hidden` when search and filter leave none."""
    with st.container(border=True):
        if hidden:
            st.markdown("No run matches. Take words out of the search, or choices out of Filter.")
            return
        st.markdown("No runs yet.")
        if button("Train on digits", icon=":material/play_arrow:", type="primary"):
            start(encode(shipped()["digits"]))


main()
