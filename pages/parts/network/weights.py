"""Before the first step, Initialization: the initializer, and where it lets the weights of each
layer begin.
"""

from typing import TYPE_CHECKING

import streamlit as st

from core.experiment import Experiment
from core.figures import weights as drawing
from core.network.build import LayerFacts, flat
from core.network.initializers import Initializer
from pages.kit import form, state
from pages.kit.screen import mode

if TYPE_CHECKING:
    from core.advice.first_step import FirstStep

SHOWN = 8  # histograms; of more layers so many are chosen evenly, the first and the last included


def initializer(draft: Experiment) -> Initializer:
    """Its menu and its fields; the draft follows."""
    left, right = st.columns([5, 8], gap="small")
    with left:
        value = form.choose(
            Initializer, draft.initializer, state.key("initializer"), label="Initialization"
        )
    with right:
        value = form.edit(value, state.key("initializer"), width=120)
    st.caption(f"{value.doc()} ${value.formula}$")
    if value != draft.initializer:
        state.edit("initializer", value.model_dump(mode="json"))
        st.rerun()
    return value


def histograms(traced: tuple[LayerFacts, ...], seen: "FirstStep") -> None:
    """One small histogram a layer, with the expected spread between two dashed lines."""
    numbers = {fact.path: fact.number for fact in flat(traced)}
    known = [one for one in seen.layers if one.weights and one.name in numbers]
    picked = evenly(len(known))
    with st.grid(min_column_width=150, gap="small"):
        for one in (known[i] for i in picked):
            with st.container(gap="xxsmall"):
                name = one.name.rpartition(".")[2]
                st.caption(f"**{numbers[one.name]} {name}**  \n{drawing.told(one.weights)}")
                st.plotly_chart(
                    drawing.figure(one.weights, mode()),
                    theme=None,
                    config={"displayModeBar": False, "staticPlot": True},
                    alt=f"Histogram of the weights of {name}: {drawing.told(one.weights)}",
                    key=f"weights {one.name}",
                )
    told = "Dashed: the expected mean ± spread σ." if seen.layers else ""
    if len(picked) < len(known):
        told += f" {len(picked)} of {len(known)} layers are drawn, evenly chosen."
    st.caption(told)


def evenly(count: int) -> list[int]:
    """At most SHOWN of `count` places, with both ends.

    >>> evenly(3), evenly(50)
    ([0, 1, 2], [0, 7, 14, 21, 28, 35, 42, 49])
    """
    if count <= SHOWN:
        return list(range(count))
    return [i * (count - 1) // (SHOWN - 1) for i in range(SHOWN)]
