"""Demonstration: maximum likelihood as minimum cross-entropy, and KL divergence as the gap."""

import streamlit as st

from core.base.numbers import short
from core.concepts.likelihood import (
    cross_entropy,
    entropy,
    kl_divergence,
    log_likelihood,
    relative_likelihood,
)
from core.figures import likelihood as figures
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

MOST = 50  # tosses


@st.fragment
def show() -> None:
    """Draw the inputs for the tosses and the model, the likelihood, and the cross-entropy."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        tosses = st.slider("Tosses n", 1, MOST, 10, width=240, key="coin tosses")
        heads = st.slider("Heads k", 0, tosses, min(7, tosses), width=240, key=f"heads of {tosses}")
        p = st.slider("Model: probability p of heads", 0.01, 0.99, 0.4, 0.01, width=280, key="coin")
    q = heads / tosses
    left, right = st.columns(2, gap="small")
    with left.container(border=True, height="stretch"):
        share = short(relative_likelihood(heads, tosses, p), 3)
        card_title(f"The likelihood of p = {p:g} is {share} × the largest one, that of p = k/n")
        drawn(
            lambda mode: figures.likelihoods(heads, tosses, p, mode),
            key="coin likelihood", height=figures.HEIGHT, name="likelihood",
            alt=f"Likelihood of {heads} heads in {tosses} tosses, relative to its maximum.",
        )  # fmt: skip
        total = minus(log_likelihood(heads, tosses, p))
        st.markdown(
            f":small[log-likelihood = k log p + (n − k) log(1 − p) = {total}. Divided by −n, it is "
            f"the cross-entropy {short(cross_entropy(q, p), 3)}, so the largest likelihood is the "
            "smallest cross-entropy: minimizing the loss is maximum likelihood.]"
        )
    with right.container(border=True, height="stretch"):
        card_title(describe_gap(q, p))
        drawn(
            lambda mode: figures.cross_entropies(heads, tosses, p, mode),
            key="coin entropy", height=figures.HEIGHT, name="cross-entropy",
            alt="Cross-entropy over p, the entropy, and the gap between them at the selected p.",
        )  # fmt: skip
        st.markdown(f":small[{describe_divergence(q, p)}]")
    lead("Open a classifier trained with cross-entropy", "perceptron-2-logistic")


def describe_gap(q: float, p: float) -> str:
    """Return cross-entropy, entropy and divergence in one line."""
    return (
        f"H(q, p) {cross_entropy(q, p):.4f} = H(q) {entropy(q):.4f} + KL(q‖p) "
        f"{kl_divergence(q, p):.4f}"
    )


def describe_divergence(q: float, p: float) -> str:
    """Return what the gap means, and that it depends on the order."""
    text = (
        f"q = k/n = {short(q, 3)} is the observed fraction. No model has a cross-entropy below "
        "H(q), in nats; the gap is the KL divergence, 0 only for p = q."
    )
    if 0 < q < 1:
        text += f" It is not symmetric: the other way round, KL(p‖q) is {kl_divergence(p, q):.4f}."
    return text


def minus(value: float) -> str:
    """Return the number with a typographic minus sign."""
    return short(value, 4).replace("-", "−")
