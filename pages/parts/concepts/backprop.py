"""Backprop through 5-7-4-3 with every number."""

import numpy as np
import pandas as pd
import streamlit as st

from core.concepts.backprop import Quantity, backprop, seeded
from pages.kit.layout import card_title
from pages.kit.ready_made import lead

WIDTHS, LABELS = (5, 7, 4, 3), (2, 0, 1, 2)  # deck B


def show() -> None:
    """The quantity to look at, with its values beside its gradient."""
    left, right = st.columns([1, 4], gap="small", vertical_alignment="bottom")
    seed = left.number_input("Seed of the weights", 0, 999, 0)
    x = np.random.default_rng(1).normal(size=(len(LABELS), WIDTHS[0]))
    loss, way = backprop(x, LABELS, seeded(WIDTHS, seed))
    named = {quantity.name: quantity for quantity in way}
    name = right.segmented_control(
        "On the way from the input to the loss", list(named), default="Z3", required=True, wrap=True
    )
    with st.container(border=True):
        with card_title(f"{len(LABELS)} samples of classes 2, 0, 1, 2: the loss is {loss:.4f}"):
            pass
        first, second = st.columns(2, gap="small")
        with first:
            matrix(name, "the value", named[name].value)
        with second:
            matrix(f"∂L/∂{name}", "the gradient", named[name].gradient)
        st.markdown(f":small[{rule(named[name])}]")
    lead("Watch the gradients of a run", "spirals")


def matrix(name: str, what: str, values: np.ndarray) -> None:
    """Four digits a number; a row for each sample, of weights for each unit."""
    rows = "one row a unit" if "W" in name else "all units" if "b" in name else "one row a sample"
    st.caption(f"{name}: {what}, {rows}")
    words = pd.DataFrame(np.atleast_2d(values)).map(lambda v: f"{v:.4f}".replace("-", "−"))
    st.table(words, border="horizontal", hide_index=True, hide_header=True)


def rule(quantity: Quantity) -> str:
    """How this gradient follows from the one behind it."""
    kind, number = quantity.name[0], quantity.name[1:]
    if kind == "X":
        return "∂L/∂X = ∂L/∂Z1 · W1"
    if number == "3" and kind in "AZ":
        return {"A": "∂L/∂A3 = −Y/(N·A3)", "Z": "∂L/∂Z3 = (A3 − Y)/N"}[kind]
    before = f"A{int(number) - 1}" if number != "1" else "X"
    return {
        "W": f"∂L/∂W{number} = (∂L/∂Z{number})ᵀ · {before}",
        "b": f"∂L/∂b{number} = the sum of ∂L/∂Z{number} over the samples",
        "Z": f"∂L/∂Z{number} = ∂L/∂A{number} ⊙ A{number} ⊙ (1 − A{number})",
        "A": f"∂L/∂A{number} = ∂L/∂Z{int(number) + 1} · W{int(number) + 1}",
    }[kind]
