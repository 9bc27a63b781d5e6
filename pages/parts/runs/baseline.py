"""The baseline of the page Runs: one pinned run with which all others are compared, in the table
and in the chart. Each visitor has an own one; the address carries it.
"""

import streamlit as st

from core.base.text import counted
from core.jobs import runner
from core.runs.baseline import is_comparable
from pages.kit import session
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import STACK
from pages.parts.runs.table import Row

SAMPLES = "validated on different samples (different data, split or label noise)"


def pinned(every: list[Row]) -> Row | None:
    """Return the pinned run if the visitor can see it."""
    run = session.get_ui(session.BASELINE)
    return next((row for row in every if row.summary.run == run), None)


def pin_button(row: Row | None) -> None:
    """Draw the button that pins the one selected run, or unpins it. It keeps its place."""
    is_pinned = row is not None and row.summary.run == session.get_ui(session.BASELINE)
    if button(
        "Unpin baseline" if is_pinned else "Pin as baseline",
        icon=":material/keep_off:" if is_pinned else ":material/keep:",
        key="pin_baseline",
        disabled=row is None,
        help="Show the differences of all runs to this one, in the table and in the chart",
    ):
        session.set_ui(session.BASELINE, "" if is_pinned or row is None else row.summary.run)
        st.rerun()


def describe_baseline(baseline: Row | None, rows: list[Row]) -> None:
    """Draw a line below the table: the baseline, what cannot be compared with it, and a button
    that unpins it; nothing without one.
    """
    run = session.get_ui(session.BASELINE)
    if not run:
        return
    with st.container(**STACK, gap="small", wrap=False):
        st.caption(_describe(baseline, rows, run), width="stretch")
        if button("Unpin", type="tertiary", icon=":material/keep_off:", key="unpin_baseline"):
            session.set_ui(session.BASELINE, "")
            st.rerun()


def _describe(baseline: Row | None, rows: list[Row], run: str) -> str:
    if baseline is None:
        in_trash = run in runner.current().store.trash.ids()
        way = "Restore it from the trash under More, or pin another run." if in_trash else (
            "Pin another run."
        )  # fmt: skip
        return f"**The baseline is not in this lab any more:** it was deleted. {way}"
    text = f"Baseline: **{escape(baseline.summary.name)}**."
    if baseline.summary.validation is None:
        yet = "" if baseline.summary.reason else " yet"
        text += f" It has no validation score{yet}, so no differences are shown."
    others = sum(not is_comparable(row.summary, baseline.summary) for row in rows)
    if others:
        text += (
            f" {counted(others, 'run')} {'was' if others == 1 else 'were'} {SAMPLES} or by another "
            "score: the numbers are not comparable with the baseline."
        )
    return text
