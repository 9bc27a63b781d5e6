"""The table of the Runs page: its columns, and which rows are ticked. Ticks stay with their runs
when the rows change.
"""

import json
import zlib
from dataclasses import dataclass
from math import isfinite

import pandas as pd
import streamlit as st

from core.access import ownership
from core.base.numbers import MISSING
from core.runs.state import RunState
from core.runs.summary import Summary
from pages.kit import state
from pages.kit.layout import when
from pages.kit.screen import phone

FIRST = ("Name", "Curve", "Validation error")  # what a phone has room for
OTHERS = (
    "State",
    "Data",
    "Network",
    "Optimizer",
    "Rate",
    "Best epoch",
    "Time",
    "Tags",
    "Test error",
    "Started",
    "Note",
)
WHOSE = "Whose"  # a column, and a filter, where people are told apart
SHOWN = 6  # rows; more are scrolled to, so that the comparison is in sight
ROW = 33  # px
RARE = 3  # of the columns, the last ones, are shown when they are asked for; tags too in a class
POINTS = 40  # of a small curve, which is 78 px wide
UNITS = ((10_800, 3600, "h"), (600, 60, "min"), (0, 1, "s"))  # from so many seconds on


@dataclass(frozen=True)
class Row:
    """A run with the word for its state now and, where people are told apart, for its owner."""

    summary: Summary
    word: RunState
    whose: str = ""


def choose_columns() -> tuple[str, ...]:
    """The columns that are shown, FIRST always; on a phone these alone until others are asked
    for.
    """
    alone = ownership.mode() == ownership.SOLO
    others, rare = (OTHERS, RARE) if alone else ((WHOSE, *OTHERS), RARE + 1)
    with st.popover("Columns", icon=":material/view_column:", key="runs_columns"):
        chosen = st.pills(
            "Besides name, curve and validation error",
            others,
            selection_mode="multi",
            default=[] if phone() else others[:-rare],
            key="runs_columns_chosen",
            persist_state="session",
        )
    return (*FIRST, *(name for name in others if name in chosen))


def table(rows: list[Row], columns: tuple[str, ...]) -> list[Row]:
    """All rows; those that are ticked come back, in their order."""
    runs = [row.summary.run for row in rows]
    key = f"runs {zlib.crc32(' '.join(runs).encode())}"
    before = json.loads(state.get_ui("ticks") or "{}")
    default = before.get("default", [])
    if before.get("key") != key:  # other rows: the ticks go with their runs
        default = [runs.index(run) for run in before.get("runs", []) if run in runs]
    seconds = [row.summary.seconds for row in rows if row.summary.seconds is not None]
    scale, unit = next((s, u) for least, s, u in UNITS if max(seconds, default=0) >= least)
    picked = st.dataframe(
        pd.DataFrame([cells(row, scale) for row in rows]),
        hide_index=True,
        height=ROW * (min(len(rows), SHOWN) + 1) + 2,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": default}} if default else None,
        placeholder=MISSING,
        key=key,
        column_order=columns,
        column_config=configured(unit),
        alt="All runs, one a row",
    )
    places = sorted(i for i in picked.selection.rows if i < len(rows))
    ticked = {"key": key, "default": default, "runs": [runs[i] for i in places]}
    state.set_ui("ticks", json.dumps(ticked))
    return [rows[i] for i in places]


def configured(unit: str) -> dict[str, object]:
    """How each column is written; times in one unit, so that they can be sorted."""
    column = st.column_config
    help = "Share of wrong answers; for values, of the variance that is not explained."
    error = {"format": "%.1f %%", "help": help, "width": 106}
    digits = "%.0f" if unit == "s" else "%.1f"
    return {
        "Name": column.TextColumn(width=118),
        "Curve": column.LineChartColumn(width=78, help="Validation loss by epoch"),
        WHOSE: column.TextColumn(width=84),
        "Started": column.DatetimeColumn(format="D MMM, HH:mm:ss"),
        "State": column.TextColumn(width=92),
        "Data": column.TextColumn(width=96),
        "Network": column.TextColumn(width=116),
        "Optimizer": column.TextColumn(width=136),
        "Rate": column.NumberColumn(format="%.3g", width=54, help="Learning rate"),
        "Best epoch": column.NumberColumn(width=78, help="Of the lowest validation loss"),
        "Time": column.NumberColumn(format=f"{digits} {unit}", width=62, help="Of training"),
        "Validation error": column.NumberColumn(**error),
        "Test error": column.NumberColumn(**error),
        "Tags": column.ListColumn(width=90),
        "Note": column.TextColumn(width=240),
    }


def cells(row: Row, scale: float = 1) -> dict[str, object]:
    """One run as a row of the table; errors in percent, times in units of `scale` seconds."""
    s = row.summary
    return {
        "Name": s.name,
        "Curve": thinned(s.curve),
        "Validation error": hundred(s.validation_error),
        WHOSE: row.whose,
        "State": f"{row.word.symbol} {row.word.label}",
        "Data": s.data,
        "Network": s.network,
        "Optimizer": s.optimizer,
        "Rate": s.rate,
        "Best epoch": s.best_epoch,
        "Time": None if s.seconds is None else s.seconds / scale,
        "Tags": list(s.tags),
        "Test error": hundred(s.test_error),
        "Started": when(s.run),
        "Note": s.note,
    }


def thinned(curve: tuple[float, ...]) -> list[float]:
    """At most POINTS of its numbers, evenly over the epochs, the last among them."""
    shown = [loss for loss in curve if isfinite(loss)]
    step = max(1, -(-len(shown) // POINTS))
    return shown[::-1][::step][::-1]


def hundred(share: float | None) -> float | None:
    """A share in percent."""
    return None if share is None else 100 * share
