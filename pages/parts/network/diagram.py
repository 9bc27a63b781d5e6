"""The network as a diagram: volumes, or a graph of all its layers."""

import streamlit as st

from core.base.text import format_shape
from core.figures import graph
from core.figures import network as volumes
from core.figures.columns import columns
from core.figures.drawing import NARROW, WIDE
from core.network.build import LayerFacts
from core.network.layers import Shape
from pages.kit.layout import card_title
from pages.kit.screen import phone, theme_mode

HELP = (
    "**Volumes:** the side is the image size, the depth is the number of feature maps, and the "
    "colour runs from the input to the output. An arc is the shortcut of a residual block.\n\n"
    "**Graph:** every layer is a box; blocks are framed. + adds, ‖ concatenates, and the coloured "
    "line is the shortcut. × 3 means three equal layers or blocks in a row."
)


def diagram(traced: tuple[LayerFacts, ...], shape: Shape) -> None:
    """Draw the card."""
    with st.container(border=True):
        with card_title("Diagram", help=HELP):
            kind = st.segmented_control(
                "View", ["Volumes", "Graph"], default="Volumes", required=True,
                label_visibility="collapsed", key="network_diagram", persist_state="session",
            )  # fmt: skip
        wide = NARROW if phone() else WIDE  # a chart is shrunk to its card together with its text
        drawn = volumes.rows(traced, shape)
        if kind == "Volumes":
            figure = volumes.figure(drawn, theme_mode(), wide)
        else:
            figure = graph.figure(columns(traced), shape, theme_mode(), wide)
        listed = ", ".join(f"{volume.name} {format_shape(volume.shape)}" for volume in drawn)
        st.plotly_chart(
            figure,
            theme=None,
            config={"displayModeBar": False},
            alt=f"Diagram of the network: {listed}",
            key="diagram",
        )
