"""Runs: all runs in one table that can be searched, filtered and sorted, and a comparison of the
selected ones.
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
from pages.kit import person, session
from pages.kit.bar import bar, start
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import describe_error, finding, header
from pages.kit.own_queue import own_queues
from pages.parts.runs.actions import actions, more, undo
from pages.parts.runs.baseline import describe_baseline, pinned
from pages.parts.runs.batches import batches
from pages.parts.runs.comparison import compare
from pages.parts.runs.table import OWNER, Row, choose_columns, table

REFRESH_SECONDS = 10  # while a run is live


def main() -> None:
    """The whole page."""
    sizes = event_sizes()  # before the rows: a run that ends while they are drawn is a change
    with header("Runs", "Compare, reuse and export your runs"):
        search = st.text_input(
            "Search",
            placeholder="Search names, tags, settings",
            label_visibility="collapsed",
            width=260,
            key="runs_search",
        )
        summaries, unread = privacy.visible_rows(runner.current().store, person.me())
        every = [
            Row(summary, find_state(summary), describe_owner(summary)) for summary in summaries
        ]
        rows = filtered(every, search)
        baseline = pinned(every)
        columns = choose_columns(
            pinned=baseline is not None,
            changed=any(row.summary.changes for row in rows),
            tagged=any(row.summary.tags for row in rows),
        )
        more([row.summary for row in rows])
    batches(rows)
    own_queues(own_live())
    if rows:
        selected = table(rows, columns, baseline)
        describe_baseline(baseline, rows)
        try:
            actions(selected, len(rows), [row.summary for row in every])
            compare(selected, baseline)
        except LabError as error:  # deleted elsewhere since the table was drawn
            finding("bad", escape(describe_error(error)))
    else:
        undo()
        empty(bool(every))
    if unread:
        with st.expander(f"{counted(len(unread), 'run')} cannot be shown"):
            for reason in unread.values():
                finding("warn", escape(reason))
    st.fragment(refresh, run_every=REFRESH_SECONDS if sizes else None)(sizes)
    bar()


def own_live() -> list[str]:
    """Return the visitor's own runs at work and in the queue."""
    lab, me = runner.current(), person.me()
    return [run for run in lab.live() if ownership.owner(lab.store, run) == me]


def find_state(row: Summary) -> RunState:
    """Return the run's state: the reason of its end, unless it is live again."""
    lab = runner.current()
    if row.reason and row.run not in lab.live():
        return RunState.of_end(row.reason)
    try:
        return lab.status(row.run)
    except LabError:  # deleted meanwhile
        return RunState.INTERRUPTED


def describe_owner(row: Summary) -> str:
    """Return the owner as the visitor sees it; empty if the lab has one user."""
    if ownership.mode() == ownership.SOLO:
        return ""
    return ownership.describe_owner(runner.current().store, row.run, person.me())


def event_sizes() -> dict[str, int]:
    """Return the bytes of events of each live run."""
    lab, sizes = runner.current(), {}
    for run in lab.live():
        stamp = lab.store.stamp(run)[1]
        sizes[run] = stamp[1] if stamp else 0
    return sizes


def refresh(drawn: dict[str, int]) -> None:
    """Rerun the page if a live run has new events."""
    if event_sizes() != drawn:
        st.rerun()


def filtered(rows: list[Row], search: str) -> list[Row]:
    """Draw the filter. Returns the rows that pass it and contain every word of the search."""
    choices = {
        "State": lambda row: [row.state.label],
        "Data": lambda row: [row.summary.data],
        "Tags": lambda row: row.summary.tags,
    }
    if ownership.mode() != ownership.SOLO:
        choices = {OWNER: lambda row: [row.owner]} | choices
    active = sum(bool(session.get_ui(f"filter {name}")) for name in choices)
    label = f"Filter · {active}" if active else "Filter"
    with st.popover(label, icon=":material/filter_list:", key="runs_filter"):
        for name, values in choices.items():
            options = sorted({value for row in rows for value in values(row)})
            picked = st.multiselect(
                name,
                options,
                key=f"runs_filter_{name}",
                placeholder="All" if options else "None yet",
                disabled=not options,
                persist_state="session",
            )
            session.set_ui(f"filter {name}", " · ".join(picked))
            rows = [row for row in rows if not picked or set(values(row)) & set(picked)]
    words = search.lower().split()
    return [row for row in rows if all(word in searchable_text(row) for word in words)]


def searchable_text(row: Row) -> str:
    """Return the text that a search covers."""
    s = row.summary
    parts = (s.name, s.data, s.network, s.optimizer, s.run, s.note, *s.tags, row.state.label)
    return " ".join(parts).lower()


def empty(hidden: bool) -> None:
    """The card of an empty table; `hidden` if search and filter exclude all runs."""
    with st.container(border=True):
        if hidden:
            st.markdown("No runs match. Remove words from the search or options from the filter.")
            return
        st.markdown("No runs yet.")
        if button("Train on digits", icon=":material/play_arrow:", type="primary"):
            start(encode(shipped()["digits"]))


main()
