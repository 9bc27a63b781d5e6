"""The cards of the page Watch: the curves, the findings, the gradient norms and the layer × time
maps. Each is a fragment that the page draws in its place.
"""

from collections.abc import Callable

import streamlit as st
from plotly.graph_objects import Figure

from core.advice.run_findings import list_findings
from core.advice.run_status import describe_gradients
from core.base.finding import Action
from core.base.text import counted
from core.experiment import Experiment
from core.figures import training as figures
from core.figures.maps import MAPS, layer_map
from pages.kit import feed, live_chart
from pages.kit.form import escape
from pages.kit.layout import STACK, card_title, finding

AXES: dict[str, figures.Against] = {"Step": "step", "Epoch": "epoch", "Time": "time"}
NOISE = (
    "The gradient noise scale trΣ / ‖G‖² is the variance of the gradient of one sample divided by "
    "the squared norm of the full gradient. A much smaller mini-batch sees mostly noise, a much "
    "larger one wastes samples (McCandlish et al. 2018). Both numbers are means of the last 20 "
    "measurements, with dropout off."
)
NO_NOISE_YET = "Gradient noise: not measured yet"


class Cards:
    """The cards of one run. `classes`: 0 for regression, None if unknown."""

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
            title = st.empty()  # It repeats the choice that is drawn after it.
            label = choose("Metric", ["Loss", "Error"])
            against = AXES[choose("X-axis", list(AXES))]
        title.subheader(label, anchor=False, width="stretch")
        measure = label.lower()
        error = "unexplained variance" if self.classes == 0 else "error rate"
        unit = error if measure == "error" else self.experiment.loss.label.lower()

        def draw(mode: figures.Mode) -> Figure:
            return figures.curve(mode, measure=measure, against=against, unit=unit, **view)

        alt = f"Training and validation {measure} by {against}"
        self.chart(draw, "loss", 216, alt)

    def findings(self, reopen: Callable[[Action], None]) -> None:
        """At most three findings; the card keeps its height. `reopen` opens the settings with the
        changes of a finding.
        """
        with self.tail.read() as history:
            results = list_findings(history, self.experiment, classes=self.classes)
            gradients = " · ".join(describe_gradients(history)) or NO_NOISE_YET
        urgent = sum(result.level in ("warn", "bad") for result in results)
        with card_title("Findings"):
            if urgent:
                st.badge(counted(urgent, "warning"), color="yellow")
        for result in results:
            action = result.action
            label = action.label if action else None
            key = f"finding_{result.code}"
            if finding(result.level, result.text, label, key, below=True):
                reopen(action)
        st.caption(escape(gradients), help=NOISE)

    def gradient(self) -> None:
        with card_title(
            "Gradient norm per layer",
            help="‖∇L‖ before clipping, smoothed over about five measurements. The CSV file has "
            "the same values.",
        ):
            log = choose("Scale", ["Log", "Linear"]) == "Log"

        def draw(mode: figures.Mode) -> Figure:
            return figures.gradients(mode, layers=self.layers, log=log)

        self.chart(draw, "gradient", 168, "Gradient norm of each layer by step")

    def map(self) -> None:
        """One quantity of every layer over time."""
        quantities = {
            layers.label: quantity
            for quantity, layers in MAPS.items()
            if self.activations or not layers.by_activation
        }
        help = "One row per layer, input at the top; steps from left to right."
        with card_title("Layer × time", help=" ".join([help, *_helps(quantities)])):
            quantity = quantities[
                st.selectbox(
                    "Quantity", list(quantities), label_visibility="collapsed", width=160,
                    key="watch_Map", persist_state="session",
                )
            ]  # fmt: skip
        names = self.activations if MAPS[quantity].by_activation else self.layers

        def draw(mode: figures.Mode) -> Figure:
            return layer_map(mode, names=names, quantity=quantity)

        alt = f"{MAPS[quantity].label} of each layer by step, one row per layer"
        self.chart(draw, "layers", 168, alt)

    def chart(self, figure: Callable, key: str, height: int, alt: str) -> None:
        name = f"{self.name} {key}".replace("/", "-")
        live_chart.chart(
            figure, self.run, key=f"chart_{key}", height=height, alt=alt, name=name, live=self.live
        )


def _helps(quantities: dict[str, str]) -> list[str]:
    return [f"**{label}:** {MAPS[quantity].help}" for label, quantity in quantities.items()]


def choose(label: str, options: list[str]) -> str:
    """Two to five options to the right of a card's title; the session keeps the choice."""
    return st.segmented_control(
        label, options, default=options[0], required=True, label_visibility="collapsed",
        key=f"watch_{label}", persist_state="session",
    )  # fmt: skip
