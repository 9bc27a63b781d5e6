"""Activations on one plot, each with its slope."""

import plotly.graph_objects as go
import streamlit as st

from core.base.numbers import short
from core.figures import concepts
from core.figures.template import Mode
from core.network.activations import Activation
from core.network.layers import Layer
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead


def show() -> None:
    """The pick, what its slope means, and all curves."""
    every = {m.label: m() for m in Layer.members.values() if issubclass(m, Activation)}
    picked = st.pills("Activation", list(every), default="Sigmoid", required=True, key="bend")
    chosen = every[picked]
    others = [a for a in every.values() if a is not chosen]

    def draw(mode: Mode) -> go.Figure:
        return concepts.activations(concepts.curves(chosen, others), mode)

    with st.container(border=True):
        with card_title(sentence(chosen)):
            st.markdown(f":small[${chosen.formula}$]", width="content")
        st.markdown(f":small[{chosen.doc().replace(chr(10), ' ')}]")
        alt = f"All activations with their slopes; {picked} in colour."
        drawn(draw, key="bends", height=concepts.CURVES, alt=alt, name="activations")
    lead("Train 30 sigmoid layers", "deep-1-sigmoid")


def sentence(chosen: Activation) -> str:
    """What its slope does to a gradient in ten layers."""
    largest = max(slope for *_, slope in chosen.curve())
    if not chosen.trains:
        return f"{chosen.label}: slope 0 wherever it has one, so no weight before it ever moves"
    if largest < 1:
        left = short(largest**10, 1)
        return f"{chosen.label}: slope at most {largest:g}; after ten layers {left} is left"
    return f"{chosen.label}: slope up to {largest:.3g}, so a gradient can pass ten layers whole"
