"""Demonstration: full batch, mini-batch and single sample on one loss surface."""

import numpy as np
import streamlit as st

from core.base.numbers import short, whole
from core.concepts import batches
from core.concepts.batches import SAMPLES, SampleLoss
from core.figures import batches as figures
from core.figures import race as surfaces
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

RATES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 1.6, 1.8, 2.0)
SURFACE = SampleLoss()


@st.fragment
def show() -> None:
    """Draw the settings, the surface with the path of each batch size, and the loss by epoch."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        rate = st.select_slider("Learning rate η", RATES, 0.3, width=260, key="batch rate")
        epochs = st.slider("Epochs", 1, 30, 10, width=220, key="batch epochs")
        middle = st.segmented_control(
            "Mini-batch size", (2, 4, 8, 16), default=8, required=True, key="batch size"
        )
        seed = st.number_input("Order seed", 0, 999, 0, width=110, key="batch seed")
    sizes = {"Full batch": SAMPLES, "Mini-batch": middle, "Single sample": 1}
    paths = {
        size: batches.run(size, SURFACE.start, learning_rate=rate, epochs=epochs, seed=seed)
        for size in sizes.values()
    }
    with st.container(border=True):
        card_title(describe_paths(sizes, paths))
        columns = st.columns([3, 3, 3, 4], gap="small")
        for number, (column, (name, size)) in enumerate(zip(columns[:3], sizes.items())):
            with column:
                updates = epochs * SAMPLES // size
                st.caption(f"**{name}**: B = {size}, {whole(updates)} updates")
                drawn(
                    lambda mode, name=name, size=size, number=number: surfaces.paths(
                        SURFACE, {name: paths[size]}, [number], mode
                    ).update_layout(height=figures.HEIGHT),
                    key=f"batch path {number}", height=figures.HEIGHT, name=f"batch-{size}",
                    alt=f"Path of gradient descent with batches of {size} over the loss surface.",
                )  # fmt: skip
        with columns[3]:
            st.caption("Loss of all samples above its minimum")
            drawn(
                lambda mode: figures.losses(paths, mode),
                key="batch losses", height=figures.HEIGHT, name="batch-losses",
                alt="Loss above the minimum against the epoch, for each batch size.",
            )  # fmt: skip
        st.markdown(f":small[{describe_noise(middle, rate)}]")
    lead("Open an experiment with small batches", "batch-1-small")


def describe_paths(sizes: dict[str, int], paths: dict[int, np.ndarray]) -> str:
    """Return how far above the minimum each path ends, for the same number of gradients."""
    lowest = SURFACE.value(*SURFACE.minima[0])
    ends = []
    for name, size in sizes.items():
        last = paths[size][-1]
        above = SURFACE.value(*last) - lowest
        ends.append(f"{name.lower()} {short(above) if np.isfinite(above) else 'diverged'}")
    return f"Loss above the minimum after the same number of epochs: {', '.join(ends)}"


def describe_noise(middle: int, rate: float) -> str:
    """Return how much the gradients of a batch scatter, and which learning rates converge."""
    start = SURFACE.start
    one, some = (batches.gradient_deviation(size, start) for size in (1, middle))
    limit = 2 / SURFACE.curvatures()[1]
    verdict = "below" if rate < limit else "not below"
    return (
        f"Each epoch computes the gradients of all {SAMPLES} samples once. At the start, the "
        f"gradient of one sample scatters by {short(one)} (standard deviation) around that of all, "
        f"and the mean of {middle} samples by {short(some)}. With the full batch, gradient descent "
        f"converges for η below 2/λ = {short(limit, 3)} (λ: largest curvature); η = {rate:g} is "
        f"{verdict} it. With small batches and a constant η, the path keeps moving around the "
        "minimum."
    )
