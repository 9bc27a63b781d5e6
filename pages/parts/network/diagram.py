"""The network as a drawing: volumes, or a graph of all its layers."""

import streamlit as st

from core.base.text import format_shape
from core.figures import graph
from core.figures import network as volumes
from core.figures.columns import columns
from core.figures.drawing import NARROW, WIDE
from core.network.build import LayerFacts
from core.network.chains import Layers
from core.network.layers import Shape
from pages.kit.layout import card_title
from pages.kit.screen import mode, phone

HELP = (
    "Volumes: side is picture size, depth the number of maps, colour runs from input (violet) to "
    "output (green); an arc is a shortcut around a block. Graph: every layer a box, blocks framed "
    "with their layers within; + adds, ‖ puts in a row, the coloured line is the shortcut. × 3 "
    "stands for three equal ones."
)


def diagram(layers: Layers, traced: tuple[LayerFacts, ...], shape: Shape) -> None:
    """The card."""
    with st.container(border=True):
        with card_title("Diagram", help=HELP):
            kind = st.segmented_control(
                "Drawn as", ["Volumes", "Graph"], default="Volumes", required=True,
                label_visibility="collapsed", key="network_diagram", persist_state="session",
            )  # fmt: skip
        wide = NARROW if phone() else WIDE  # a chart is shrunk to its card, and its words with it
        drawn = volumes.rows(layers, traced, shape)
        if kind == "Volumes":
            figure = volumes.figure(drawn, mode(), wide)
        else:
            figure = graph.figure(columns(layers, traced), shape, mode(), wide)
        named = ", ".join(f"{one.name} {format_shape(one.shape)}" for one in drawn)
        st.plotly_chart(
            figure,
            theme=None,
            config={"displayModeBar": False},
            alt=f"The network, drawn: {named}",
            key="diagram",
        )
