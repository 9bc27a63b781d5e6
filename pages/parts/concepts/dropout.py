"""Demonstration: the mask of dropout and its scaling."""

import numpy as np
import streamlit as st

from core.base.numbers import short
from core.concepts import dropout
from core.concepts.dropout import VALUES
from core.figures import dropout as figures
from pages.kit.layout import card_title, finding
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead


@st.fragment
def show() -> None:
    """Draw the settings, the outputs under one mask, and what remains on average."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        p = st.slider("Dropout probability p", 0.0, 0.9, 0.5, 0.05, width=280, key="dropout p")
        step = st.number_input("Training step", 1, 999, 1, width=130, key="dropout step")
        scaled = st.toggle("Scale by 1/(1 − p)", True, key="dropout scaled")
    values = np.array(VALUES)
    mask = dropout.masks(p, step)[-1]
    output = dropout.apply(values, mask, p, scaled=scaled)
    mean = dropout.expected(values, p, scaled=scaled)
    left, right = st.columns([7, 5], gap="small")
    with left.container(border=True, height="stretch"):
        card_title(describe_mask(mask, p, scaled=scaled))
        drawn(
            lambda mode: figures.outputs(
                VALUES, output, mean, dropout.deviation(values, p, scaled=scaled), mode
            ),
            key="dropout outputs", height=figures.HEIGHT, name="dropout",
            alt="Output of each unit at inference, under this mask, and on average over all masks.",
        )  # fmt: skip
    with right.container(border=True, height="stretch"):
        card_title("Sum of the 12 outputs: what the next layer receives")
        st.table(table(values, output, mean), border="horizontal", hide_index=True)
        st.markdown(
            ":small[Every step and every sample gets another mask, so no unit can rely on another "
            "one. At inference, `eval()` turns dropout off: nothing is dropped or scaled.]"
        )
        if not scaled and p:
            finding(
                "warn",
                f"Without the scaling, training outputs are on average {1 - p:.3g} of those at "
                "inference: the next layer is trained on smaller inputs than it gets later.",
            )
    lead("Open an experiment with dropout", "by-heart-3-dropout")


def describe_mask(mask: np.ndarray, p: float, *, scaled: bool) -> str:
    """Return how many units are dropped, and the factor of the others."""
    dropped = int((mask == 0).sum())
    factor = short(1 / (1 - p), 3) if scaled else "1"
    return f"This mask drops {dropped} of {len(mask)} units; the others are multiplied by {factor}"


def table(values: np.ndarray, output: np.ndarray, mean: np.ndarray) -> list[dict[str, str]]:
    """Return the sums of the outputs."""
    rows = {
        "Inference": values,
        "Training, this mask": output,
        "Training, mean over all masks": mean,
    }
    return [{"": name, "Sum": f"**{row.sum():.2f}**"} for name, row in rows.items()]
