"""The card of a draft that is a fork: its parent, how the schedule goes on, and what it changes."""

import streamlit as st

from core.advice import fork_notes
from core.experiment import Experiment
from core.jobs import runner
from pages.kit import form, session, state
from pages.kit.buttons import unique_keys
from pages.kit.forks import describe, drop_button, refusals
from pages.kit.layout import STACK, draft_finding

RESTART = "Restart the schedule at the fork"
RESTART_HELP = (
    "Off: the schedule counts from the first epoch, over the new number of epochs. On: it begins "
    "anew at the fork."
)


def card(draft: Experiment) -> None:
    """Draw the card; nothing for a draft that is no fork."""
    if draft.fork is None:
        return
    with st.container(border=True, gap="small"):
        with st.container(**STACK, gap="small"):
            title = f":material/fork_right: {form.escape(describe(draft.fork))}"
            st.subheader(title, anchor=False, width="stretch")
            drop_button("fork_drop", draft)
        if draft.fork.epoch:
            key = state.key("fork restart", "fork")
            st.toggle(
                RESTART, bool(draft.fork.schedule_from), key=key, help=RESTART_HELP,
                on_change=restart, args=(key,),
            )  # fmt: skip
        refusals(draft, "train")
        findings = fork_notes.notes(runner.current().store, draft)
        keys = unique_keys(f"fork {finding.code}" for finding in findings)
        for key, finding in zip(keys, findings, strict=True):
            draft_finding(finding, key)


def restart(key: str) -> None:
    """Let the schedule of the draft count from its fork, or from the first epoch."""
    if fork := state.draft().fork:
        epoch = fork.epoch if session.widget_value(key) else 0
        state.edit("fork.schedule_from", epoch, name=RESTART)
