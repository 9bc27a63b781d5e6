"""The tab Initialization: the initializer, and the initial weights of each layer."""

from typing import TYPE_CHECKING

import streamlit as st

from core.experiment import Experiment
from core.figures import weights as drawing
from core.network.build import LayerFacts, walk_facts
from core.network.initializers import Initializer
from pages.kit import form, state
from pages.kit.screen import theme_mode

if TYPE_CHECKING:
    from core.advice.first_step import FirstStep

SHOWN = 8  # histograms; of more layers, so many are chosen evenly, including the first and last


def initializer(draft: Experiment) -> Initializer:
    """Draw the menu and its fields, and update the draft."""
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
    """Draw one small histogram per layer, with the expected standard deviation as dashed lines."""
    numbers = {fact.path: fact.number for fact in walk_facts(traced)}
    layers = [layer for layer in seen.layers if layer.weights and layer.name in numbers]
    picked = pick_evenly(len(layers))
    with st.grid(min_column_width=150, gap="small"):
        for layer in (layers[i] for i in picked):
            with st.container(gap="xxsmall"):
                name = layer.name.rpartition(".")[2]
                description = drawing.describe(layer.weights)
                st.caption(f"**{numbers[layer.name]} {name}**  \n{description}")
                st.plotly_chart(
                    drawing.figure(layer.weights, theme_mode()),
                    theme=None,
                    config={"displayModeBar": False, "staticPlot": True},
                    alt=f"Histogram of the initial weights of {name}: {description}",
                    key=f"weights {layer.name}",
                )
    notes = []
    if any(layer.weights.expected for layer in layers):
        notes.append("Dashed lines: expected mean ± standard deviation σ.")
    if len(picked) < len(layers):
        notes.append(f"Showing {len(picked)} of {len(layers)} layers.")
    st.caption(" ".join(notes))


def pick_evenly(count: int) -> list[int]:
    """Return at most SHOWN of `count` indices, including both ends.

    >>> pick_evenly(3), pick_evenly(50)
    ([0, 1, 2], [0, 7, 14, 21, 28, 35, 42, 49])
    """
    if count <= SHOWN:
        return list(range(count))
    return [i * (count - 1) // (SHOWN - 1) for i in range(SHOWN)]
