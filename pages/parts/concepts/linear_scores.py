"""Demonstration: linear scores of one image, and their hinge loss."""

import streamlit as st

from core.base.numbers import short
from core.concepts.linear_scores import (  # fmt: skip
    BIASES,
    CLASSES,
    PIXELS,
    PUBLISHED_SHIP_SCORE,
    WEIGHTS,
    ScoreRow,
    linear_scores,
)
from pages.kit.layout import card_title, finding
from pages.kit.ready_made import lead


def show() -> None:
    """Draw inputs for four pixels and the correct class, and how each score is computed."""
    with st.container(horizontal=True, gap="small"):
        pixels = [
            st.number_input(
                f"Pixel {number}", 0.0, 255.0, value, 1.0,
                format="%g", key=f"pixel {number}", width=120,
            )
            for number, value in enumerate(PIXELS, 1)
        ]  # fmt: skip
        correct = st.segmented_control("Correct class", CLASSES, default=CLASSES[0], required=True)
    rows, loss = linear_scores(pixels, CLASSES.index(correct))
    with st.container(border=True):
        card_title(describe_loss(rows, loss, correct))
        st.table(table(rows), border="horizontal", hide_index=True)
        if tuple(pixels) == PIXELS:
            finding(
                "info",
                "The numbers are from the Stanford CS231n course notes. Their figure shows "
                f"{PUBLISHED_SHIP_SCORE:g} for ship, which omits the bias {minus(BIASES[2])}; "
                f"with it, the score is {rows[2].score:.2f}.",
            )
    lead("Open a linear classifier for digits", "perceptron-2-logistic")


def describe_loss(rows: tuple[ScoreRow, ...], loss: float, correct: str) -> str:
    """Return the hinge loss and what it means."""
    best = max(rows, key=lambda row: row.score).name
    if not loss:
        return f"Hinge loss 0: “{correct}” has the highest score by a margin of at least 1"
    if best == correct:
        return f"Hinge loss {loss:.4g}: “{correct}” has the highest score, by a margin below 1"
    return f"Hinge loss {loss:.5g}: “{best}” has the highest score, but “{correct}” is correct"


def table(rows: tuple[ScoreRow, ...]) -> list[dict[str, str]]:
    """Return the table cells; the columns follow the computation from left to right."""
    return [
        {
            "Class": row.name,
            "Weights w": ", ".join(minus(w) for w in weights),
            "w · pixels": minus(row.weighted_sum, 5),
            "Bias b": minus(bias),
            "Score s": f"**{minus(row.score, 5)}**",
            "Margin violation": minus(row.violation, 5),
        }
        for row, weights, bias in zip(rows, WEIGHTS, BIASES, strict=True)
    ]


def minus(value: float, digits: int = 3) -> str:
    """Return the number with a typographic minus sign."""
    return short(value, digits).replace("-", "−")
