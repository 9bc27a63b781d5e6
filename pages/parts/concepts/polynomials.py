"""Demonstration: bias and variance of polynomials."""

import streamlit as st

from core.base.numbers import short
from core.concepts import polynomials
from core.concepts.polynomials import DEGREES, Errors
from core.figures import polynomials as figures
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

DATASETS = 20  # that are drawn


@st.fragment
def show() -> None:
    """Draw the settings, fits of random datasets, and the expected errors of every degree."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        degree = st.slider("Degree", 0, DEGREES[-1], 3, width=260, key="polynomial degree")
        samples = st.slider("Samples n", 14, 60, 20, width=220, key="polynomial samples")
        std = st.slider("Noise σ", 0.0, 1.0, 0.5, 0.05, width=220, key="polynomial noise")
        seed = st.number_input("Data seed", 0, 999, 0, width=110, key="polynomial seed")
    table = [polynomials.expected_errors(d, samples, std) for d in DEGREES]
    targets = polynomials.datasets(samples, std, DATASETS, seed)[0]
    fitted = polynomials.fits(degree, samples, std, DATASETS, seed)
    with st.container(border=True):
        card_title(describe_errors(table[degree]))
        left, right = st.columns(2, gap="small")
        with left:
            drawn(
                lambda mode: figures.curves(degree, samples, std, targets, fitted, mode),
                key="polynomial fits", height=figures.HEIGHT, name="polynomials",
                alt=f"Fits of degree {degree} to {DATASETS} datasets, and the true function.",
            )  # fmt: skip
        with right:
            drawn(
                lambda mode: figures.errors(table, degree, mode),
                key="polynomial errors", height=figures.HEIGHT, name="bias-variance",
                alt="Bias, variance, noise, test and training error against the degree.",
            )  # fmt: skip
        st.markdown(f":small[{describe_best(table, degree)}]")
    lead("Open a network that fits a sine", "sine")


def describe_errors(row: Errors) -> str:
    """Return the three parts of the test error."""
    parts = [short(value, 3) for value in (row.bias, row.variance, row.noise, row.total)]
    return "Degree {}: bias² {} + variance {} + noise {} = test error {}".format(row.degree, *parts)


def describe_best(table: list[Errors], degree: int) -> str:
    """Return the best degree, and what is wrong with the selected one."""
    best = min(table, key=lambda row: row.total)
    row = table[degree]
    if degree < best.degree:
        verdict = "This one is too simple: its bias is large (underfitting)."
    elif degree > best.degree:
        verdict = "This one is too flexible: it follows the noise (overfitting)."
    else:
        verdict = "That is the selected one."
    return (
        f"Degree {best.degree} has the smallest test error, {short(best.total, 3)}. {verdict} The "
        f"training error of degree {degree} is {short(row.training, 3)}, and it only falls with "
        "the degree, so it cannot choose one. The numbers are exact expectations over all "
        "datasets, not estimates."
    )
