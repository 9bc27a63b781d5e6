"""Concepts: why does it work? Small interactive demonstrations, each with a button to the
corresponding experiment, and the table of all techniques.
"""

from collections.abc import Callable

import streamlit as st

from core.concepts import demonstrations as tools
from core.concepts.tool import Tool
from pages.kit import address
from pages.kit.bar import bar
from pages.kit.layout import header
from pages.parts.concepts import (
    activations,
    autodiff,
    backprop,
    batch_norm,
    batches,
    convolution,
    dropout,
    likelihood,
    linear_scores,
    margin_losses,
    optimizers,
    perceptron,
    polynomials,
    regularization,
    ridge,
    signals,
    softmax,
    training_loop,
)
from pages.parts.concepts.techniques import search

SHOW: dict[Tool, Callable[[], None]] = {
    tools.ACTIVATIONS: activations.show,
    tools.SIGNALS: signals.show,
    tools.CONVOLUTION: convolution.show,
    tools.DROPOUT: dropout.show,
    tools.BATCH_NORM: batch_norm.show,
    tools.SOFTMAX: softmax.show,
    tools.LIKELIHOOD: likelihood.show,
    tools.LINEAR_SCORES: linear_scores.show,
    tools.MARGIN_LOSSES: margin_losses.show,
    tools.AUTODIFF: autodiff.show,
    tools.BACKPROP: backprop.show,
    tools.OPTIMIZERS: optimizers.show,
    tools.BATCHES: batches.show,
    tools.PERCEPTRON: perceptron.show,
    tools.TRAINING_LOOP: training_loop.show,
    tools.RIDGE: ridge.show,
    tools.REGULARIZATION: regularization.show,
    tools.POLYNOMIALS: polynomials.show,
}
TABLE, TABLE_KIND = "All techniques", "techniques"
DEMO = "demo"  # the parameter of the address that names what is shown


def main() -> None:
    """Draw the menu of groups, that of the demonstrations in one, and the selected one."""
    kind = address.parameter(DEMO)
    named = next((tool for tool in SHOW if tool.kind == kind), next(iter(SHOW)))
    groups = list(dict.fromkeys(tool.group for tool in SHOW))
    first = TABLE if kind == TABLE_KIND else named.group
    with header("Concepts", "Demonstrations of how training works."):
        group = menu("Topic", [*groups, TABLE], first, "concept group")
    if group == TABLE:
        address.name_parameter(DEMO, TABLE_KIND)
        search()
    else:
        labels = {tool.label: tool for tool in SHOW if tool.group == group}
        first = named.label if named.label in labels else next(iter(labels))
        tool = labels[menu("Demonstration", list(labels), first, f"concept {group}")]
        address.name_parameter(DEMO, tool.kind)
        st.caption(tool.about, help=f"**{tool.label}.**\n\n${tool.formula}$\n\n{tool.source}")
        SHOW[tool]()
    bar()


def menu(label: str, options: list[str], default: str, key: str) -> str:
    """Draw one row of the menu, and return what is selected; another page does not change it."""
    return st.segmented_control(
        label,
        options,
        default=default,
        required=True,
        label_visibility="collapsed",
        wrap=True,
        key=key,
        persist_state="session",
    )


main()
