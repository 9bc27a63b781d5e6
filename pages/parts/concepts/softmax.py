"""Demonstration: the softmax table of one image, from scores to the loss."""

import plotly.graph_objects as go
import streamlit as st

from core.base.numbers import short
from core.concepts.softmax import SoftmaxRow, describe_probability, divergence, softmax_table
from core.figures import concepts
from core.figures.template import Mode
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

# An image of a cat: the softmax example of the Stanford CS231n course notes.
NAMES, SCORES = ("cat", "car", "frog"), (3.2, 5.1, -1.7)


def show() -> None:
    """Draw inputs for the scores and the correct class, the table, and the probabilities."""
    with st.container(horizontal=True, gap="small"):
        scores = [
            st.number_input(
                f"Score for {name}", -1000.0, 1000.0, value, 0.1,
                format="%g", key=f"score {name}", width=130,
            )
            for name, value in zip(NAMES, SCORES, strict=True)
        ]  # fmt: skip
        correct = st.segmented_control("Correct class", NAMES, default=NAMES[0], required=True)
        smoothing = st.slider("Label smoothing ε", 0.0, 0.5, 0.0, 0.05, width=160)
    label = NAMES.index(correct)
    rows = softmax_table(scores, label)
    target = [(1 - smoothing) * (j == label) + smoothing / len(NAMES) for j in range(len(NAMES))]

    def draw(mode: Mode) -> go.Figure:
        return concepts.probabilities(NAMES, rows, target, mode)

    left, beside = st.columns([7, 5], gap="small")
    with left.container(border=True, height="stretch"):
        card_title(describe_loss(rows[label], correct))
        st.table(table(rows), border="horizontal", hide_index=True)
        st.markdown(f":small[{describe_divergence(scores, target, smoothing)}]")
    with beside.container(border=True, height="stretch"):
        card_title("Predicted and target probabilities")
        alt = "Predicted probability of each class beside its target probability."
        drawn(draw, key="shares", height=concepts.BARS, alt=alt, name="softmax")
    lead("Open a softmax classifier for digits", "perceptron-2-logistic")


def describe_loss(row: SoftmaxRow, name: str) -> str:
    """Return the probability of the correct class and its loss."""
    probability = describe_probability(row.probability)
    return f"p({name}) = {probability}, so the loss of this image is {short(row.loss, 3)}"


def table(rows: tuple[SoftmaxRow, ...]) -> list[dict[str, str]]:
    """Return the table cells; the columns follow the computation from left to right."""
    return [
        {
            "Class": f"**{name}**" if row.correct else name,
            "Score z": f"{row.score:.4g}".replace("-", "−"),
            "exp z": short(row.exponential, 3),
            "Probability p": describe_probability(row.probability),
            "Loss −log p": short(row.loss, 3),
        }
        for name, row in zip(NAMES, rows, strict=True)
    ]


def describe_divergence(scores: list[float], target: list[float], smoothing: float) -> str:
    """Return the loss as a divergence from the target distribution."""
    cross, entropy, distance = divergence(scores, target)
    if not smoothing:
        return (
            f"The loss equals the KL divergence KL(q‖p) = {distance:.2f}, because a one-hot target "
            "has entropy H(q) = 0. Only an infinite score would bring the loss to 0."
        )
    return (
        f"With ε = {smoothing:g}, the smoothed loss is {cross:.2f} = H(q) {entropy:.2f} + KL(q‖p) "
        f"{distance:.2f}. Its minimum is {entropy:.2f}, reached at finite scores."
    )
