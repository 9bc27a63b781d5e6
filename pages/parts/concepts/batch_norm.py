"""Demonstration: batch normalization, batch by batch, in training and at inference."""

import numpy as np
import streamlit as st

from core.base.numbers import short
from core.concepts import batch_norm
from core.concepts.batch_norm import EPSILON, MOMENTUM, Running
from core.figures import batch_norm as figures
from pages.kit.layout import card_title, finding
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

MOST = 60  # batches


@st.fragment
def show() -> None:
    """Draw the settings, the selected batch before and after, and the running averages."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        seen = st.slider("Batches seen", 1, MOST, 5, width=240, key="norm batches")
        size = st.slider("Batch size", 1, 32, 8, width=200, key="norm size")
        scale = st.slider("Scale γ", 0.0, 3.0, 1.0, 0.1, width=160, key="norm scale")
        shift = st.slider("Shift β", -2.0, 2.0, 0.0, 0.1, width=160, key="norm shift")
    if size == 1:
        finding(
            "bad",
            "With a batch size of 1, the variance of the batch is 0 and every training output "
            "would be β. PyTorch refuses such a batch. Use a batch size of at least 2.",
        )
        return
    batches = batch_norm.draw_batches(MOST, size)
    states = batch_norm.history(batches)
    batch, state = batches[seen - 1], states[seen]
    training = batch_norm.in_training(batch, scale, shift)
    inference = scale * state.normalize(batch) + shift
    left, right = st.columns(2, gap="small")
    with left.container(border=True, height="stretch"):
        mean, variance = batch.mean(), batch.var()
        card_title(f"Batch {seen}: mean μ = {minus(mean)}, variance σ² = {minus(variance)}")
        drawn(
            lambda mode: figures.values(batch, training, inference, mode),
            key="norm values", height=figures.HEIGHT, name="batch-norm",
            alt="Values of the batch, and the outputs of the layer in training and at inference.",
        )  # fmt: skip
        st.markdown(f":small[{describe_sample(batch, training, inference, state)}]")
    with right.container(border=True, height="stretch"):
        card_title(
            f"Running mean {minus(state.mean)}, running variance {state.variance:.3f} after "
            f"{seen} batch{'es' * (seen > 1)}"
        )
        drawn(
            lambda mode: figures.running(states, seen, mode),
            key="norm running", height=figures.HEIGHT, name="running-averages",
            alt="Running mean and standard deviation after each batch, and the true values.",
        )  # fmt: skip
        st.markdown(f":small[{describe_update(states[seen - 1], batch, state)}]")
    lead("Open an experiment with batch normalization", "deep-3-residual")


def describe_sample(
    batch: np.ndarray, training: np.ndarray, inference: np.ndarray, state: Running
) -> str:
    """Return how the first sample is normalized in both modes."""
    x, mean, variance = batch[0], batch.mean(), batch.var()
    return (
        f"First sample, x = {number(x)}. Training: γ·({number(x)} − {number(mean)})/√("
        f"{number(variance)} + ε) + β = **{minus(training[0])}**, with ε = {short(EPSILON)}; the "
        f"other samples of the batch change it. Inference, with the running averages: "
        f"γ·({number(x)} − {number(state.mean)})/√({number(state.variance)} + ε) + β = "
        f"**{minus(inference[0])}**, whatever else is in the batch."
    )


def describe_update(before: Running, batch: np.ndarray, after: Running) -> str:
    """Return the update of both averages by this batch."""
    keep, mean, variance = 1 - MOMENTUM, batch.mean(), batch.var(ddof=1)
    return (
        f"Mean: {keep:g}·{number(before.mean)} + {MOMENTUM:g}·{number(mean)} = "
        f"{number(after.mean)}. Variance: {keep:g}·{number(before.variance)} + {MOMENTUM:g}·"
        f"{number(variance)} = {number(after.variance)}, with the unbiased variance of the batch, "
        f"σ²·B/(B − 1). The averages start at 0 and 1, so inference is off for the first batches "
        f"(true values: mean {short(batch_norm.MEAN)}, standard deviation "
        f"{short(batch_norm.STD)})."
    )


def number(value: float) -> str:
    """Return a factor or term with three decimals, in parentheses if it is negative."""
    return f"({minus(value)})" if value < 0 else minus(value)


def minus(value: float) -> str:
    """Return a number with three decimals."""
    return f"{value:.3f}".replace("-", "−")
