"""The recent runs: live runs first, then the newest."""

import streamlit as st

from core.base.errors import LabError
from core.base.events import Scores
from core.base.numbers import duration
from core.jobs import runner
from core.runs.score import describe as describe_score
from core.runs.score import is_regression, name
from core.runs.state import RunState
from core.runs.summary import ended
from pages.kit import address, score_form
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import run_name, state_badge, when

RECENT = 4
FAILED = {RunState.FAILED, RunState.DIVERGED}


def recent() -> None:
    """Draw a line for each recent run with its state, its result and a button to open it."""
    st.header("Recent runs", anchor=False)
    lab = runner.current()
    runs = list(dict.fromkeys([*lab.live(), *lab.store.ids()]))[:RECENT]
    if not runs:
        st.caption("Your runs will appear here. The first one takes under a minute.")
    with st.container(gap="xxsmall"):
        for run in runs:
            try:
                status, name, facts = lab.status(run), run_name(run), describe(run)
            except LabError:  # deleted meanwhile, or written by another version
                continue
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                state_badge(status, 110)
                st.markdown(f":small[**{escape(name)}**]", width=150)
                st.caption(escape(facts), width="stretch", wrap=False)
                if button(
                    button_label(status),
                    key=f"go {run}",
                    type="tertiary",
                    icon=":material/arrow_forward:",
                    icon_position="right",
                ):
                    st.switch_page("watch.py", query_params=address.parameters(run=run))


def button_label(status: str) -> str:
    """Return what opening a run in this state shows."""
    if status.is_live:
        return "Watch run"
    return "Show details" if status in FAILED else "Open run"


def describe(run: str) -> str:
    """Return the result of a run, its duration and when it was created, in one line."""
    facts = []
    if end := ended(runner.current().store, run):
        scores = end.test or end.validation
        facts = [result(scores)] if scores else [end.message.split(". ")[0]]
        facts += [f"best epoch {end.best_epoch} of {end.epochs}"] if scores else []
        facts += [duration(end.seconds)]
    return " · ".join([*facts, f"{when(run):%d %b %H:%M}"])


def result(scores: Scores) -> str:
    """Return the score in the form that all pages show, such as "error 3.3 %".

    The RMSE of values needs their unit, so a list shows R².
    """
    regression = is_regression(scores)
    form = "accuracy" if regression else score_form.form()
    return f"{name(form, regression=regression)} {describe_score(scores, form)}"
