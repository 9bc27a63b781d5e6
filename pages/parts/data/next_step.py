"""The way on from the Data page: the Network page, and a network with training settings that fit
new data in one press.
"""

import streamlit as st

from core.advice.starting_point import StartingPoint, starting_point
from core.base.errors import LabError
from core.base.text import counted, format_shape
from core.data.dataset import Facts
from core.data.datasets import Spreadsheets
from core.experiment import Experiment
from core.jobs import runner
from pages.kit import address, session, state
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import finding

ICON = ":material/auto_awesome:"


def next_button() -> None:
    """Draw the button that opens the Network page."""
    if button("Next: network", icon=":material/arrow_forward:", key="next_network"):
        st.switch_page("network.py", query_params=address.parameters())


def offer_start(draft: Experiment) -> None:
    """Offer a fitting network and recipe for uploaded data, until the draft has them."""
    if not isinstance(draft.data, Spreadsheets):
        return
    try:
        facts = draft.data.facts(runner.current().store.home)
    except LabError:
        return
    if (start := starting_point(draft, facts)) is None:
        return
    with st.container(border=True):
        label = "Use both"
        if finding("info", describe(start, facts), label, "use starting point", icon=ICON):
            state.rebuild(start.experiment, f"Use {start.preset.label} and suggested settings")
            session.notice(
                f"The draft now uses {start.preset.label} and the suggested training settings."
            )
            st.rerun()


def describe(start: StartingPoint, facts: Facts) -> str:
    """Describe the starting point and the data that it fits."""
    if facts.has_images:
        data = f"images of {format_shape(facts.shape)}"
    else:
        data = f"rows of {counted(facts.shape[0], 'number')}"
    epochs = counted(start.experiment.epochs, "epoch")
    suggested = start.experiment
    return (
        f"**{escape(start.preset.label)}** fits {data}. {escape(suggested.optimizer.summary)} with "
        f"a {suggested.schedule.label.lower()} schedule for {epochs} suits "
        f"{counted(facts.rows, 'row')}. The draft uses other settings."
    )
