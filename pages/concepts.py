"""Concepts: why does it work? Small demonstrations that answer at once, each with a way to the real
thing; and the table of all techniques.
"""

from collections.abc import Callable

import streamlit as st

from core.concepts.tools import (
    Activations,
    Backprop,
    LinearScores,
    RidgeDescent,
    SoftmaxTable,
    Tool,
)
from pages.kit import state
from pages.kit.form import explain
from pages.kit.layout import bar, header
from pages.parts.concepts import activations, backprop, linear_scores, ridge, softmax
from pages.parts.concepts.techniques import search

DEMOS: dict[type[Tool], Callable[[], None]] = {
    Activations: activations.show,
    SoftmaxTable: softmax.show,
    LinearScores: linear_scores.show,
    RidgeDescent: ridge.show,
    Backprop: backprop.show,
}
TABLE = "All techniques"


def main() -> None:
    """The menu, and below it the one that is picked."""
    with header("Concepts", "Why does it work?"):
        pass
    shown = {cls.label: cls for cls in DEMOS}
    picked = st.segmented_control(
        "Demonstration",
        [*shown, TABLE],
        default=asked(shown),
        required=True,
        label_visibility="collapsed",
        key="concept",
        persist_state="session",
    )
    if picked == TABLE:
        search()
    else:
        cls = shown[picked]
        st.caption(cls.doc().replace("\n", " "), help=explain(cls))
        DEMOS[cls]()
    bar()


def asked(shown: dict[str, type[Tool]]) -> str:
    """The demonstration that the address names (`?demo=ridge`), else the first."""
    named = state.take_from_address("demo")
    if named == "techniques":
        return TABLE
    return next((label for label, cls in shown.items() if cls().kind == named), next(iter(shown)))


main()
