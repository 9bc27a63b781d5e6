"""The card Residuals of the tab Mistakes: the errors of predicted values."""

from typing import Any

import streamlit as st

from core.analysis.catalogue import Residuals
from core.analysis.mistakes.most_confident import describe_columns, signed
from core.base.numbers import MISSING
from core.base.text import counted
from core.export.evaluation import pairs_csv, residuals_csv
from core.figures import residuals as figures
from pages.kit import analyses, live_chart
from pages.kit.downloads import csv_button
from pages.kit.layout import card_title, run_name
from pages.kit.tables import INFLUENCES, WRAPPED, show_table

ROWS = 20  # worst predictions that are shown; the CSV file has more
HELP = (
    "RMSE is the root mean square error and MAE the mean absolute error, both in the unit of the "
    "target. R² compares RMSE with the standard deviation of the training targets. Ranges are "
    "95 % intervals: for RMSE and R² from the spread of the squared errors, for MAE from a "
    "bootstrap over the samples (Efron 1979)."
)


def card(run: str, part: Any) -> None:
    """Scores with their intervals, the residuals, and the worst predictions."""
    with st.container(border=True):
        place = card_title("Residuals", help=HELP)
        found = analyses.result(run, Residuals(part=part))
        if not found:
            return
        with place:
            csv_button(run, "worst", lambda: residuals_csv(found))
        with st.grid(min_column_width=168, gap="small"):
            for name, (value, low, high) in found["scores"].items():
                ends = f"{signed(low, 3)} to {signed(high, 3)}"
                st.metric(name, signed(value, 3), ends, delta_color="off", delta_arrow="off")
        predicted, residuals = figures.rows(*found["points"])
        live_chart.drawn(
            lambda mode: figures.figure(predicted, residuals, mode),
            key=f"chart_residuals_{part}", height=figures.HEIGHT,
            alt="Residuals against predicted values", name=f"{run_name(run)} residuals",
            subject=run_name(run), csv=pairs_csv(*found["points"]),
        )  # fmt: skip
        st.caption(
            "A band of equal width around 0 is good. A bend means that the model misses a pattern; "
            "a widening band means that large values are predicted less precisely. "
            f"{counted(found['samples'], 'sample')} in this set."
        )
    with st.container(border=True):
        card_title(
            "Worst predictions",
            help="Influences are gradient × input, measured from "
            "the training mean (Shrikumar et al. 2016), in the unit of the target.",
        )
        show_table(
            [
                {
                    "Row": row,
                    "True": signed(true, 4),
                    "Predicted": signed(guess, 4),
                    "Residual": signed(true - guess, 3),
                    INFLUENCES: describe_columns(found, i) if found["columns"] else MISSING,
                }
                for i, (row, true, guess) in enumerate(
                    zip(found["row_numbers"], found["true"], found["predicted"], strict=True)
                )
                if i < ROWS
            ],
            alt="The predictions with the largest errors",
            **WRAPPED,
        )
