"""Demonstration: ridge regression in closed form, in both conventions, and by gradient descent."""

from functools import partial

import numpy as np
import streamlit as st

from core.base.numbers import short, whole
from core.concepts.ridge import Ridge, eigenvalues, relative_distances, sample_data
from core.figures import concepts
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

CONVENTIONS = {"‖Xw − y‖² + λ‖w‖²": "sum", "(1/2n)‖Xw − y‖² + λ‖w‖²": "mean"}
POWERS = [k / 4 for k in range(-16, 13)]  # log₁₀ λ
STEPS = 200
CLOSE = 1e-3  # relative distance from the closed form that counts as reached


def show() -> None:
    """Draw inputs for λ and the convention, the solution, the path to it, and the condition
    number.
    """
    left, middle, right = st.columns([5, 4, 4], gap="small", vertical_alignment="bottom")
    formula = left.segmented_control(
        "Loss", CONVENTIONS, default=next(iter(CONVENTIONS)), required=True
    )
    power = middle.select_slider("Penalty strength log₁₀ λ", POWERS, 0.0, format_func=signed)
    correlation = right.slider("Correlation of the two columns", 0.0, 0.99, 0.95, 0.01)
    x, y = sample_data(correlation)
    ridge = Ridge(10**power, CONVENTIONS[formula])
    distances = relative_distances(x, y, ridge, STEPS)
    with st.container(border=True):
        card_title(describe_descent(ridge, x, distances))
        st.markdown(f":small[{describe_solution(ridge, x, y)}]")
        first, second = st.columns(2, gap="small")
        height = concepts.DESCENT
        with first:
            alt = "Distance of gradient descent from the closed form at each step."
            drawing = partial(concepts.descent, distances)
            drawn(drawing, key="descent", height=height, alt=alt, name="ridge-descent")
        with second:
            alt = "Condition number against the penalty strength, in both conventions."
            drawing = partial(concepts.condition, x, y, ridge)
            drawn(drawing, key="condition", height=height, alt=alt, name="ridge-condition")
    lead("Open an experiment with an L2 penalty", "by-heart-2-decay")


def describe_descent(ridge: Ridge, x: np.ndarray, distances: list[float]) -> str:
    """Return the condition number, and when gradient descent comes close to the solution."""
    reached = next((step for step, value in enumerate(distances) if value < CLOSE), None)
    condition = f"Condition number {short(ridge.condition(x), 3)}"
    if reached is None:
        steps = whole(len(distances) - 1)
        return f"{condition}: after {steps} steps, gradient descent is not yet within 0.1 %"
    return f"{condition}: gradient descent is within 0.1 % of the solution after {reached} steps"


def describe_solution(ridge: Ridge, x: np.ndarray, y: np.ndarray) -> str:
    """Return the closed-form solution, the shift, and the eigenvalues."""
    weights = ", ".join(f"{w:.3f}".replace("-", "−") for w in ridge.solve(x, y))
    values = " and ".join(short(value, 3) for value in eigenvalues(x))
    shift = "λ" if ridge.convention == "sum" else "2nλ"
    return (
        f"w* = (XᵀX + {shift}I)⁻¹Xᵀy = ({weights}), with {shift} = "
        f"{short(ridge.shift(len(x)), 3)} and n = {len(x)} rows. Eigenvalues of XᵀX: {values}."
    )


def signed(power: float) -> str:
    """Return a power with a minus sign: a browser breaks the label of a slider after a hyphen."""
    return f"{power:g}".replace("-", "−")
