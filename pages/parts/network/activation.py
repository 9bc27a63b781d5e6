"""Before the first step, Activation: a curve with its slope, and what follows from it."""

import streamlit as st

from core.base.numbers import short
from core.figures import activation as drawing
from core.network.chains import Layers, every
from core.network.layers import Activation, Layer, ReLU
from core.network.tree import Place, activated, at
from pages.kit import form, state
from pages.kit.layout import finding
from pages.kit.screen import mode
from pages.parts.network.open_layer import rebuild


def activation_tab(layers: Layers, opened: Place) -> None:
    """The activation that is open in the list, else the one that is chosen here."""
    used = [one for one in every(layers) if isinstance(one, Activation)]
    shown = chosen(used, at(layers, opened) if opened else None, opened)
    left, right = st.columns([8, 5], gap="small")
    with left:
        st.plotly_chart(
            drawing.figure(drawing.rows(shown), mode()),
            theme=None,
            config={"displayModeBar": False},
            alt=f"{shown.label}: value and slope for inputs from −5 to 5",
            key="activation_curve",
        )
    with right:
        first, *more = shown.doc().split("\n\n")
        st.markdown(f"${shown.formula}$")
        st.caption(first)
        if not shown.trains:
            finding("warn", form.escape(" ".join(more)))
        else:
            largest = max(slope for *_, slope in drawing.rows(shown))
            st.caption(f"Largest slope here: {short(largest)}. It multiplies the gradient.")
        if any(one.kind != shown.kind for one in used):
            st.button(
                "Use it everywhere",
                key="activation_everywhere",
                help=f"{shown.label} takes the place of every other activation",
                on_click=rebuild,
                args=(activated(layers, shown), opened),
            )


def chosen(used: list[Activation], open_one: Layer | None, opened: Place) -> Activation:
    """What the tab shows; the menu starts anew when another layer is opened."""
    kinds = {k: cls for k, cls in Layer.members.items() if issubclass(cls, Activation)}
    first = open_one if isinstance(open_one, Activation) else (used or [ReLU()])[0]
    kind = st.selectbox(
        "Activation",
        list(kinds),
        index=list(kinds).index(first.kind),
        format_func=lambda name: kinds[name].label,
        key=state.key(f"activation {opened}", "network"),
    )
    known = (first, *used)
    return next((one for one in known if one.kind == kind), None) or kinds[kind]()
