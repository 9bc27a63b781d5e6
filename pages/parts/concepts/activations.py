"""Demonstration: all activation functions on one plot, each with its slope."""

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
    """Draw the menu of activations, what the slope of the selected one means, and all curves."""
    activations = {m.label: m() for m in Layer.members.values() if m.is_activation}
    label = st.pills("Activation", list(activations), default="Sigmoid", required=True, key="bend")
    selected = activations[label]
    others = [a for a in activations.values() if a is not selected]

    def draw(mode: Mode) -> go.Figure:
        return concepts.activations(concepts.curves(selected, others), mode)

    with st.container(border=True):
        with card_title(describe_slope(selected)):
            st.markdown(f":small[${selected.formula}$]", width="content")
        st.markdown(f":small[{selected.doc().replace(chr(10), ' ')}]")
        alt = f"All activation functions with their slopes; {label} is highlighted."
        drawn(draw, key="bends", height=concepts.CURVES, alt=alt, name="activations")
    lead("Open an experiment with 30 sigmoid layers", "deep-1-sigmoid")


def describe_slope(activation: Activation) -> str:
    """Return what the slope does to a gradient that passes ten layers."""
    largest = activation.max_slope()
    if not activation.passes_gradient:
        return f"{activation.label}: the slope is 0 everywhere, so no gradient passes"
    if largest < 1:
        remaining = short(largest**10, 1)
        return (
            f"{activation.label}: maximum slope {largest:g}, so at most {remaining} of the "
            "gradient passes ten layers"
        )
    return f"{activation.label}: maximum slope {largest:.3g}, so a gradient can pass many layers"
