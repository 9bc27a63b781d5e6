"""The way on from the Data page: the Network page, and a network with training settings that fit
new data in one press.
"""

import streamlit as st

from core.advice.starting_point import StartingPoint, starting_point, training_rows
from core.base.errors import LabError
from core.base.text import counted, format_shape
from core.data.dataset import Facts
from core.data.datasets import Spreadsheets
from core.experiment import Experiment
from core.jobs import runner
from core.runs.compare import describe_change
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
        label, names, text = describe(draft, start, facts)
        if finding("info", text, label, "use starting point", icon=ICON):
            state.rebuild(start.experiment, f"Use {names}")
            session.notice(f"The draft now uses {names}.")
            st.rerun()


def describe(draft: Experiment, start: StartingPoint, facts: Facts) -> tuple[str, str, str]:
    """Describe what the draft would take from the starting point, network or training settings or
    both, and the data that it suits: the label of the button, the names, and the finding.
    """
    suggested = start.experiment
    network = {"network": suggested.network, "initializer": suggested.initializer}
    has_network = draft.model_copy(update=network) == draft
    has_settings = draft.model_copy(update=network) == suggested
    settings = "the suggested training settings"
    label, names, texts = "Use both", f"{start.preset.label} and {settings}", []
    if has_network:
        label, names = "Use these settings", settings
    else:
        texts.append(describe_network(start, facts))
    if has_settings:
        label, names = f"Use {start.preset.label}", start.preset.label
    else:
        texts.append(describe_settings(draft, start, facts))
    change = describe_change(draft, suggested)
    return label, names, " ".join([*texts, f"Difference from the draft: {escape(change)}."])


def describe_network(start: StartingPoint, facts: Facts) -> str:
    """Describe the network and the samples that it fits."""
    if facts.has_images:
        data = f"images of {format_shape(facts.shape)}"
    else:
        data = f"rows of {counted(facts.shape[0], 'number')}"
    return f"**{escape(start.preset.label)}** fits {data}."


def describe_settings(draft: Experiment, start: StartingPoint, facts: Facts) -> str:
    """Describe the training settings and the number of rows that they suit."""
    suggested = start.experiment
    return (
        f"{escape(suggested.optimizer.summary)} with a {suggested.schedule.label.lower()} schedule "
        f"for {counted(suggested.epochs, 'epoch')} suits "
        f"{counted(training_rows(draft, facts), 'training row')}."
    )
