"""Demonstration: backpropagation through a small network with every number."""

import re

import numpy as np
import pandas as pd
import streamlit as st

from core.concepts.backprop import Quantity, backprop, random_layers
from core.figures import concepts
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

WIDTHS, LABELS = (5, 7, 4, 3), (2, 0, 1, 2)
SYMBOLS = (
    "**X**: the inputs, one row for each of the N = 4 samples. **Wₗ, bₗ**: weights and biases of "
    "layer l.",
    "**Zₗ** = Aₗ₋₁ · Wₗᵀ + bₗ: the scores of layer l, with A₀ = X. **Aₗ** = sigmoid(Zₗ): its "
    "outputs; those of the last layer are the probabilities A₃ = softmax(Z₃).",
    "**Y**: the correct classes, 1 for the class of a sample and 0 for the others. **L**: the mean "
    "cross-entropy −log A₃ of the correct classes. **⊙** multiplies element by element.",
)


def show() -> None:
    """Draw the network, and the selected quantity: its values beside its gradient."""
    left, right = st.columns([1, 4], gap="small", vertical_alignment="bottom")
    seed = left.number_input("Weight seed", 0, 999, 0)
    x = np.random.default_rng(1).normal(size=(len(LABELS), WIDTHS[0]))
    loss, quantities = backprop(x, LABELS, random_layers(WIDTHS, seed))
    by_name = {subscripted(quantity.name): quantity for quantity in quantities}
    name = right.segmented_control(
        "Quantity, in forward order", list(by_name), default="Z₃", required=True, wrap=True
    )
    network, symbols = st.columns([7, 5], gap="small")
    with network.container(border=True, height="stretch"):
        alt = f"The network: layers of {', '.join(map(str, WIDTHS))} units. Selected: {name}."
        drawn(
            lambda mode: concepts.layers(WIDTHS, name, mode),
            key="backprop layers", height=concepts.LAYERS, alt=alt, name="backprop",
        )  # fmt: skip
    with symbols.container(border=True, height="stretch"):
        for explanation in SYMBOLS:
            st.markdown(f":small[{explanation}]")
    with st.container(border=True):
        classes = ", ".join(map(str, LABELS))
        card_title(f"Loss L = {loss:.4f} for {len(LABELS)} samples of classes {classes}")
        first, second = st.columns(2, gap="small")
        with first:
            matrix(name, "value", by_name[name].value)
        with second:
            matrix(f"∂L/∂{name}", "gradient", by_name[name].gradient)
        st.markdown(f":small[{subscripted(gradient_formula(by_name[name]))}]")
    lead("Open an experiment and watch its gradients", "spirals")


def subscripted(text: str) -> str:
    """Return the text with the numbers of layers as subscripts.

    >>> subscripted("∂L/∂A1 = ∂L/∂Z2 · W2, ⊙ (1 − A1)")
    '∂L/∂A₁ = ∂L/∂Z₂ · W₂, ⊙ (1 − A₁)'
    """
    return re.sub(r"(?<=[A-Zb])\d", lambda digit: digit[0].translate(concepts.SUBSCRIPTS), text)


def matrix(name: str, noun: str, values: np.ndarray) -> None:
    """Draw a matrix with four decimals; a row is a sample, or a unit if it holds weights."""
    rows = {"W": "one row per unit", "b": "all units"}
    layout = next((text for kind, text in rows.items() if kind in name), "one row per sample")
    st.caption(f"{name}: {noun}, {layout}")
    cells = pd.DataFrame(np.atleast_2d(values)).map(lambda v: f"{v:.4f}".replace("-", "−"))
    st.table(cells, border="horizontal", hide_index=True, hide_header=True)


def gradient_formula(quantity: Quantity) -> str:
    """Return how this gradient follows from the gradient of the next quantity."""
    kind, number = quantity.name[0], quantity.name[1:]
    if kind == "X":
        return "∂L/∂X = ∂L/∂Z1 · W1"
    if number == "3" and kind in "AZ":
        return {"A": "∂L/∂A3 = −Y/(N·A3)", "Z": "∂L/∂Z3 = (A3 − Y)/N"}[kind]
    layer_input = f"A{int(number) - 1}" if number != "1" else "X"
    return {
        "W": f"∂L/∂W{number} = (∂L/∂Z{number})ᵀ · {layer_input}",
        "b": f"∂L/∂b{number} = the sum of ∂L/∂Z{number} over the samples",
        "Z": f"∂L/∂Z{number} = ∂L/∂A{number} ⊙ A{number} ⊙ (1 − A{number})",
        "A": f"∂L/∂A{number} = ∂L/∂Z{int(number) + 1} · W{int(number) + 1}",
    }[kind]
