"""Concepts: why does it work? Small interactive demonstrations, each with a button to the
corresponding experiment, and the table of all techniques.
"""

from collections.abc import Callable

import streamlit as st

from core.concepts import tools
from core.concepts.tools import Tool
from pages.kit import address
from pages.kit.bar import bar
from pages.kit.layout import header
from pages.parts.concepts import (
    activations,
    autodiff,
    backprop,
    convolution,
    linear_scores,
    margin_losses,
    optimizers,
    regularization,
    ridge,
    signals,
    softmax,
)
from pages.parts.concepts.techniques import search

DEMONSTRATIONS: dict[Tool, Callable[[], None]] = {
    tools.ACTIVATIONS: activations.show,
    tools.SIGNALS: signals.show,
    tools.CONVOLUTION: convolution.show,
    tools.SOFTMAX: softmax.show,
    tools.LINEAR_SCORES: linear_scores.show,
    tools.MARGIN_LOSSES: margin_losses.show,
    tools.AUTODIFF: autodiff.show,
    tools.BACKPROP: backprop.show,
    tools.OPTIMIZERS: optimizers.show,
    tools.RIDGE: ridge.show,
    tools.REGULARIZATION: regularization.show,
}
TABLE = "All techniques"


def main() -> None:
    """Draw the menu, and below it the selected demonstration."""
    with header("Concepts", "Small interactive demonstrations of how training works."):
        pass
    shown = {tool.label: tool for tool in DEMONSTRATIONS}
    selected = st.segmented_control(
        "Demonstration",
        [*shown, TABLE],
        default=requested(shown),
        required=True,
        label_visibility="collapsed",
        wrap=True,
        key="concept",
        persist_state="session",
    )
    if selected == TABLE:
        search()
    else:
        tool = shown[selected]
        st.caption(tool.about, help=f"**{tool.label}.**\n\n${tool.formula}$\n\n{tool.source}")
        DEMONSTRATIONS[tool]()
    bar()


def requested(tools: dict[str, Tool]) -> str:
    """Return the label of the demonstration in the address (`?demo=ridge`), else the first one."""
    kind = address.take("demo")
    if kind == "techniques":
        return TABLE
    return next((label for label, tool in tools.items() if tool.kind == kind), next(iter(tools)))


main()
