"""The card Would more rows help? of the tab Verdict."""

import streamlit as st

from core.advice.power_law import judge_more_rows
from core.analysis.catalogue import MoreRows
from core.analysis.verdict.more_rows import expected_seconds
from core.base.numbers import duration_range
from core.base.text import counted
from core.export.verdict import learning_curve_csv
from core.figures import more_rows as figures
from core.runs.history import History
from pages.kit import analyses, live_chart
from pages.kit.layout import card_title, finding, run_name

HELP = (
    "The experiment is trained again on fractions of its training set, each with several seeds and "
    "splits, for the same number of epochs. The errors of the validation sets are fitted by a "
    "power law a·n⁻ᵇ + c, and its 90 % interval comes from a bootstrap (Hestness et al. 2017). The "
    "law is used up to 4 times the data, and not where the curve rises."
)


def card(run: str, history: History) -> None:
    """A button with the expected time, then the curve and the answer in rows."""
    card_title("Would more rows help?", help=HELP)
    analysis = MoreRows()
    result = analyses.result(run, analysis, ask="Measure the learning curve")
    if result is None:
        seconds = expected_seconds(history.seconds, analysis.sizes, analysis.seeds)
        st.caption(
            f"Trains on {counted(analysis.sizes, 'size')} of the training set with "
            f"{counted(analysis.seeds, 'seed')} each: {duration_range(seconds, 2 * seconds)} "
            "beside other work."
        )
        return
    regression = result["regression"]
    answer = judge_more_rows(result["sizes"], result["errors"], regression=regression)
    finding(answer.finding.level, answer.finding.text)
    curve = figures.rows(result["sizes"], result["errors"], answer)
    live_chart.drawn(
        lambda mode: figures.figure(curve, mode, percent=not regression),
        key="chart_more_rows", height=figures.HEIGHT,
        alt="Validation error against the number of training rows",
        name=f"{run_name(run)} learning curve", subject=run_name(run),
        csv=learning_curve_csv(curve),
    )  # fmt: skip
