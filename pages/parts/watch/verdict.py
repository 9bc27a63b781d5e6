"""The tab Verdict of a finished run: is it good, and what to try next."""

from collections.abc import Callable

import streamlit as st

from core.base.encoding import decode
from core.base.finding import Action
from core.experiment import Experiment
from core.jobs import runner
from pages.kit import feed
from pages.parts.watch import baselines, bias_variance, error_sources, more_rows, next_steps


def tab(run: str, reopen: Callable[[Action], None]) -> None:
    """Draw the tab. All of its numbers come from one snapshot of the run. `reopen` opens the
    settings with the changes of a suggestion.
    """
    experiment = decode(Experiment, runner.current().store.experiment(run))
    with feed.tail(run).snapshot() as history:
        left, right = st.columns(2, gap="small")
        with left.container(border=True, height="stretch"):
            bias_variance.card(run, history, experiment)
        with right.container(border=True, height="stretch"):
            baselines.card(run, history, experiment)
        with st.container(border=True):
            next_steps.card(run, reopen)
        with st.container(border=True):
            more_rows.card(run, history)
        with st.container(border=True):
            error_sources.card(run, history)
