"""The card What to try next of a finished run: four changes, compared by short trainings."""

from collections.abc import Callable

import streamlit as st

from core.analysis.catalogue import NextSteps
from core.analysis.verdict.next_steps import LABELS, describe_row
from core.base.finding import Action
from core.base.numbers import duration, percent
from core.base.text import counted
from core.export.verdict import next_steps_csv
from pages.kit import analyses, session
from pages.kit.downloads import csv_button
from pages.kit.layout import card_title, finding

HELP = (
    "Each change is trained with the same seeds as the run without it, on part of the rows and "
    "epochs. The difference of the validation error is averaged over the seeds, with a 95 % "
    "interval (paired t). What removes most error per minute of a whole training comes first. A "
    "change can matter more, or less, with all rows and epochs."
)
LEVELS = {"better": "ok", "no_difference": "info", "worse": "bad"}
MINUTES = 2.0
IN_USE = "All training rows are already in use."
COLLECT = "The network learns more with more rows: collect more samples, and upload all of them."


def card(run: str, reopen: Callable[[Action], None]) -> None:
    """Draw the ranking, or the button that measures it. `reopen` opens the settings with the
    changes of a row.
    """
    place = card_title("What to try next", help=HELP)
    minutes = st.number_input(
        "Time for the comparison (minutes)", 0.2, 120.0, MINUTES, 1.0, key="watch_minutes",
        persist_state="session", width=260, format="%g",
    )  # fmt: skip
    asked = NextSteps(minutes=session.widget_value("watch_minutes") or minutes)
    found = analyses.result(run, asked, ask="Compare four changes")
    if not found:
        changes = ", ".join(label[0].lower() + label[1:] for label in LABELS.values())
        st.caption(f"Compares {changes}, each by at least three pairs of short trainings.")
        return
    with place:
        csv_button(run, "next steps", lambda: next_steps_csv(found))
    for row in found["steps"]:
        action = Action(LABELS[row["name"]], row["changes"]) if row["changes"] else None
        what = describe_row(row, is_value=found["is_value"])
        text = f"**{what}** · whole training {duration(row['seconds'])}"
        if not action:
            text = f"{text}. {COLLECT if row['verdict'] == 'better' else IN_USE}"
        label = "Open" if action else None
        if finding(LEVELS[row["verdict"]], text, label, f"next_{row['name']}"):
            reopen(action)
    rows = f"{percent(found['fraction'])} of the training rows"
    epochs, seeds = counted(found["epochs"], "epoch"), counted(found["seeds"], "pair")
    st.caption(f"Measured with {rows}, {epochs}, {seeds} of trainings for each change.")
