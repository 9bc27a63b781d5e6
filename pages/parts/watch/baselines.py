"""The card Baselines of the tab Verdict: what simple models reach on the same split."""

import streamlit as st

from core.advice.result_sentence import BestBaseline, result_part
from core.analysis import results
from core.analysis.catalogue import Baselines
from core.analysis.verdict.baselines import best_baseline, is_quick, settings_of
from core.base.errors import LabError
from core.base.numbers import duration
from core.experiment import Experiment
from core.export.verdict import baselines_csv
from core.figures import baselines as figures
from core.jobs import runner
from core.runs.history import History
from core.runs.measured import NAMES, measure_parts
from core.runs.score import name
from pages.kit import analyses, live_chart, score_form, session
from pages.kit.layout import card_title, finding, run_name
from pages.kit.tables import show_table

COMPARED = "compared run"  # session key: the run whose headline has its best baseline
HELP = (
    "Simple models on the same split, with 95 % intervals. Settings such as k are chosen on the "
    "validation set. A network that is not clearly better than the best of them is not worth its "
    "training. Gradient-boosted trees are computed for tables where scikit-learn is installed."
)
LONG = "These data are large: the baselines take half a minute to a minute of one core."


def best_of(run: str, history: History) -> BestBaseline | None:
    """Return the best baseline of a run if the baselines have been computed."""
    part = result_part(measure_parts(history))
    result = results.stored(runner.current().store, run, Baselines()) if part else None
    session.set_ui(COMPARED, run if result else "")
    return best_baseline(result, part) if result else None


def offer(run: str, history: History) -> None:
    """A button that computes the baselines, while the headline of the run has none."""
    if result_part(measure_parts(history)) and session.get_ui(COMPARED) != run:
        analyses.result(run, Baselines(), ask="Compare with simple models")


def card(run: str, history: History, experiment: Experiment) -> None:
    """The baselines, computed immediately where that takes about a second, else on request."""
    card_title("Baselines", help=HELP)
    try:
        shape = experiment.data.facts(runner.current().store.home).shape
    except LabError as error:
        finding("bad", str(error))
        return
    rows = history.started.sizes.get("train", 0) if history.started else 0
    ask = "" if is_quick(shape, rows) else "Compute baselines"
    result = analyses.result(run, Baselines(), ask=ask)
    if result is None:
        if ask:
            st.caption(LONG)
        return
    if session.get_ui(COMPARED) != run:  # computed while the page was being drawn
        session.set_ui(COMPARED, run)
        st.rerun()
    parts = measure_parts(history)
    part = result_part(parts)
    if part is None or part not in result["models"][0]["parts"]:
        finding("info", "This run has no score to compare the baselines with.")
        return
    form, regression = score_form.form(), result["regression"]
    rows = figures.rows(result, parts[part], part=part, form=form)
    title = f"{NAMES[part]} {name(form, regression=regression)}"
    live_chart.drawn(
        lambda mode: figures.figure(rows, mode, percent=not regression, title=title),
        key="chart_baselines", height=figures.chart_height(len(rows)),
        alt=f"{title.capitalize()} of this run and of simple models",
        name=f"{run_name(run)} baselines", subject=run_name(run), csv=baselines_csv(rows, title),
    )  # fmt: skip
    with st.expander("Settings and times"):
        show_table(
            [
                {
                    "Baseline": model["label"],
                    "Settings": settings_of(model),
                    "Samples scored": model["parts"][part]["samples"],
                    "Time": duration(model["seconds"]),
                }
                for model in result["models"]
            ]
        )
