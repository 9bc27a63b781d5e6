"""The cards of the page Watch: the curves, the findings, the gradient norms and the layer × time
maps. Each is a fragment that the page draws in its place.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.access import privacy
from core.advice.forecast_findings import describe_forecast, describe_score, score_forecasts
from core.advice.run_findings import list_findings
from core.advice.run_status import describe_gradients, explain_missing_noise
from core.base.finding import Action, Finding
from core.base.text import counted
from core.experiment import Experiment
from core.export.evaluation import pairs_csv
from core.figures import predicted
from core.figures import training as figures
from core.figures.maps import MAPS, layer_map
from core.jobs import runner
from core.runs.history import History
from core.runs.score import FORMS
from pages.kit import feed, live_chart, person, score_form, session
from pages.kit.buttons import unique_keys
from pages.kit.form import escape
from pages.kit.layout import STACK, card_title, finding
from pages.kit.screen import every
from pages.parts.watch import forks

NORMS = {"Gradient": "gradient", "Weights": "weight"}
AXES: dict[str, figures.Against] = {"Step": "step", "Epoch": "epoch", "Time": "time"}
NOISE = (
    "The gradient noise scale trΣ / ‖G‖² is the variance of the gradient of one sample divided by "
    "the squared norm of the full gradient. A much smaller mini-batch sees mostly noise, a much "
    "larger one wastes samples (McCandlish et al. 2018). Both numbers are means of the last 20 "
    "measurements, with dropout off."
)
FORK_SECONDS = 5  # between two looks for new epochs: a slider that grows cannot be dragged


class Cards:
    """The cards of one run. `classes`: 0 for regression, None if unknown. `moving`: whether epochs
    are completed while the page is open.
    """

    def __init__(
        self,
        run: str,
        name: str,
        experiment: Experiment,
        *,
        live: bool,
        moving: bool,
        classes: int | None,
        layers: tuple[str, ...],
        activations: tuple[str, ...],
    ):
        self.against = AXES[session.widget_value("watch_X-axis") or "Step"]
        self.run, self.name, self.experiment, self.live = run, name, experiment, live
        self.classes, self.layers, self.activations = classes, layers, activations
        self.moving = moving
        self.tail = feed.tail(run)
        self.moment: live_chart.Moment | None = None  # of the text, for charts that it draws
        self.below_loss: DeltaGenerator | None = None  # where the forecast is explained
        rows, _ = privacy.visible_rows(runner.current().store, person.me())
        self.score = describe_score(score_forecasts(row for row in rows if row.run != run))

    def loss(self, view: dict) -> None:
        with st.container(**STACK, gap="small"):
            title = st.empty()  # It repeats the choice that is drawn after it.
            measures = self.measures()
            label = choose("Metric", list(measures), key=f"Metric {score_form.form()}")
            against = AXES[choose("X-axis", list(AXES))]
        if against != self.against:
            st.rerun()  # It is the x-axis of all charts.
        title.subheader(label, anchor=False, width="stretch")
        measure, unit = measures[label]
        chosen = None if self.moving else forks.chosen_place(self.run, against)

        draw = partial(
            figures.curve, measure=measure, against=against, unit=unit, chosen=chosen, **view
        )
        what = label if label in ("R²", "RMSE") else label.lower()
        alt = f"Training and validation {what} by {against}"
        self.chart(draw, "loss", 236, alt, partial(forks.click, self.run, against))
        pace = every(FORK_SECONDS) if self.moving else None
        st.fragment(forks.controls, run_every=pace)(self.run)

    def measures(self) -> dict[str, tuple[str, str]]:
        """Return the column and the unit of each choice. Values are shown in their own unit first,
        because their loss is that of standardized targets.
        """
        form, loss = score_form.form(), self.experiment.loss.label.lower()
        if self.classes == 0:
            score = {"RMSE": ("rmse", "RMSE, unit of the target")}
            if form == "accuracy":
                score = {"R²": ("accuracy", "R²")}
            return score | {"Loss": ("loss", f"{loss}, standardized target")}
        unit = "error rate" if form == "error" else "accuracy"
        return {"Loss": ("loss", loss), FORMS[form]: (form, unit)}

    def findings(self, history: History, reopen: Callable[[Action], None]) -> Callable[[], None]:
        """Return what draws at most three findings about this moment of the history and lets the
        charts show it. `reopen` opens the settings with the changes of a finding.
        """
        results = list_findings(
            history, self.experiment, classes=self.classes, form=score_form.form()
        )
        gradients = " · ".join(describe_gradients(history)) or explain_missing_noise(history)
        if forecast := describe_forecast(history):
            forecast = replace(forecast, text=f"{forecast.text} {self.score.text}")
        facts = history.facts()
        if live_chart.polls():
            self.moment = history.columns(), facts
        return partial(self._findings, results, forecast, gradients, facts, reopen)

    def _findings(
        self,
        results: list[Finding],
        forecast: Finding | None,
        gradients: str,
        facts: dict[str, Any],
        reopen: Callable[[Action], None],
    ) -> None:
        urgent = sum(result.level in ("warn", "bad") for result in results)
        with st.container(gap=None):
            moment = st.container(key="moment")  # in one place: live.js observes it
            row = card_title("Findings")
        if urgent:
            row.badge(counted(urgent, "warning"), color="yellow")
        keys = unique_keys(f"finding_{result.code}" for result in results)
        for key, result in zip(keys, results, strict=True):
            action = result.action
            label = action.label if action else None
            if finding(result.level, result.text, label, key, below=True):
                reopen(action)
        st.caption(escape(gradients), help=NOISE)
        if self.below_loss is not None:
            with self.below_loss:  # a fragment may fill only what each run of the page has filled
                if forecast:
                    finding(forecast.level, escape(forecast.text))
                else:
                    st.empty()
        if self.live and not live_chart.polls():
            with moment:
                live_chart.show_until(self.run, facts)

    def gradient(self) -> None:
        with card_title(
            "Norm per layer",
            help="Of the gradient before clipping, ‖∇L‖, or of the weights, ‖w‖, smoothed over "
            "about five measurements. Download has a CSV file with the measured values.",
        ):
            label = choose("Norm", list(NORMS))
            log = choose("Scale", ["Log", "Linear"]) == "Log"

        norm, against = NORMS[label], self.against
        draw = partial(
            figures.layer_norms, layers=self.layers, quantity=norm, against=against, log=log
        )
        alt = f"Norm of the {label.lower()} of each layer by {self.against}"
        self.chart(draw, "gradient", 190, alt)

    def map(self) -> None:
        """One quantity of every layer over time."""
        with self.tail.read() as history:
            last = history.probes[-1] if history.probes else None
        quantities = {  # runs of earlier versions did not record all of them
            layers.label: quantity
            for quantity, layers in MAPS.items()
            if (self.activations or not layers.by_activation)
            and (last is None or getattr(last, quantity))
        }
        help = "One row per layer, input at the top; the training from left to right."
        with card_title("Layer × time", help=" ".join([help, *_helps(quantities)])):
            quantity = quantities[
                st.selectbox(
                    "Quantity", list(quantities), label_visibility="collapsed", width=160,
                    key="watch_Map", persist_state="session",
                )
            ]  # fmt: skip
        names = self.activations if MAPS[quantity].by_activation else self.layers
        draw = partial(layer_map, names=names, quantity=quantity, against=self.against)
        alt = f"{MAPS[quantity].label} of each layer by {self.against}, one row per layer"
        self.chart(draw, "layers", 190, alt)

    def predicted(self) -> None:
        """Predicted against true values of a regression that has ended; nothing before."""
        with self.tail.read() as history:
            ended = history.ended
        if not ended or not ended.predictions:
            return
        part = "test" if ended.test else "validation"
        with st.container(border=True, width=predicted.WIDTH):
            alt = f"Predicted against true values of the {part} set"
            card_title("Predicted and true values", help=f"{alt}, with the best weights.")
            live_chart.drawn(
                lambda mode: predicted.figure(ended.predictions, mode),
                key="chart_predicted", height=predicted.HEIGHT, alt=alt,
                name=f"{self.name} predicted", subject=self.name,
                csv=pairs_csv(*zip(*ended.predictions, strict=True)),
            )  # fmt: skip

    def chart(
        self,
        figure: Callable,
        key: str,
        height: int,
        alt: str,
        on_click: Callable[[float], None] | None = None,
    ) -> None:
        live_chart.chart(
            figure, self.run, key=f"chart_{key}", height=height, alt=alt,
            name=f"{self.name} {key}", subject=self.name, live=self.live, moment=self.moment,
            on_click=on_click,
        )  # fmt: skip


def _helps(quantities: dict[str, str]) -> list[str]:
    return [f"**{label}:** {MAPS[quantity].help}" for label, quantity in quantities.items()]


def choose(label: str, options: list[str], *, key: str = "") -> str:
    """Two to five options to the right of a card's title; the session keeps the choice."""
    return st.segmented_control(
        label, options, default=options[0], required=True, label_visibility="collapsed",
        key=f"watch_{key or label}", persist_state="session",
    )  # fmt: skip
