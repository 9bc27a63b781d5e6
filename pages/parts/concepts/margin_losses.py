"""Demonstration: losses of one sample against its margin."""

import numpy as np
import streamlit as st

from core.base.numbers import short
from core.concepts.margin_losses import MARGIN_LOSSES, likelihood
from core.figures import margin_losses as figures
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead


@st.fragment
def show() -> None:
    """Draw the inputs for score and class, all losses, and their values at this margin."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        score = st.slider("Score f", -2.5, 2.5, 0.5, 0.1, width=320, key="margin score")
        label = st.segmented_control(
            "Correct class y", ("+1", "−1"), default="+1", required=True, key="margin class"
        )
    margin = score if label == "+1" else -score
    left, right = st.columns([7, 5], gap="small")
    with left.container(border=True, height="stretch"):
        card_title(describe_margin(margin))
        drawn(
            lambda mode: figures.losses(margin, mode),
            key="margin losses", height=figures.HEIGHT, name="margin-losses",
            alt="Five losses against the margin; the margin of the sample is marked.",
        )  # fmt: skip
    with right.container(border=True, height="stretch"):
        card_title(f"At margin m = {minus(margin)}")
        st.table(table(margin), border="horizontal", hide_index=True)
        p = likelihood(margin)
        st.markdown(
            f":small[Maximum likelihood: logistic regression gives the correct class the "
            f"probability 1/(1 + exp(−m)) = {short(p, 3)}. The logistic loss is −log "
            f"{short(p, 3)} = {short(-np.log(p), 3)}, so the smallest loss is the largest "
            "likelihood.]"
        )
    lead("Open a linear classifier for digits", "perceptron-2-logistic")


def describe_margin(margin: float) -> str:
    """Return what the margin means."""
    if margin >= 1:
        return "Correct by a margin of at least 1: the hinge loss and its slope are 0"
    if margin > 0:
        return "Correct, by a margin below 1: the 0–1 loss is 0, all others still push"
    return "Wrong: the 0–1 loss is 1 and has no slope to follow"


def table(margin: float) -> list[dict[str, str]]:
    """Return the value and the slope of each loss."""
    at = np.array([margin])
    return [
        {
            "Loss": f"**{loss.label}**",
            "Formula": loss.formula,
            "Value": minus(float(loss.value(at)[0])),
            "Slope by m": minus(float(loss.slope(at)[0])),
        }
        for loss in MARGIN_LOSSES
    ]


def minus(value: float) -> str:
    """Return the number with a typographic minus sign."""
    return short(value + 0.0, 3).replace("-", "−")
