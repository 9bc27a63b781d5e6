"""Demonstration: what L2 and L1 penalties do to a classifier, to weights, to least squares."""

import streamlit as st

from core.base.numbers import short
from core.concepts.regularization import LeastSquares, Norm, best_weight, vector_facts
from core.figures import regularization as figures
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

STRENGTHS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
NORMS: dict[str, Norm] = {"L2: λ‖w‖²": "l2", "L1: λ‖w‖₁": "l1"}
PROBLEM = LeastSquares()


@st.fragment
def show() -> None:
    """Draw λ, the classifier with one weight, the solution of least squares, and two vectors."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        strength = st.select_slider("Penalty strength λ", STRENGTHS, 0.03, width=320, key="penalty")
        label = st.segmented_control(
            "Penalty in the contour chart", [*NORMS], default=next(iter(NORMS)), required=True,
            key="penalty norm",
        )  # fmt: skip
    with st.container(border=True):
        card_title(describe_classifier(strength))
        left, middle, right = st.columns(3, gap="small")
        with left:
            drawn(
                lambda mode: figures.loss(strength, mode),
                key="penalty loss", height=figures.HEIGHT, name="penalty-loss",
                alt="Loss of a classifier with one weight, with and without the penalty.",
            )  # fmt: skip
        with middle:
            drawn(
                lambda mode: figures.classifier(strength, mode),
                key="penalty classifier", height=figures.HEIGHT, name="penalty-classifier",
                alt="Probability of the positive class, with and without the penalty.",
            )  # fmt: skip
        with right:
            drawn(
                lambda mode: figures.path(PROBLEM, strength, NORMS[label], mode),
                key="penalty path", height=figures.HEIGHT, name="penalty-path",
                alt="Contours of least squares, the path of its solutions, and the ball.",
            )  # fmt: skip
        st.markdown(f":small[{describe_solution(strength, NORMS[label])}]")
    with st.container(border=True):
        card_title("Two weight vectors with one score: L2 prefers the one that uses all inputs")
        st.table(vector_table(), border="horizontal", hide_index=True)
    lead("Open an experiment with an L2 penalty", "by-heart-2-decay")


def describe_classifier(strength: float) -> str:
    """Return the best weight of the classifier with one input."""
    if not strength:
        return "λ = 0: the loss falls for ever, so w grows without limit and the sigmoid is a cliff"
    return f"λ = {strength:g}: the loss has a minimum at w = {short(best_weight(strength), 3)}"


def describe_solution(strength: float, norm: Norm) -> str:
    """Return the solution of least squares with the penalty, and what the ball is."""
    x, y = (short(float(value), 3).replace("-", "−") for value in PROBLEM.solve(strength, norm))
    shape = (
        "The corners of the L1 ball lie on the axes, so weights become exactly 0." * (norm == "l1")
        or "The L2 ball is round: weights shrink, but none becomes exactly 0."
    )
    return (
        f"Contours: least squares with the penalty has its solution (star) at ({x}, {y}), on the "
        f"edge of the ball with its norm. The line is the path for all λ. {shape}"
    )


def vector_table() -> list[dict[str, str]]:
    """Return the table of the two weight vectors."""
    return [
        {
            "Weights w": f"({', '.join(f'{w:g}' for w in row.weights)})",
            "Score w·x for x = (1, 1, 1, 1)": f"{row.score:g}",
            "L2: ‖w‖²": f"**{row.l2:g}**",
            "L1: ‖w‖₁": f"{row.l1:g}",
        }
        for row in vector_facts()
    ]
