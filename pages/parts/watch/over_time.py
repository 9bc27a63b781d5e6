"""The cards of the tab Inside about the whole training: how weights, gradients and outputs of each
layer were distributed, and two maps.
"""

from functools import partial

import streamlit as st

from core.figures import distributions
from core.figures.maps import MAPS, layer_map
from core.figures.training import Against
from pages.kit import feed, live_chart
from pages.kit.layout import card_title, finding, run_name
from pages.parts.watch.charts import AXES

MAP_TITLES = {"mean": "Output mean", "weight": "Weight norm"}
MAP_HEIGHT = 220  # px
NOT_RECORDED = (
    "Not recorded in this run: it was trained with an earlier version of the lab, or ended before "
    "the first measurement. Train it again to see this chart."
)
HELP = (
    "One strip for each layer, input at the top, each on its own scale around 0. The line is the "
    "median; half of the values are in the dark band and 90 % in the light one. Weights are "
    "without biases, gradients those before clipping, outputs those before the activation, of at "
    "most 64 samples of the mini-batch."
)


def cards(run: str) -> None:
    """Draw all cards."""
    with st.container(border=True):
        against = strips(run)
    for column, quantity in zip(st.columns(2, gap="small"), MAP_TITLES, strict=True):
        with column.container(border=True, height="stretch"):
            layers_over_time(run, quantity, against)


def strips(run: str) -> Against:
    """Draw one quantity of each layer over the training; return the x-axis."""
    with card_title("Distributions over the training", help=HELP):
        labels = {label: quantity for quantity, label in distributions.LABELS.items()}
        label = _choose("Quantity", list(labels))
        against = AXES[_choose("X-axis", list(AXES))]
    with feed.tail(run).read() as history:
        every = distributions.rows(history, labels[label], against)
    shown, name = distributions.chosen(every), run_name(run)
    if not shown:
        finding("info", NOT_RECORDED)
        return against
    live_chart.drawn(
        lambda mode: distributions.figure(shown, mode, against),
        key=f"inside_strips_{label}_{against}", height=distributions.height(shown),
        alt=f"{label} of each layer by {against}", name=f"{name} {label} distributions",
        subject=name, csv=distributions.csv(every, against),
    )  # fmt: skip
    if len(shown) < len(every):
        st.caption(f"{len(shown)} of {len(every)} layers, evenly spaced. The CSV file has all.")
    return against


def layers_over_time(run: str, quantity: str, against: Against) -> None:
    """A map of one quantity: one row for each layer."""
    title, name = MAP_TITLES[quantity], run_name(run)
    help = MAPS[quantity].help
    card_title(f"{title} by layer", help=help[0].upper() + help[1:])
    with feed.tail(run).read() as history:
        layers, is_recorded = history.layers, any(getattr(p, quantity) for p in history.probes)
    if not is_recorded:
        finding("info", NOT_RECORDED)
        return
    live_chart.chart(
        partial(layer_map, names=layers, quantity=quantity, against=against, height=MAP_HEIGHT),
        run, key=f"inside_map_{quantity}", height=MAP_HEIGHT, name=f"{name} {title}",
        alt=f"{title} of each layer by {against}", subject=name, live=False,
    )  # fmt: skip


def _choose(label: str, options: list[str]) -> str:
    return st.segmented_control(
        label, options, default=options[0], required=True, label_visibility="collapsed",
        key=f"inside_{label}", persist_state="session",
    )  # fmt: skip
