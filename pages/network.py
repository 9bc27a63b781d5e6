"""Network: the layers one by one and as a diagram, with shapes, parameters and multiply-adds, and
whether they fit the data.
"""

import streamlit as st

from core.advice.estimate import BYTES
from core.advice.plan import Plan, network_name, plan
from core.advice.start_checks import check_starting_weights
from core.base.errors import LabError
from core.base.numbers import size, whole
from core.data.datasets import Facts
from core.experiment import Experiment
from core.jobs import runner
from core.network.build import trace
from pages.kit import address, forks, form, state
from pages.kit.bar import bar
from pages.kit.layout import finding, header
from pages.parts.network.diagram import diagram
from pages.parts.network.first_step import before_training
from pages.parts.network.layers import LayerList
from pages.parts.network.presets import presets
from pages.parts.network.starting_weights import start_menu, starting_card

FIXED = (
    "Its weights are those of that epoch, so the layers keep their shapes. To change them, drop "
    "the fork."
)


def main() -> None:
    """Draw the whole page."""
    draft = state.draft()
    planned = plan(draft, runner.current().store.home)
    facts = planned.facts
    with header("Network", summary(draft, planned)):
        presets(facts)
        if facts:
            start_menu(draft)
    if facts is None:
        finding("bad", form.escape(planned.problem))
        label, icon = "Choose data", ":material/grid_view:"
        st.page_link("data.py", label=label, icon=icon, query_params=address.parameters())
        bar(planned)
    else:
        show(draft, planned, facts)


def summary(draft: Experiment, planned: Plan) -> str:
    """Return the state of the network in one line: empty, not fitting, or its sizes."""
    if planned.facts is None:
        return "No data to fit the network to"
    if not draft.network:
        return "No layers yet"
    name = network_name(draft, planned.facts)
    if planned.layer is not None:
        return f"{name} · layer {planned.layer + 1} does not fit"
    sizes = (
        f"{whole(planned.parameters)} parameters",
        f"{whole(planned.multiply_adds)} multiply-adds",
        size(BYTES * planned.parameters),
    )
    return " · ".join([name, *sizes])


def show(draft: Experiment, planned: Plan, facts: Facts) -> None:
    """Draw the layers on the left and what they make on the right. What has to be measured is drawn
    last, when everything else is on the page.
    """
    traced = trace(draft.network, facts.shape, facts.outputs)
    left, right = st.columns([5, 7], gap="small")
    found, matching = check_starting_weights(draft, facts, runner.current().store.home)
    listed = LayerList(draft.network, traced, facts, draft.start, matching)
    with left:
        fork_card(draft)
        starting_card(draft, traced, found, matching)
        listed.card()
    with right:
        diagram(traced, facts.shape)
        measured = st.container()
    bar(planned)
    with measured:
        before_training(draft, planned, traced, listed.opened)


def fork_card(draft: Experiment) -> None:
    """Draw what a fork allows here; nothing for a draft that is no fork."""
    if draft.fork is None:
        return
    text = forks.describe(draft.fork)
    with st.container(border=True):
        finding("info", f"**{form.escape(text)}.** {FIXED}")
        forks.refusals(draft, "network")
        forks.drop_button("network_drop_fork", draft)


try:
    main()
except LabError as error:  # a run or a dataset that was deleted while the page was open
    st.error(form.escape(str(error)), icon=":material/error:")
