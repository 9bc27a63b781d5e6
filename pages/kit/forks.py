"""Forks in the draft: open one from a run, describe it, and drop it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from core.advice import fork_notes
from core.base.encoding import encode
from core.base.errors import LabError
from core.base.numbers import whole
from core.base.text import counted
from core.experiment import Experiment
from core.jobs import runner
from core.runs import forks
from core.weights.fork import Fork
from pages.kit import address, session, state
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import draft_finding, run_name

DELETED = "a deleted run"
DROP = "Drop the fork"


def open_fork(run: str, epoch: int, changes: dict[str, Any] | None = None) -> None:
    """Make the draft a fork of the run after this epoch, with these changes, and show the page
    Train; show why where that is refused.
    """
    name = parent_name(run)
    open_draft(
        partial(forks.fork_of, runner.current().store, run, epoch, changes),
        f"Fork {name}",
        f"The draft continues {name} after epoch {whole(epoch)}. Change what should differ, then "
        "press Start: both runs see the same batches.",
    )


def open_extension(run: str, epochs: int) -> None:
    """Make the draft the extension of the run by this many epochs, and show the page Train."""
    name = parent_name(run)
    open_draft(
        partial(forks.extend, runner.current().store, run, epochs),
        f"Extend {name}",
        f"The draft trains {name} for {counted(epochs, 'more epoch')}, from its last one on. "
        "Press Start.",
    )


def open_draft(make: Callable[[], Experiment], title: str, notice: str) -> None:
    """Make an experiment the draft and show the page Train with a notice; show why where it cannot
    be made.
    """
    try:
        experiment = make()
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    state.set_draft(encode(experiment), title)
    session.notice(notice)
    st.switch_page("train.py", query_params=address.parameters())


def refusals(draft: Experiment, page: str) -> None:
    """Draw what keeps the fork from starting, each with a button that restores the setting."""
    for found in fork_notes.refusals(runner.current().store, draft):
        draft_finding(replace(found, text=escape(found.text)), f"{page} {found.code}")


def parent_name(run: str) -> str:
    """Return the quoted name of a run that was forked, or that it is not here any more."""
    try:
        return f"“{run_name(run)}”"
    except LabError:
        return DELETED


def describe(fork: Fork | None) -> str:
    """Return what is forked and where; empty for no fork."""
    return f"Fork of {parent_name(fork.run)} at epoch {whole(fork.epoch)}" if fork else ""


def drop() -> None:
    """Make the draft a new run with the same settings, which trains from its first step."""
    state.rebuild(state.draft().model_copy(update={"fork": None}), DROP)


def drop_button(key: str, draft: Experiment, label: str = DROP) -> None:
    """Draw the button that drops the fork of the draft."""
    why = f"{DROP}: train these settings from the first step, as a new run"
    look = {"icon": ":material/link_off:", "type": "tertiary", "help": why}
    if draft.fork and button(label, key=key, **look):
        drop()
        st.rerun()
