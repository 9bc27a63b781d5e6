"""The data of a finished run: whether it is still readable, and which of its sets a tab shows."""

from typing import Any

import streamlit as st

from core.advice.result_sentence import result_part
from core.base.errors import LabError
from core.data.load import lacking
from core.experiment import Experiment
from core.jobs import runner
from core.runs.measured import measure_parts
from pages.kit import feed
from pages.kit.form import escape
from pages.kit.layout import finding

PARTS = {"test": "Test", "validation": "Validation", "train": "Training"}


def has_data(experiment: Experiment) -> bool:
    """Whether the data of a run can be read. Draws the reason if not."""
    try:
        problem = lacking(experiment.data, runner.current().store.home, "open this tab again")
    except LabError as error:  # its folder is damaged
        problem = str(error)
    if problem:
        finding("warn", escape(problem))
    return not problem


def choose_part(run: str) -> Any:
    """Draw the switch between the sets that the run has, and return the chosen one: first the one
    whose score is the result, which is not the test set of a run that was stopped.
    """
    with feed.tail(run).read() as history:
        sizes = history.started.sizes if history.started else {}
        scored = result_part(measure_parts(history))
    parts = [part for part in PARTS if sizes.get(part)] or ["train"]
    return st.segmented_control(
        "Samples", parts, default=scored if scored in parts else parts[0], required=True,
        format_func=PARTS.get, key=f"mistakes part {run}",
        help="The test set was not used for any decision. Training samples were learned: their "
        "mistakes show what the network cannot represent, or wrong labels.",
    )  # fmt: skip
