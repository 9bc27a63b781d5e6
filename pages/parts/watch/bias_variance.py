"""The card Bias and variance of the tab Verdict: the human error, and what follows from it."""

from math import inf

import streamlit as st

from core.access import privacy
from core.advice.bias_variance import judge
from core.advice.not_learning import find_not_learning
from core.base.errors import LabError
from core.experiment import Experiment
from core.export.verdict import bias_variance_csv
from core.figures import bias_variance as figures
from core.jobs import runner
from core.runs import notes
from core.runs.history import History
from core.runs.measured import measure_parts
from pages.kit import live_chart, person, session
from pages.kit.form import escape
from pages.kit.layout import card_title, describe_error, finding, run_name

HELP = (
    "Bias is what the model misses on its own training set: training error − human error. Variance "
    "is what does not carry over to new samples: validation error − training error (Ng 2018, "
    "Machine Learning Yearning). A gap is high if it is above a fifth of the larger error, and for "
    "classes also above 1 percentage point. Intervals are 95 % Wilson intervals, those of the gaps "
    "Newcombe's. Approximation and estimation error are another split: they belong to the best "
    "model of a class, however it was trained (Brown & Ali 2024)."
)
ABOUT = (
    "The lowest error that is possible: that of an expert, or of labels that are themselves wrong "
    "(Bayes error). It is kept with the run and used in its result sentence."
)


def card(run: str, history: History, experiment: Experiment) -> None:
    """The input and the verdict; of a run that has not learned, the cause."""
    card_title("Bias and variance", help=HELP)
    parts = measure_parts(history)
    regression = any(part.regression for part in parts.values())
    human = enter_human_error(run, regression=regression)
    if cause := find_not_learning(history, experiment, count_classes(experiment)):
        finding(cause.level, cause.text)
        return
    verdict = judge(parts, human)
    if verdict is None:
        finding("info", "This run has no held-out samples, so its variance is unknown. Hold out a "
                "validation set on the Data page and train again.")  # fmt: skip
        return
    rows = figures.rows(verdict)
    live_chart.drawn(
        lambda mode: figures.figure(rows, mode, percent=not regression),
        key="chart_bias_variance", height=figures.height(rows),
        alt="Human, training and validation error with their intervals",
        name=f"{run_name(run)} bias and variance", subject=run_name(run),
        csv=bias_variance_csv(verdict),
    )  # fmt: skip
    finding(verdict.finding.level, verdict.finding.text)
    if history.ended and not history.ended.train:
        st.caption(
            "This training was stopped, so its training error is the mean over an epoch while the "
            "weights changed, with dropout and augmentation: usually too high, and the variance "
            "too low. Resume it to its end for a firm verdict."
        )
    if experiment.label_noise.share:
        st.caption(
            "Training labels are partly wrong on purpose, and the training error is measured on "
            "them: it can exceed the validation error."
        )


def count_classes(experiment: Experiment) -> int | None:
    """Return the number of classes: 0 for values, None if the data is not on this disk."""
    try:
        return len(experiment.data.facts(runner.current().store.home).classes)
    except LabError:
        return None


def enter_human_error(run: str, *, regression: bool) -> float | None:
    """Draw the input and return the human error of the run; None if there is none."""
    stored = notes.read(runner.current().store, run).human_error
    factor = 1.0 if regression else 100.0
    why, key = person.barred(run), f"human error {run}"
    entry = st.text_input(
        "Human error (RMSE)" if regression else "Human error (%)",
        "" if stored is None else f"{factor * stored:.4g}",
        placeholder="Not entered",
        max_chars=24,
        help=f"{ABOUT} {why}" if why else ABOUT,
        disabled=bool(why),
        width=220,
        key=key,
        on_change=keep_human_error,
        args=(run, key, factor),
    )
    try:
        read_entry(entry, factor)
    except ValueError:
        limits = "0 or more" if regression else "from 0 to below 100"
        st.markdown(
            f":red[:material/error: The human error is a number {limits}, but “{escape(entry)}” "
            "was entered. The last valid value is used.]"
        )
    return stored


def read_entry(entry: str, factor: float) -> float | None:
    """Return the human error of an entry in percent, with a factor of 100, or as an RMSE; None for
    an empty one. Raises ValueError if it cannot be one.
    """
    text = entry.strip().removesuffix("%").strip().replace(",", ".")
    if not text:
        return None
    value = float(text) / factor
    if not 0 <= value < (1 if factor > 1 else inf):
        raise ValueError(entry)
    return value


def keep_human_error(run: str, key: str, factor: float) -> None:
    """Store a valid entry with the notes of the run."""
    try:
        value = read_entry(session.widget_value(key) or "", factor)
    except ValueError:
        return  # the page explains it
    store = runner.current().store
    try:
        privacy.annotate(store, run, lambda old: old.changed(human_error=value), person.me())
    except LabError as error:
        session.notice(describe_error(error))
