"""The card Bias and variance of the tab Verdict: the human error, and what follows from it."""

import streamlit as st

from core.access import privacy
from core.advice.bias_variance import judge
from core.base.errors import LabError
from core.figures import bias_variance as figures
from core.jobs import runner
from core.runs import notes
from core.runs.history import History
from core.runs.measured import measure_parts
from pages.kit import live_chart, person, session
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


def card(run: str, history: History, *, label_noise: float) -> None:
    """The input and the verdict. `label_noise` is the fraction of training labels that are wrong on
    purpose.
    """
    with card_title("Bias and variance", help=HELP):
        pass
    parts = measure_parts(history)
    regression = any(part.regression for part in parts.values())
    human = enter_human_error(run, regression=regression)
    verdict = judge(parts, human or 0.0)
    if verdict is None:
        finding("info", "This run has no held-out samples, so its variance is unknown. Hold out a "
                "validation set on the Data page and train again.")  # fmt: skip
        return
    rows = figures.rows(verdict)
    live_chart.drawn(
        lambda mode: figures.figure(rows, mode, percent=not regression),
        key="chart_bias_variance", height=figures.HEIGHT,
        alt="Human, training and validation error with their intervals",
        name=f"{run_name(run)} bias and variance", subject=run_name(run),
    )  # fmt: skip
    finding(verdict.finding.level, verdict.finding.text)
    if human is None:
        st.caption(
            "No human error was entered, so the bias is measured against 0. Where people make "
            "errors too, the bias is lower."
        )
    if label_noise:
        st.caption(
            "Training labels are partly wrong on purpose, and the training error is measured on "
            "them: it can exceed the validation error."
        )


def enter_human_error(run: str, *, regression: bool) -> float | None:
    """Draw the input and return the human error of the run; None if there is none."""
    stored = notes.read(runner.current().store, run).human_error
    factor = 1.0 if regression else 100.0
    why, key = person.barred(run), f"human error {run}"
    entry = st.number_input(
        "Human error (RMSE)" if regression else "Human error (%)",
        value=None if stored is None else float(f"{factor * stored:.4g}"),
        placeholder="Not entered",
        step=None if regression else 0.1,
        format="%g",
        help=f"{ABOUT} {why}" if why else ABOUT,
        disabled=bool(why),
        width=220,
        key=key,
        on_change=keep_human_error,
        args=(run, key, factor),
    )
    if not is_possible(entry, factor):
        limits = "0 or more" if regression else "from 0 to below 100"
        st.markdown(
            f":red[:material/error: The human error is {limits}, but {entry:g} was entered. The "
            "last valid value is used.]"
        )
    return stored


def is_possible(entry: float | None, factor: float) -> bool:
    """Whether an entry can be a human error: a percentage with a factor of 100, else an RMSE."""
    return entry is None or (entry >= 0 and (factor == 1 or entry < factor))


def keep_human_error(run: str, key: str, factor: float) -> None:
    """Store a valid entry with the notes of the run."""
    entry = session.widget_value(key)
    if not is_possible(entry, factor):
        return  # the page explains it
    value = None if entry is None else entry / factor
    store = runner.current().store
    try:
        privacy.annotate(store, run, lambda old: old.changed(human_error=value), person.me())
    except LabError as error:
        session.notice(describe_error(error))
