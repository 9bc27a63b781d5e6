"""The table of the Runs page: its columns and the selected rows. A selection stays with its runs
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
from pages.kit import address, session
from pages.kit.layout import when
from pages.kit.screen import phone

FIRST = ("Name", "Curve", "Validation error")  # all that fits on a phone
OTHERS = (
    "State",
    "Data",
    "Network",
    "Optimizer",
    "Learning rate",
    "Best epoch",
    "Time",
    "Tags",
    "Test error",
    "Started",
    "Note",
)
OWNER = "Owner"  # a column and a filter of labs with several users
SHOWN = 10  # rows; more need scrolling, so that the comparison stays visible
ROW = 33  # px
RARE = 3  # the last columns are hidden by default; in a class the tags as well
POINTS = 40  # of a sparkline, which is 78 px wide
UNITS = ((10_800, 3600, "h"), (600, 60, "min"), (0, 1, "s"))  # least seconds, seconds, unit


@dataclass(frozen=True)
class Row:
    """A run with its present state and, in a lab with several users, its owner."""

    summary: Summary
    state: RunState
    owner: str = ""


def choose_columns() -> tuple[str, ...]:
    """Draw the column menu. Returns FIRST and the chosen ones; on a phone none are chosen at
    first.
    """
    alone = ownership.mode() == ownership.SOLO
    others, rare = (OTHERS, RARE) if alone else ((OWNER, *OTHERS), RARE + 1)
    with st.popover("Columns", icon=":material/view_column:", key="runs_columns"):
        chosen = st.pills(
            "Columns in addition to name, curve and validation error",
            others,
            selection_mode="multi",
            default=[] if phone() else others[:-rare],
            key="runs_columns_chosen",
            persist_state="session",
        )
    return (*FIRST, *(name for name in others if name in chosen))


def table(rows: list[Row], columns: tuple[str, ...]) -> list[Row]:
    """Draw all rows. Returns the selected ones, in their order: at first the newest. A click on a
    name opens the run.
    """
    runs = [row.summary.run for row in rows]
    key = f"runs {zlib.crc32(' '.join(runs).encode())}"
    before = json.loads(session.get_ui("ticks") or json.dumps({"runs": runs[:1]}))
    default = before.get("default", [])
    if before.get("key") != key:  # The rows changed: the selection follows its runs.
        default = [runs.index(run) for run in before.get("runs", []) if run in runs]
    seconds = [row.summary.seconds for row in rows if row.summary.seconds is not None]
    scale, unit = next((s, u) for least, s, u in UNITS if max(seconds, default=0) >= least)
    # The toolbar of the table appears over the end of this line, where no button is.
    st.caption("Click a name to open its run. Tick rows to compare them.")
    picked = st.dataframe(
        pd.DataFrame([cells(row, scale) for row in rows]),
        hide_index=True,
        height=ROW * (min(len(rows), SHOWN) + 1) + 2,
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        selection_default={"selection": {"rows": default}} if default else None,
        placeholder=MISSING,
        key=key,
        column_order=columns,
        column_config=configured(unit),
        alt="All runs, one per row",
    )
    indices = sorted(i for i in picked.selection.rows if i < len(rows))
    ticked = {"key": key, "default": default, "runs": [runs[i] for i in indices]}
    session.set_ui("ticks", json.dumps(ticked))
    for row, column in picked.selection.cells:
        if column == "Name" and row < len(rows):
            st.switch_page("watch.py", query_params=address.parameters(run=runs[row]))
    return [rows[i] for i in indices]


def configured(unit: str) -> dict[str, object]:
    """Return the format of each column; times have one unit, so that they can be sorted."""
    column = st.column_config
    help = "Fraction of wrong predictions; for regression, of unexplained variance."
    error = {"format": "%.1f %%", "help": help, "width": 106}
    digits = "%.0f" if unit == "s" else "%.1f"
    return {
        "Name": column.TextColumn(width=118),
        "Curve": column.LineChartColumn(width=78, help="Validation loss by epoch"),
        OWNER: column.TextColumn(width=84),
        "Started": column.DatetimeColumn(format="D MMM, HH:mm:ss"),
        "State": column.TextColumn(width=92),
        "Data": column.TextColumn(width=96),
        "Network": column.TextColumn(width=116),
        "Optimizer": column.TextColumn(width=136),
        "Learning rate": column.NumberColumn(format="%.3g", width=90),
        "Best epoch": column.NumberColumn(
            width=78, help="The epoch with the lowest validation loss"
        ),
        "Time": column.NumberColumn(
            format=f"{digits} {unit}", width=62, help="Training time without pauses"
        ),
        "Validation error": column.NumberColumn(**error),
        "Test error": column.NumberColumn(**error),
        "Tags": column.ListColumn(width=90),
        "Note": column.TextColumn(width=240),
    }


def cells(row: Row, scale: float = 1) -> dict[str, object]:
    """Return one run as a row of the table; errors in percent, times in units of `scale`
    seconds.
    """
    s = row.summary
    return {
        "Name": s.name,
        "Curve": thinned(s.curve),
        "Validation error": in_percent(s.validation_error),
        OWNER: row.owner,
        "State": f"{row.state.symbol} {row.state.label}",
        "Data": s.data,
        "Network": s.network,
        "Optimizer": s.optimizer,
        "Learning rate": s.rate,
        "Best epoch": s.best_epoch,
        "Time": None if s.seconds is None else s.seconds / scale,
        "Tags": list(s.tags),
        "Test error": in_percent(s.test_error),
        "Started": when(s.run),
        "Note": s.note,
    }


def thinned(curve: tuple[float, ...]) -> list[float]:
    """Return at most POINTS numbers, evenly spaced, with the last one."""
    finite = [loss for loss in curve if isfinite(loss)]
    step = max(1, -(-len(finite) // POINTS))
    return finite[::-1][::step][::-1]


def in_percent(fraction: float | None) -> float | None:
    """Return a fraction in percent."""
    return None if fraction is None else 100 * fraction
