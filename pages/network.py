"""Network: what am I building, and does it fit? The layers one by one, drawn, with shapes,
parameters and multiply-adds.
"""

import streamlit as st

from core.advice.estimate import BYTES
from core.advice.plan import Plan, network_name, plan
from core.base.errors import LabError
from core.base.numbers import size, whole
from core.data.datasets import Facts
from core.experiment import Experiment
from core.jobs import runner
from core.network.build import trace
from pages.kit import form, state
from pages.kit.layout import bar, finding, header
from pages.parts.network.diagram import diagram
from pages.parts.network.first_step import before
from pages.parts.network.layers import Listed
from pages.parts.network.presets import presets


def main() -> None:
    """The whole page."""
    draft = state.draft()
    planned = plan(draft, runner.current().store.home)
    facts = planned.facts
    told = f"{network_name(draft, facts)} · {whole(planned.parameters)} parameters"
    weights = size(BYTES * planned.parameters)
    told += f" · {whole(planned.multiply_adds)} multiply-adds · {weights}"
    if planned.layer is not None:
        told = f"{network_name(draft, facts)} · layer {planned.layer + 1} does not fit"
    known = draft.network and facts
    with header("Network", told if known else "What am I building, and does it fit?"):
        for icon, word, possible, act in (  # of the layers and the initialization, nothing else
            ("undo", "Undo", state.can_undo(), state.undo),
            ("redo", "Redo", state.can_redo(), state.redo),
        ):
            st.button(
                "",
                icon=f":material/{icon}:",
                help=f"{word} the last change of the network",
                key=word,
                disabled=not possible,
                on_click=act,
            )
        presets(facts)
    if facts is None:
        finding("bad", form.escape(planned.problem))
        words, icon = "Choose data", ":material/grid_view:"
        st.page_link("data.py", label=words, icon=icon, query_params=state.address())
        bar(planned)
    else:
        show(draft, planned, facts)


def show(draft: Experiment, planned: Plan, facts: Facts) -> None:
    """Layers on the left; what they make on the right. What has to be measured comes last, when
    all else stands.
    """
    traced = trace(draft.network, facts.shape, facts.outputs)
    left, right = st.columns([5, 7], gap="small")
    listed = Listed(draft.network, traced, facts)
    with left:
        listed.card()
    with right:
        diagram(draft.network, traced, facts.shape)
        measured = st.container()
    bar(planned)
    with measured:
        before(draft, planned, traced, listed.opened)


try:
    main()
except LabError as error:  # a run or a set that was deleted under the page
    st.error(form.escape(str(error)), icon=":material/error:")
