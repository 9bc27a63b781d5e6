"""The cards of the page Watch: the curves, what they mean in words, gradients, and the layer × time
maps. Each is a fragment that its page draws where it belongs.
"""

from collections.abc import Callable

import streamlit as st
from plotly.graph_objects import Figure

from core.advice.run_findings import Finding, findings
from core.advice.run_status import within
from core.experiment import Experiment
from core.figures import training as figures
from core.figures.maps import MAPS, layer_map
from pages.kit import feed, live_chart
from pages.kit.form import escape
from pages.kit.layout import STACK, card_title, finding

AXES: dict[str, figures.Against] = {"Step": "step", "Epoch": "epoch", "Time": "time"}
NOISE = (
    "The gradient noise scale is the variance of one sample's gradient over the squared length of "
    "the gradient of all, trΣ / ‖G‖². A minibatch much smaller than it sees mostly noise, one much "
    "larger wastes samples (McCandlish et al. 2018). Means of the last 20 measurements, with "
    "dropout off."
)


class Cards:
    """Of one run. `classes`: 0 for values, None where that is not known."""

    def __init__(
        self,
        run: str,
        name: str,
        experiment: Experiment,
        *,
        live: bool,
        classes: int | None,
        layers: tuple[str, ...],
        activations: tuple[str, ...],
    ):
        self.run, self.name, self.experiment, self.live = run, name, experiment, live
        self.classes, self.layers, self.activations = classes, layers, activations
        self.tail = feed.tail(run)

    def loss(self, view: dict) -> None:
        with st.container(**STACK, gap="small"):
            title = st.empty()  # says what is chosen behind it
            shown = choose("Show", ["Loss", "Error"])
            against = AXES[choose("Against", list(AXES))]
        title.subheader(shown, anchor=False, width="stretch")
        measure = shown.lower()
        error = "variance not explained" if self.classes == 0 else "wrong answers"
        unit = error if measure == "error" else self.experiment.loss.label.lower()

        def draw(mode: figures.Mode) -> Figure:
            return figures.curve(mode, measure=measure, against=against, unit=unit, **view)

        words = f"Training and validation {measure} against {against}"
        self.chart(draw, "loss", 216, words)

    def findings(self, reopen: Callable[[Finding], None]) -> None:
        """At most three sentences; the card keeps its height. `reopen` does what a button says."""
        with self.tail.read() as history:
            found = findings(history, self.experiment, classes=self.classes)
            noise = " · ".join(within(history)) or "Noise of the gradient: measured soon."
        urgent = sum(f.level in ("warn", "bad") for f in found)
        with card_title("What this shows"):
            if urgent:
                st.badge(f"{urgent} to act on", color="yellow")
        for one in found:
            if finding(one.level, one.text, one.action or None, f"finding_{one.path}"):
                reopen(one)
        st.caption(escape(noise), help=NOISE)

    def gradient(self) -> None:
        with card_title(
            "Gradient norm per layer",
            help="‖∇L‖ before clipping, a mean over some ten steps; the CSV has each one.",
        ):
            log = choose("Scale", ["Log", "Linear"]) == "Log"

        def draw(mode: figures.Mode) -> Figure:
            return figures.gradients(mode, layers=self.layers, log=log)

        self.chart(draw, "gradient", 168, "Gradient norm of each layer against step")

    def map(self) -> None:
        """One quantity of every layer over time."""
        offered = {
            shown.label: quantity
            for quantity, shown in MAPS.items()
            if self.activations or not shown.by_activation
        }
        help = "One row a layer, input on top; time goes to the right."
        with card_title("Layer × time", help=" ".join([help, *_helps(offered)])):
            quantity = offered[
                st.selectbox(
                    "Map", list(offered), label_visibility="collapsed", width=160,
                    key="watch_Map", persist_state="session",
                )
            ]  # fmt: skip
        names = self.activations if MAPS[quantity].by_activation else self.layers

        def draw(mode: figures.Mode) -> Figure:
            return layer_map(mode, names=names, quantity=quantity)

        words = f"{MAPS[quantity].label} of each layer over time, one row a layer"
        self.chart(draw, "layers", 168, words)

    def chart(self, figure: Callable, key: str, height: int, alt: str) -> None:
        name = f"{self.name} {key}".replace("/", "-")
        live_chart.chart(
            figure, self.run, key=f"chart_{key}", height=height, alt=alt, name=name, live=self.live
        )


def _helps(offered: dict[str, str]) -> list[str]:
    return [f"**{label}:** {MAPS[quantity].help}" for label, quantity in offered.items()]


def choose(label: str, options: list[str]) -> str:
    """Two to five options on the right of a card's title; what was chosen is kept from page to
    page.
    """
    return st.segmented_control(
        label, options, default=options[0], required=True, label_visibility="collapsed",
        key=f"watch_{label}", persist_state="session",
    )  # fmt: skip
