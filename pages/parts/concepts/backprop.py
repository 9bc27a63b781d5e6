"""Demonstration: backpropagation through a small network with every number."""

import json
import re

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.base.text import format_shape
from core.concepts.backprop import (
    Quantity,
    backprop,
    cross_entropy_gradients,
    mean_probability,
    random_layers,
)
from core.figures import concepts
from pages.kit import session
from pages.kit.layout import card_title, finding
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


SEEDED, TYPED = "Network with random weights", "Typed A₃"
LECTURE = (
    (0.4358, 0.2137, 0.3505),
    (0.4785, 0.1890, 0.3325),
    (0.4795, 0.1882, 0.3324),
    (0.4797, 0.1880, 0.3323),
)


@st.fragment
def show() -> None:
    """Draw the choice between a network and typed probabilities, and the numbers of either."""
    row = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
    source = row.segmented_control(
        "Numbers", (SEEDED, TYPED), default=SEEDED, required=True, label_visibility="collapsed",
        key="backprop numbers",
    )  # fmt: skip
    if source == TYPED:
        show_typed()
    else:
        show_network(row)
    lead("Open an experiment and watch its gradients", "spirals")


def show_typed() -> None:
    """Draw the probabilities A₃ to type, and the loss with both gradients that follow from them."""
    left, right = st.columns([1, 2], gap="small")
    with left:
        classes = ", ".join(map(str, LABELS))
        st.caption(f"A₃: one row per sample. Correct classes: {classes}.")
        names = [f"class {k}" for k in range(WIDTHS[-1])]
        typed = st.data_editor(
            pd.DataFrame(LECTURE, columns=names), hide_index=True, key="typed probabilities",
            column_config={
                name: st.column_config.NumberColumn(min_value=0.0, max_value=1.0)
                for name in names
            },
        )  # fmt: skip
        probabilities = typed.fillna(0.0).to_numpy(float)
    with right.container(border=True):
        right_ones = probabilities[range(len(LABELS)), LABELS]
        if not (right_ones > 0).all():
            row = int(np.argmin(right_ones > 0))
            finding(
                "bad",
                f"Row {row + 1} gives its correct class {LABELS[row]} the probability 0, so its "
                "loss −log 0 is infinite. Type a larger number.",
            )
            return
        loss, by_output, by_score = cross_entropy_gradients(probabilities, LABELS)
        card_title(f"Loss L = {loss:.4f}")
        first, second = st.columns(2, gap="small")
        with first:
            matrix("∂L/∂A₃", "−Y/(N·A₃)", by_output)
        with second:
            matrix("∂L/∂Z₃", "(A₃ − Y)/N", by_score)
        finding(
            "info",
            "Without −log, the mean probability of the correct classes would be "
            f"{mean_probability(probabilities, LABELS):.4f}: a common slip. It is no loss, because "
            "it rises as the network improves.",
        )
        if (gap := np.abs(probabilities.sum(1) - 1).max()) > 0.005:
            finding(
                "warn",
                f"The rows do not add up to 1 (largest gap {gap:.2g}), as probabilities of a "
                "softmax do. ∂L/∂Z₃ assumes that they do.",
            )


def show_network(row: DeltaGenerator) -> None:
    """Draw the network, and the selected quantity: its values beside its gradient. The inputs go to
    the end of `row`.
    """
    seed = row.number_input("Weight seed", 0, 999, 0, width=96)
    x = np.random.default_rng(1).normal(size=(len(LABELS), WIDTHS[0]))
    layers = random_layers(WIDTHS, seed)
    x = typed_matrix("X", seed, x)
    layers = [
        (typed_matrix(f"W{k}", seed, w), typed_matrix(f"b{k}", seed, b))
        for k, (w, b) in enumerate(layers, 1)
    ]
    loss, quantities = backprop(x, LABELS, layers)
    by_name = {subscripted(quantity.name): quantity for quantity in quantities}
    name = row.segmented_control(
        "Quantity, in forward order", list(by_name), default="Z₃", required=True, wrap=True
    )
    network, symbols = st.columns(2, gap="small")
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
            if name[0] in "XWb":
                edit_matrix(by_name[name].name, seed, by_name[name].value)
            else:
                matrix(name, "value", by_name[name].value)
        with second:
            matrix(f"∂L/∂{name}", "gradient", by_name[name].gradient)
        st.markdown(f":small[{subscripted(gradient_formula(by_name[name]))}]")


def typed_matrix(name: str, seed: int, values: np.ndarray) -> np.ndarray:
    """Return the values that were typed for a matrix of this network, or else `values`."""
    text = session.get_ui(f"backprop {seed} {name}")
    return np.array(json.loads(text)) if text else values


def edit_matrix(name: str, seed: int, values: np.ndarray) -> None:
    """Draw an input or the weights of a layer to type into; a change recomputes everything."""
    shown = subscripted(name)
    st.caption(
        f"{shown}: value, {row_layout(name)}, {format_shape(values.shape)}. Type into a cell."
    )
    number = session.get_ui("backprop edits") or "0"
    table = pd.DataFrame(np.atleast_2d(values).round(4)).rename(columns=lambda k: f"{k + 1}")
    typed = st.data_editor(
        table, hide_index=True, key=f"backprop {seed} {name} {number}", row_height=30,
        column_config={
            column: st.column_config.NumberColumn(width=60)
            for column in table.columns
        },
    )  # fmt: skip
    changed = typed.fillna(0.0).clip(-1000, 1000).to_numpy(float)
    if not np.array_equal(changed, table.to_numpy()):
        kept = np.where(changed == table.to_numpy(), np.atleast_2d(values), changed)
        session.set_ui(f"backprop {seed} {name}", json.dumps(kept.reshape(values.shape).tolist()))
        session.set_ui("backprop edits", str(int(number) + 1))
        st.rerun()


def row_layout(name: str) -> str:
    """Return what a row of a matrix is."""
    rows = {"W": "one row per unit", "b": "all units"}
    return next((text for kind, text in rows.items() if kind in name), "one row per sample")


def subscripted(text: str) -> str:
    """Return the text with the numbers of layers as subscripts.

    >>> subscripted("∂L/∂A1 = ∂L/∂Z2 · W2, ⊙ (1 − A1)")
    '∂L/∂A₁ = ∂L/∂Z₂ · W₂, ⊙ (1 − A₁)'
    """
    return re.sub(r"(?<=[A-Zb])\d", lambda digit: digit[0].translate(concepts.SUBSCRIPTS), text)


def matrix(name: str, noun: str, values: np.ndarray) -> None:
    """Draw a matrix with four decimals; a row is a sample, or a unit if it holds weights."""
    st.caption(f"{name}: {noun}, {row_layout(name)}, {format_shape(values.shape)}")
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
