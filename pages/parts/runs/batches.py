"""The batches above the table of the page Runs: runs that were started together with several values
of a number. One click selects all runs of a batch; a live one can be stopped as a whole.
"""

import streamlit as st

from core.base.errors import LabError
from core.base.text import counted
from core.jobs import runner
from core.jobs.batches import stop_batch
from pages.kit import person, session
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import STACK, describe_error
from pages.parts.runs.table import Row

SHOWN = 3  # the newest batches; the runs of older ones are in the table
SELECT = "Select all runs of this batch and compare them"
LONGEST = 48  # characters of what a batch varies


def batches(rows: list[Row]) -> None:
    """Draw the newest batches of these runs, each with its progress."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.summary.batch:
            groups.setdefault(row.summary.batch.id, []).append(row)
    for group in list(groups.values())[:SHOWN]:
        _draw(group)


def _draw(group: list[Row]) -> None:
    """Draw one batch; the runs are in the order of the table."""
    batch, runs = group[0].summary.batch, [row.summary.run for row in group]
    if batch is None:
        return
    live = [row for row in group if row.state.is_live]
    label = batch.label if len(batch.label) <= LONGEST else batch.label[: LONGEST - 1] + "…"
    with st.container(**STACK, gap="small"):
        name = f"{label[:1].upper()}{label[1:]} · {counted(len(runs), 'run')}"
        if button(escape(name), icon=":material/stacks:", key=f"batch {batch.id}", help=SELECT):
            session.select_runs(runs)
            st.rerun()
        if not live:
            return
        st.caption(f"{len(group) - len(live)} of {counted(len(group), 'run')} ended")
        why = next(filter(None, (person.barred(row.summary.run) for row in live)), "")
        if button(
            "Stop this batch", icon=":material/stop_circle:", key=f"stop batch {batch.id}",
            disabled=bool(why), help=why or "Stops the run in progress and those that wait",
        ):  # fmt: skip
            try:
                stop_batch(runner.current(), runs, by=person.me())
            except LabError as error:
                session.notice(describe_error(error))
            st.rerun()
