"""The card of the three sources of error of a finished run, measured on demand."""

import streamlit as st

from core.analysis.catalogue import ErrorSources
from core.analysis.verdict.error_sources import MEANINGS, SMALL
from core.base.numbers import duration_range, percent
from core.export.verdict import error_sources_csv
from core.figures import error_sources as figures
from core.jobs import runner
from core.runs import notes
from core.runs.history import History
from pages.kit import analyses, live_chart
from pages.kit.layout import card_title, finding, run_name

HELP = (
    "**Optimization**: training error that longer training, other initial weights or AdamW remove. "
    "**Approximation**: training error that twice the width removes, not below the human error. "
    "**Generalization**: test error − training error. The lines are 95 % intervals (Bottou & "
    "Bousquet 2008). This is another split than bias and variance (Brown & Ali 2024)."
)
LIMITS = (
    "The rest cannot be separated: it is noise in the data, or what only a still larger network "
    "would learn. A large network can also memorize noise, which then counts as "
    "approximation unless the human error is entered."
)
NEXT = {
    "optimization": "Train longer, or raise the learning rate.",
    "approximation": "Use a wider or deeper network.",
    "generalization": "Collect more data, or add regularization or data augmentation.",
}
FACTOR = (8, 40)  # times the run's own time: without later stages, and with all of them


def card(run: str, history: History) -> None:
    """Draw the split, or the button that measures it."""
    card_title("Three sources of error", help=HELP)
    asked = ErrorSources(human_error=human_error(run, history))
    seconds = history.ended.seconds if history.ended else 0.0
    expected = duration_range(*(times * seconds for times in FACTOR))
    found = analyses.result(run, asked, ask="Measure the three sources")
    if not found:
        st.caption(
            f"Trains the same and a larger network beside this run: {expected}, depending on "
            "how much longer training still brings."
        )
        return
    name = run_name(run)
    live_chart.drawn(
        lambda mode: figures.figure(found, mode), key="chart_sources", height=figures.HEIGHT,
        alt="Parts of the error by their source, with intervals",
        name=f"{name} sources of error", subject=name, csv=error_sources_csv(found),
    )  # fmt: skip
    finding(*describe(found))
    st.caption(LIMITS)


def describe(found: dict) -> tuple[str, str]:
    """Return the level and the text of the verdict."""
    unit = " of the variance" if found["is_value"] else ""
    error = f"Of the error of {percent(found['error'])}{unit} on the {found['part']} set"
    largest = found["largest"]
    if largest == "none":
        return (
            "ok",
            f"**None of the three.** {error}, each source is surely below {percent(SMALL)}{unit}.",
        )
    if largest == "undecided":
        text = f"{error}, no source is clearly the largest: their intervals overlap."
        return "info", f"**Undecided.** {text} More {found['part']} samples would narrow them."
    text = f"{error}, {percent(found[largest][0])}{unit} is {MEANINGS[largest]}."
    return "warn", f"**Mostly {largest}.** {text} {NEXT[largest]}"


def human_error(run: str, history: History) -> float:
    """Return the human error that was entered, as an error rate, or of values as 1 − R²; 0 if none
    was.
    """
    entered = notes.read(runner.current().store, run).human_error or 0.0
    scale = history.started.normalization.get("target_std", 0.0) if history.started else 0.0
    is_value = bool(history.ended and "r2" in (history.ended.train or {}))
    fraction = (entered / scale) ** 2 if is_value and scale else entered
    return min(fraction, 0.99)
