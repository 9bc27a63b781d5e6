"""The softmax table of one picture: scores, exponentials, probabilities, loss."""

import plotly.graph_objects as go
import streamlit as st

from core.base.numbers import short
from core.concepts.softmax import SoftmaxRow, divergence, softmax_table
from core.figures import concepts
from core.figures.template import Mode
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

NAMES, SCORES = ("cat", "car", "frog"), (3.2, 5.1, -1.7)  # deck B's picture of a cat


def show() -> None:
    """Scores and the right class to change, the table, and the shares as bars."""
    with st.container(horizontal=True, gap="small"):
        scores = [
            st.number_input(
                f"Score of {name}", -1000.0, 1000.0, value, 0.1,
                format="%g", key=f"score {name}", width=130,
            )
            for name, value in zip(NAMES, SCORES, strict=True)
        ]  # fmt: skip
        right = st.segmented_control("Right class", NAMES, default=NAMES[0], required=True)
        smoothing = st.slider("Label smoothing ε", 0.0, 0.5, 0.0, 0.05, width=160)
    label = NAMES.index(right)
    rows = softmax_table(scores, label)
    asked = [(1 - smoothing) * (j == label) + smoothing / len(NAMES) for j in range(len(NAMES))]

    def draw(mode: Mode) -> go.Figure:
        return concepts.shares(NAMES, rows, asked, mode)

    left, beside = st.columns([7, 5], gap="small")
    with left.container(border=True, height="stretch"):
        with card_title(sentence(rows[label], right)):
            pass
        st.table(table(rows), border="horizontal", hide_index=True)
        st.markdown(f":small[{kl(scores, asked, smoothing)}]")
    with beside.container(border=True, height="stretch"):
        with card_title("What is given and what is asked for"):
            pass
        alt = "Probabilities beside those that the loss asks for."
        drawn(draw, key="shares", height=concepts.BARS, alt=alt, name="softmax")
    lead("Train a softmax on digits", "perceptron-2-logistic")


def sentence(row: SoftmaxRow, name: str) -> str:
    return f"p({name}) = {row.probability:.2f}, so this picture costs −log p = {row.loss:.2f}"


def table(rows: tuple[SoftmaxRow, ...]) -> list[dict[str, str]]:
    """The columns from left to right are the way of the computation."""
    return [
        {
            "class": f"**{name}**" if row.right else name,
            "score z": f"{row.score:.4g}".replace("-", "−"),
            "exp z": short(row.exponential, 4),
            "probability p": f"{row.probability:.2f}",
            "−log p": f"{row.loss:.2f}",
        }
        for name, row in zip(NAMES, rows, strict=True)
    ]


def kl(scores: list[float], asked: list[float], smoothing: float) -> str:
    """The loss as a divergence from what is asked for."""
    cross, entropy, distance = divergence(scores, asked)
    if not smoothing:
        return (
            f"The loss is the divergence KL(q‖p) = {distance:.2f}: all is asked of one class, so "
            "the entropy H(q) is 0. A loss of 0 would need a score without end."
        )
    return (
        f"With ε = {smoothing:g} the loss is {cross:.2f} = H(q) {entropy:.2f} + KL(q‖p) "
        f"{distance:.2f}. It cannot fall below {entropy:.2f}, and is least at scores that end."
    )
