"""What a person was doing here: the last draft, live runs, then the newest runs."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import streamlit as st

from core.access import ownership
from core.advice.plan import line, plan
from core.base.encoding import decode
from core.base.errors import LabError
from core.base.numbers import duration
from core.experiment import Experiment
from core.jobs import runner
from core.runs.score import summarize
from core.runs.state import RunState
from core.runs.summary import ended
from pages.kit import address, person, score_form, session, state
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import run_name, state_badge, when
from pages.kit.screen import phone

RECENT = 4
FAILED = {RunState.FAILED, RunState.DIVERGED}


def recent() -> bool:
    """Draw the last draft and the recent runs of this person, each with a button that opens it.
    Returns whether there are any.
    """
    draft_id = session.get(state.DRAFT_ID)
    with suppress(LabError):  # a login that has expired
        draft_id = draft_id or state.drafts().newest()
    runs = list(islice(own_runs(), RECENT))
    if not draft_id and not runs:
        return False
    st.header("Continue where you left off", anchor=False)
    with st.container(gap="xxsmall"):
        draft_row(draft_id)
        for run in runs:
            run_row(run)
    return True


def own_runs() -> Iterator[str]:
    """Yield the runs of this person: live ones first, then the newest."""
    lab = runner.current()
    for run in dict.fromkeys([*lab.live(), *lab.store.ids()]):
        with suppress(LabError):  # deleted meanwhile
            if ownership.owner(lab.store, run) == person.me():
                yield run


def draft_row(draft_id: str) -> None:
    """Draw the draft that was edited last, unless it is gone or of another version."""
    try:
        draft = decode(Experiment, state.drafts().read(draft_id))
    except LabError:
        return
    title = draft.title
    if row("Draft", title, line(draft, plan(draft, runner.current().store.home)), "Open draft"):
        state.open_draft(draft_id)
        st.switch_page("train.py", query_params=address.parameters())


def run_row(run: str) -> None:
    """Draw a run with its state and its result, unless it is gone or of another version."""
    try:
        status, title, facts = runner.current().status(run), run_name(run), describe(run)
    except LabError:
        return
    if row(status, title, facts, button_label(status), key=f"go {run}"):
        st.switch_page("watch.py", query_params=address.parameters(run=run))


def row(status: RunState | str, title: str, facts: str, label: str, key: str = "go draft") -> bool:
    """Draw one line with a button. Returns whether that was pressed."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if isinstance(status, RunState):
            state_badge(status, 110)
        else:
            st.badge(status, color="gray", icon=":material/edit:", width=110)
        st.markdown(f":small[**{escape(title)}**]", width=190)
        st.caption(escape(facts), width="stretch", wrap=phone())
        return button(
            label, key=key, type="tertiary", icon=":material/arrow_forward:", icon_position="right"
        )


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
        facts = [summarize(scores, score_form.form())] if scores else [end.message.split(". ")[0]]
        facts += [f"best epoch {end.best_epoch} of {end.epochs}"] if scores else []
        facts += [duration(end.seconds)]
    return " · ".join([*facts, f"{when(run):%d %b %H:%M}"])
