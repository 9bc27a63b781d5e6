"""The table of the selected runs on the Runs page: the settings that differ, and the results."""

import pandas as pd
import streamlit as st

from core.base.numbers import MISSING
from core.experiment import Experiment
from core.runs.compare import DIFFERING_LAYERS, differences, settings
from core.runs.score import is_regression
from pages.kit import score_form
from pages.kit.form import escape
from pages.kit.layout import STACK
from pages.parts.runs.table import CHANGES, Row, numbered, write_score

WIDE = 3  # the runs of a table beside the chart; that of more runs is below it


def result(selected: list[Row], experiments: list[Experiment]) -> None:
    """Draw the settings that differ and the results. Of many runs, each is a row; of few, each is
    a column.
    """
    several = len(selected) > 1
    with st.container(**STACK, gap="small"):
        title = st.empty()
        every = st.toggle("Show all settings", key="all_settings", persist_state="session")
    heading = "All settings" if every else "Differences" if several else "Result"
    title.subheader(heading, anchor=False, width="stretch")
    rows = settings(experiments) if every else differences(experiments)
    table = difference_table(selected, rows)
    if len(selected) > WIDE and not every:
        table = transposed(table)
    st.table(table, border="horizontal", hide_index=True)


def transposed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a row for each run and a column for each setting."""
    turned = table.set_index("Setting").T
    turned.insert(0, "Run", turned.index)
    return turned


def difference_table(selected: list[Row], rows: list[tuple[str, tuple[str, ...]]]) -> pd.DataFrame:
    """Return settings and results as Markdown, for a table that wraps long cells."""
    summaries = [row.summary for row in selected]
    form = score_form.form()
    validations, tests = [s.validation for s in summaries], [s.test for s in summaries]
    measured = [scores for scores in validations if scores]  # a run that diverged has none
    noun = "score" if measured and all(map(is_regression, measured)) else form
    results = {
        f"Best validation {noun}": [write_score(scores, form) for scores in validations],
        f"Test {noun}": [write_score(scores, form) for scores in tests],
    }
    heading = "Setting" if rows else "Measure"
    columns = [heading, *(numbered(i, row, selected) for i, row in enumerate(selected, 1))]
    presets = ("Network", tuple(s.network for s in summaries))
    rows = [presets if distinguishes(row, presets) else row for row in rows]
    if any(s.changes for s in summaries):  # the rows have the settings of the end
        rows.append((CHANGES, tuple("; ".join(s.changes) or MISSING for s in summaries)))
    lines = [*rows, *results.items()]
    cells = [[escape(cell) for cell in (name, *values)] for name, values in lines]
    return pd.DataFrame(cells, columns=[escape(name) for name in columns])


def distinguishes(row: tuple[str, tuple[str, ...]], named: tuple[str, tuple[str, ...]]) -> bool:
    """Whether short names distinguish the same values as the row; "12 weight layers" is no name."""
    pairs = set(zip(row[1], named[1], strict=True))
    presets = not any(name[0].isdigit() for name in named[1])
    networks = row[0] in (named[0], DIFFERING_LAYERS)
    return networks and presets and len(set(row[1])) == len(set(named[1])) == len(pairs)
