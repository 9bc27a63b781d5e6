"""Concepts: why does it work? Small interactive demonstrations, each with a button to the
corresponding experiment, and the table of all techniques.
"""

from collections.abc import Callable

import streamlit as st

from core.concepts.tools import ACTIVATIONS, BACKPROP, LINEAR_SCORES, RIDGE, SOFTMAX, Tool
from pages.kit import address
from pages.kit.bar import bar
from pages.kit.layout import header
from pages.parts.concepts import activations, backprop, linear_scores, ridge, softmax
from pages.parts.concepts.techniques import search

DEMONSTRATIONS: dict[Tool, Callable[[], None]] = {
    ACTIVATIONS: activations.show,
    SOFTMAX: softmax.show,
    LINEAR_SCORES: linear_scores.show,
    RIDGE: ridge.show,
    BACKPROP: backprop.show,
}
TABLE = "All techniques"


def main() -> None:
    """Draw the menu, and below it the selected demonstration."""
    with header("Concepts", "Small interactive demonstrations of how training works."):
        pass
    tools = {tool.label: tool for tool in DEMONSTRATIONS}
    selected = st.segmented_control(
        "Demonstration",
        [*tools, TABLE],
        default=requested(tools),
        required=True,
        label_visibility="collapsed",
        wrap=False,
        key="concept",
        persist_state="session",
    )
    if selected == TABLE:
        search()
    else:
        tool = tools[selected]
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
