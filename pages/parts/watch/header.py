"""The header of the page Watch: the run, its buttons, where it was forked, and what was changed
while it was trained.
"""

import streamlit as st

from core.base.text import counted
from core.runs.lineage import described_changes
from core.runs.state import RunState
from pages.kit import address, forks
from pages.kit.buttons import button
from pages.kit.downloads import downloads
from pages.kit.fine_tuning import open_fine_tuning
from pages.kit.form import escape
from pages.kit.layout import header
from pages.parts.watch import change_settings, controls, extend
from pages.parts.watch.shown_run import ShownRun

FINE_TUNE = "Train further from the weights of this run, also on other data"
PREDICT = "Draw, or upload images or a spreadsheet, and see the answers of this run"


def draw_header(shown: ShownRun) -> dict[str, object]:
    """Draw the header; return how the curves are drawn."""
    facts = [shown.experiment.title_with_data]
    noun = "image" if shown.has_images() else "sample"
    facts += [counted(sum(shown.sizes.values()), noun) if shown.sizes else ""]
    label, colour, icon = shown.state.badge
    badge = (label, colour, f":material/{icon}:")
    with header("Watch", " · ".join(filter(None, facts)), badge):
        view = buttons(shown)
    if course := describe_course(shown):
        st.caption(f":material/fork_right: {escape(course)}")
    return view


def buttons(shown: ShownRun) -> dict[str, object]:
    """Draw the commands that apply in this state; return how the curves are drawn."""
    run, state, view = shown.run, shown.state, {}
    controls.actions(run, state, has_started=shown.has_started)
    if state in (RunState.RUNNING, RunState.PAUSED):
        paused = state is RunState.PAUSED
        with shown.tail.read() as history:
            change_settings.popover(run, shown.experiment, history, paused=paused)
    if shown.has_steps or shown.live:
        view = controls.view(regression=shown.classes == 0)
    if shown.can_predict():
        if button("Predict", icon=":material/draw:", help=PREDICT):
            st.switch_page("predict.py", query_params=address.parameters(run=run))
        if button("Fine-tune", icon=":material/model_training:", help=FINE_TUNE):
            open_fine_tuning(run)
        with shown.tail.read() as history:
            extend.popover(run, history)
    if shown.has_started and not shown.live:
        with st.popover("Download", icon=":material/download:"):
            downloads(run)
    return view


def describe_course(shown: ShownRun) -> str:
    """Return where the run was forked, and what was changed while it was trained; empty for a run
    that was trained in one way from its first step on.
    """
    changes = described_changes(shown.lab.store, shown.run)
    return " · ".join(filter(None, [forks.describe(shown.experiment.fork), *changes]))
