"""The tab Activation: the curve of an activation with its slope, and what follows from it."""

import streamlit as st

from core.base.numbers import short
from core.figures import activation as drawing
from core.network.chains import Layers, walk_layers
from core.network.layers import Activation, Layer, ReLU
from core.network.tree import LayerPath, layer_at
from pages.kit import form, state
from pages.kit.layout import finding
from pages.kit.screen import theme_mode
from pages.parts.network.layer_actions import use_everywhere


def activation_tab(layers: Layers, opened: LayerPath) -> None:
    """Draw the activation that is open in the list, or the one that is chosen here."""
    used = [layer for layer in walk_layers(layers) if layer.is_activation]
    shown = choose_activation(used, layer_at(layers, opened) if opened else None, opened)
    left, right = st.columns([8, 5], gap="small")
    with left:
        st.plotly_chart(
            drawing.figure(drawing.rows(shown), theme_mode()),
            theme=None,
            config={"displayModeBar": False},
            alt=f"{shown.label}: output and slope for inputs from −5 to 5",
            key="activation_curve",
        )
    with right:
        first, *more = shown.doc().split("\n\n")
        st.markdown(f"${shown.formula}$")
        st.caption(first)
        if shown.passes_gradient:
            slope = short(shown.max_slope())
            st.caption(f"Largest slope: {slope}. Each layer multiplies the gradient by its slope.")
        else:
            finding("warn", form.escape(" ".join(" ".join(more).split())))
        if any(layer.kind != shown.kind for layer in used):
            label = f"Use {shown.label} in all layers"
            st.button(
                label,
                key="activation_everywhere",
                help="Replaces every other activation of the network.",
                on_click=use_everywhere,
                args=(shown.model_dump(mode="json"),),
            )


def choose_activation(
    used: list[Activation], open_one: Layer | None, opened: LayerPath
) -> Activation:
    """Draw the menu and return the chosen activation; opening another layer resets the menu."""
    kinds = {kind: cls for kind, cls in Layer.members.items() if cls.is_activation}
    is_open = open_one is not None and open_one.is_activation
    first = open_one if is_open else (used or [ReLU()])[0]
    kind = st.selectbox(
        "Activation",
        list(kinds),
        index=list(kinds).index(first.kind),
        format_func=lambda name: kinds[name].label,
        key=state.key(f"activation {opened}", "network"),
    )
    known = (first, *used)
    return next((layer for layer in known if layer.kind == kind), None) or kinds[kind]()
