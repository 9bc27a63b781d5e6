"""Deck C's three linear scores of one picture, and the hinge loss."""

import streamlit as st

from core.base.numbers import short
from core.concepts.linear_scores import (  # fmt: skip
    BIASES,
    CLASSES,
    PIXELS,
    PRINTED,
    WEIGHTS,
    ScoreRow,
    linear_scores,
)
from pages.kit.layout import card_title, finding
from pages.kit.ready_made import lead


def show() -> None:
    """Four pixels and the right class to change, and how each score comes about."""
    with st.container(horizontal=True, gap="small"):
        pixels = [
            st.number_input(
                f"Pixel {number}", 0.0, 255.0, value, 1.0,
                format="%g", key=f"pixel {number}", width=120,
            )
            for number, value in enumerate(PIXELS, 1)
        ]  # fmt: skip
        right = st.segmented_control("Right class", CLASSES, default=CLASSES[0], required=True)
    rows, loss = linear_scores(pixels, CLASSES.index(right))
    with st.container(border=True):
        with card_title(sentence(rows, loss, right)):
            pass
        st.table(table(rows), border="horizontal", hide_index=True)
        if tuple(pixels) == PIXELS:
            finding(
                "info",
                f"The deck prints {PRINTED:g} for ship: that is the weighted sum, its bias "
                f"{minus(BIASES[2])} was left out. With it the score is {rows[2].score:.2f}.",
            )
    lead("Train linear scores on digits", "perceptron-2-logistic")


def sentence(rows: tuple[ScoreRow, ...], loss: float, right: str) -> str:
    best = max(rows, key=lambda row: row.score).name
    if not loss:
        return f"{right.capitalize()} leads by more than 1: the hinge loss is 0"
    if best == right:
        return f"{right.capitalize()} leads by less than 1: the hinge loss is {loss:.4g}"
    return f"{best.capitalize()} leads, but {right} is right: the hinge loss is {loss:.5g}"


def table(rows: tuple[ScoreRow, ...]) -> list[dict[str, str]]:
    return [
        {
            "class": row.name,
            "weights w": ", ".join(minus(w) for w in weights),
            "w · pixels": minus(row.weighted, 5),
            "bias b": minus(bias),
            "score s": f"**{minus(row.score, 5)}**",
            "misses the margin by": minus(row.missed, 5),
        }
        for row, weights, bias in zip(rows, WEIGHTS, BIASES, strict=True)
    ]


def minus(value: float, digits: int = 3) -> str:
    return short(value, digits).replace("-", "−")
