"""The tab Verdict of a finished run: is it good, and what to try next."""

import streamlit as st

from core.base.encoding import decode
from core.experiment import Experiment
from core.jobs import runner
from pages.kit import feed
from pages.parts.watch import bias_variance


def tab(run: str) -> None:
    """Draw the tab. All of its numbers come from one snapshot of the run."""
    experiment = decode(Experiment, runner.current().store.experiment(run))
    with feed.tail(run).snapshot() as history, st.container(border=True):
        bias_variance.card(run, history, label_noise=experiment.label_noise.share)
