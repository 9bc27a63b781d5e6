"""Ridge regression in closed form, in both conventions, against gradient descent."""

from functools import partial

import numpy as np
import streamlit as st

from core.base.numbers import short, whole
from core.concepts.ridge import Ridge, eigenvalues
from core.figures import concepts
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

NAMES = {"‖Xw − y‖² + λ‖w‖²": "sum", "(1/2n)‖Xw − y‖² + λ‖w‖²": "mean"}


def show() -> None:
    """λ and the convention to change; the answer, the way there, and the condition number."""
    left, middle, right = st.columns([5, 4, 4], gap="small", vertical_alignment="bottom")
    loss = left.segmented_control("Loss", NAMES, default=next(iter(NAMES)), required=True)
    power = middle.slider("Strength log₁₀ λ", -4.0, 3.0, 0.0, 0.25)
    likeness = right.slider("Likeness of the columns", 0.0, 0.99, 0.95, 0.01)
    x, y = concepts.ridge_data(likeness)
    ridge = Ridge(10**power, NAMES[loss])
    away = concepts.distances(x, y, ridge)
    with st.container(border=True):
        with card_title(sentence(ridge, x, away)):
            pass
        st.markdown(f":small[{numbers(ridge, x, y)}]")
        first, second = st.columns(2, gap="small")
        height = concepts.DESCENT
        with first:
            alt = "Distance of gradient descent from the closed form, step by step."
            drawing = partial(concepts.descent, away)
            drawn(drawing, key="descent", height=height, alt=alt, name="ridge-descent")
        with second:
            alt = "Condition number against the strength, in both conventions."
            drawing = partial(concepts.condition, x, y, ridge)
            drawn(drawing, key="condition", height=height, alt=alt, name="ridge-condition")
    lead("Train with an L2 penalty", "by-heart-2-decay")


def sentence(ridge: Ridge, x: np.ndarray, away: list[float]) -> str:
    close = next((step for step, value in enumerate(away) if value < 1e-3), None)
    told = f"Condition number {short(ridge.condition(x), 3)}"
    if close is None:
        return f"{told}: after {whole(len(away) - 1)} steps descent is not yet within 0.1 %"
    return f"{told}: descent is within 0.1 % of the closed form after {close} steps"


def numbers(ridge: Ridge, x: np.ndarray, y: np.ndarray) -> str:
    """Both answers, the shift, and the eigenvalues."""
    told = ", ".join(f"{w:.3f}".replace("-", "−") for w in ridge.solve(x, y))
    curves = " and ".join(short(value, 3) for value in eigenvalues(x))
    shift = "λ" if ridge.convention == "sum" else "2nλ"
    return (
        f"w* = (XᵀX + {shift}I)⁻¹Xᵀy = ({told}), with {shift} = {short(ridge.shift(len(x)), 3)}; "
        f"n = {len(x)} rows; eigenvalues of XᵀX: {curves}."
    )
