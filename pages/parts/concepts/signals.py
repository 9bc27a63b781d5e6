"""Demonstration: signals and gradients that vanish or explode on their way through 15 layers."""

import streamlit as st

from core.base.numbers import short
from core.concepts import signals
from core.concepts.signals import DEPTH, KEPT, LayerSignals
from core.figures import signals as figures
from core.network.initializers import Initializer
from core.network.layers import Layer
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

NONE = "None"


@st.fragment
def show() -> None:
    """Draw the powers of one weight, and the settings of a network beside what is measured."""
    left, right = st.columns(2, gap="small")
    with left.container(border=True, height="stretch"):
        weight = st.slider("Weight w of every layer", 0.1, 2.0, 0.8, 0.05, key="signal weight")
        values = signals.powers(weight)
        card_title(f"w¹⁵ = {short(values[-1], 3)}: {describe(values[-1], 'the signal')}")
        drawn(
            lambda mode: figures.powers(values, mode),
            key="signal powers", height=figures.HEIGHT, name="powers",
            alt=f"Powers of {weight:g}, from 1 to 15 layers.",
        )  # fmt: skip
    with right.container(border=True, height="stretch"):
        activation, initializer, normalization, residual = settings()
        measured = signals.measure(
            signals.stack(activation, normalization, residual=residual), initializer
        )
        card_title(describe_network(measured))
        drawn(
            lambda mode: figures.layers(measured, mode),
            key="signal layers", height=figures.HEIGHT, name="signals",
            alt="Standard deviation of the activations, and the gradient, of each of 15 layers.",
        )  # fmt: skip
    lead("Open an experiment with 30 sigmoid layers", "deep-1-sigmoid")


def settings() -> tuple:
    """Draw the menus and return activation, initializer, normalization and residual blocks."""
    activations = {m.label: m() for m in Layer.members.values() if m.is_activation}
    initializers = {m.label: m() for m in Initializer.members.values()}
    norms = {NONE: None} | {
        m.label: m() for kind, m in Layer.members.items() if kind in ("batch_norm", "layer_norm")
    }
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        activation = st.selectbox(
            "Activation", [*activations], [*activations].index("Sigmoid"), width=120,
            key="signal activation",
        )  # fmt: skip
        initializer = st.selectbox(
            "Initialization", [*initializers], width=140, key="signal initializer"
        )
        normalization = st.selectbox(
            "Normalization", [*norms], width=140, key="signal normalization"
        )
        residual = st.toggle("Residual", key="signal residual")
    return activations[activation], initializers[initializer], norms[normalization], residual


def describe(factor: float, what: str) -> str:
    """Return whether a factor over 15 layers keeps, shrinks or enlarges a signal."""
    low, high = KEPT
    if factor < low:
        return f"{what} vanishes"
    return f"{what} explodes" if factor > high else f"{what} keeps its size"


def describe_network(measured: LayerSignals) -> str:
    """Return what is left of signal and gradient after all layers."""
    kept, gradient = measured.kept, measured.gradient_kept
    return (
        f"{DEPTH} layers: activations × {short(kept)}, gradient × {short(gradient)}; "
        f"{describe(gradient, 'the gradient')}"
    )
