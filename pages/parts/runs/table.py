"""The table of the Runs page: its columns and the selected rows. A selection stays with its runs
when the rows change.
"""

import json
import zlib
from dataclasses import dataclass
from functools import partial
from math import ceil, isfinite

import streamlit as st
from pandas.io.formats.style import Styler

from core.access import ownership
from core.access.pseudonyms import short_name
from core.base.errors import LabError
from core.base.events import Scores, error
from core.base.numbers import MISSING, duration, percent, short, whole
from core.jobs import runner
from core.runs.baseline import describe_difference, difference
from core.runs.score import MEANINGS, Form, describe, is_regression, summarize
from core.runs.state import RunState
from core.runs.summary import Summary
from pages.kit import address, forks, person, score_form, session
from pages.kit.layout import run_name, when
from pages.kit.screen import phone
from pages.kit.tables import show_table, styled

VALIDATION, TEST = "Validation", "Test"  # columns of scores, which are titled by their form
CHANGES = "Changed while training"  # a column while a run has changes
AGAINST = "Against baseline"  # a column while a baseline is pinned
RATE, TAGS = "Learning rate", "Tags"
FIRST = ("Name", "Curve", VALIDATION)  # all that fits on a phone
OTHERS = (
    "State",
    "Data",
    "Network",
    "Optimizer",
    RATE,
    "Time",
    TAGS,
    "Best epoch",
    TEST,
    "Started",
    "Note",
    "Fork of",
)
OWNER = "Owner"  # a column and a filter of labs with several users
SHOWN = 10  # rows; more need scrolling, so that the comparison stays visible
ROW, TWO_LINES = 33, 66  # px of a row; texts wrap from 61 px on
LETTER, PADDING = 6.0, 20  # px of a letter, and beside a text
WIDTHS = {"Name": (160, 232), "Data": (92, 150), "Network": (92, 160), "Optimizer": (92, 140)}  # px
ROOM = 564  # px that the columns of WIDTHS have beside the others that are shown by default
RARE, RARE_IN_CLASS = 5, 7  # the last columns are hidden by default: 1,064 px have no room
POINTS = 40  # of a sparkline, which is 78 px wide


@dataclass(frozen=True)
class Row:
    """A run with its present state and, in a lab with several users, its owner."""

    summary: Summary
    state: RunState
    owner: str = ""


def choose_columns(*, pinned: bool, changed: bool, tagged: bool) -> tuple[str, ...]:
    """Draw the column menu. Returns FIRST and the chosen ones; on a phone none are chosen at
    first. The differences are shown while a baseline is `pinned`, the changes of settings beside
    the learning rate if the settings of a run have `changed`, and tags if a run is `tagged`.
    """
    alone = ownership.mode() == ownership.SOLO
    others, rare = (OTHERS, RARE) if alone else ((OWNER, *OTHERS), RARE_IN_CLASS)
    with st.popover("Columns", icon=":material/view_column:", key="runs_columns"):
        chosen = st.pills(
            "Columns in addition to name, curve and validation score",
            others,
            selection_mode="multi",
            default=[] if phone() else others[:-rare],
            format_func=lambda name: title(name, score_form.form()),
            key="runs_columns_chosen",
            persist_state="session",
        )
        score_form.switch()
    shown = [name for name in others if name in chosen and (tagged or name != TAGS)]
    names = [*FIRST, *[AGAINST] * pinned, *shown]
    if changed and RATE in names:
        names.insert(names.index(RATE) + 1, CHANGES)
    return tuple(names)


def table(rows: list[Row], columns: tuple[str, ...], baseline: Row | None = None) -> list[Row]:
    """Draw all rows, with their differences to the `baseline`. Returns the selected ones, in their
    order: at first the newest. A click on a name opens the run.
    """
    runs = [row.summary.run for row in rows]
    before = json.loads(session.get_ui("ticks") or json.dumps({"runs": runs[:1]}))
    generation = before.get("generation", 0)  # of the selections that something else has made
    key = f"runs {zlib.crc32(' '.join([*runs, *[str(generation)] * bool(generation)]).encode())}"
    default = before.get("default", [])
    if before.get("key") != key:  # The rows changed: the selection follows its runs.
        default = [runs.index(run) for run in before.get("runs", []) if run in runs]
    form = score_form.form()
    needed = widths(rows)
    given = fitted(needed)
    wraps = CHANGES in columns or any(
        needed[name] > width for name, width in given.items() if name in columns
    )
    height = TWO_LINES if wraps else ROW
    # The toolbar of the table appears over the end of this line, where no button is; on a phone it
    # is always there.
    hint = "Click a name to open its run. Tick rows to compare them."
    st.caption("Tap a name to open its run." if phone() else hint)
    picked = show_table(
        written(rows, form, baseline),
        height=height * min(len(rows), SHOWN) + ROW + 2,
        row_height=height if wraps else None,
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        selection_default={"selection": {"rows": default}} if default else None,
        key=key,
        column_order=columns,
        column_config=configured(form, given),
        alt="All runs, one per row",
    )
    indices = sorted(i for i in picked.selection.rows if i < len(rows))
    ticked = {"key": key, "default": default, "generation": generation}
    ticked["runs"] = [runs[i] for i in indices]
    session.set_ui("ticks", json.dumps(ticked))
    for row, column in picked.selection.cells:
        if column == "Name" and row < len(rows):
            st.switch_page("watch.py", query_params=address.parameters(run=runs[row]))
    return [rows[i] for i in indices]


def written(rows: list[Row], form: Form, baseline: Row | None = None) -> Styler:
    """Return the table. Errors are sorted from the best run to the worst, accuracies the other way
    round; values have R² in the same column.
    """
    formats = {VALIDATION: percent, TEST: percent, "Best epoch": whole, "Time": duration}
    differences = {
        row.summary.run: difference(row.summary, baseline.summary, form) for row in rows if baseline
    }
    table = styled(
        [cells(row, form) | {AGAINST: differences.get(row.summary.run)} for row in rows],
        formats | {AGAINST: describe_difference},
    )
    values = [i for i, row in enumerate(rows) if is_regression(row.summary.validation)]
    for part in (VALIDATION, TEST):
        wrong = form == "error"
        r2 = {part: lambda number, wrong=wrong: f"R² {short(1 - number if wrong else number, 3)}"}
        table.format(r2, subset=(values, [part]), na_rep=MISSING)
    of_values = partial(describe_difference, regression=True)
    table.format(of_values, subset=(values, [AGAINST]), na_rep=MISSING)
    return table


def widths(rows: list[Row]) -> dict[str, int]:
    """Return the width in px that the longest text of each column of WIDTHS takes in one line."""
    texts = {
        "Name": [row.summary.name for row in rows],
        "Data": [row.summary.data for row in rows],
        "Network": [row.summary.network for row in rows],
        "Optimizer": [row.summary.optimizer for row in rows],
    }
    return {
        column: round(max(low, LETTER * max(map(len, texts[column])) + PADDING))
        for column, (low, _) in WIDTHS.items()
    }


def fitted(needed: dict[str, int]) -> dict[str, int]:
    """Return the widths of these columns within WIDTHS and, together, ROOM: longer texts have two
    lines.
    """
    widest = {name: min(width, WIDTHS[name][1]) for name, width in needed.items()}
    spare = {name: width - WIDTHS[name][0] for name, width in widest.items()}
    share = min(1.0, max(0, sum(widest.values()) - ROOM) / max(1, sum(spare.values())))
    return {name: width - ceil(share * spare[name]) for name, width in widest.items()}


def title(column: str, form: Form) -> str:
    """Return what a column is called: those of scores have their form."""
    return f"{column} {form}" if column in (VALIDATION, TEST) else column


def configured(form: Form, widths: dict[str, int]) -> dict[str, object]:
    """Return title, width and help of each column; `widths` has those of some (`fitted`)."""
    column = st.column_config
    meaning = f"{MEANINGS[form]}. Values: R², the fraction of their variance that is explained."
    return {
        "Name": column.TextColumn(width=WIDTHS["Name"][0] if phone() else widths["Name"]),
        "Curve": column.LineChartColumn(width=78, help="Validation loss by epoch"),
        OWNER: column.TextColumn(width=112, help=_own_name()),
        "Started": column.DatetimeColumn(format="D MMM, HH:mm:ss"),
        "State": column.TextColumn(width=92),
        **{name: column.TextColumn(width=widths[name]) for name in WIDTHS if name != "Name"},
        RATE: column.NumberColumn(width=90, help="At the end, if it was changed"),
        CHANGES: column.TextColumn(width=260, help="In a pause, each with its step"),
        "Best epoch": column.NumberColumn(
            width=78, help="The epoch with the lowest validation loss"
        ),
        "Time": column.NumberColumn(width=78, help="Training time without pauses"),
        VALIDATION: column.NumberColumn(title(VALIDATION, form), help=meaning, width=124),
        AGAINST: column.NumberColumn(
            help=f"Validation {form} minus that of the baseline, in percentage points. Of values: "
            "the difference of R².",
            width=124,
        ),
        TEST: column.NumberColumn(title(TEST, form), help=meaning, width=106),
        TAGS: column.ListColumn(width=80),
        "Note": column.TextColumn(width=198),
        "Fork of": column.TextColumn(width=198, help="The run that this one was forked from"),
    }


def _own_name() -> str | None:
    """Return how a person's own runs appear to others; None where several share them."""
    me = person.me()
    if me in ownership.SHARED:
        return None
    return f"Others see your runs as {short_name(runner.current().store.home, me)}."


def cells(row: Row, form: Form) -> dict[str, object]:
    """Return one run as a row of the table; scores are fractions, times are seconds."""
    s = row.summary
    return {
        "Name": s.name,
        "Curve": thinned(s.curve),
        VALIDATION: fraction(s.validation, form),
        OWNER: row.owner,
        "State": f"{row.state.symbol} {row.state.label}",
        "Data": s.data,
        "Network": s.network,
        "Optimizer": s.optimizer,
        RATE: s.rate,
        CHANGES: "; ".join(s.changes),
        "Best epoch": s.best_epoch,
        "Time": s.seconds,
        TAGS: list(s.tags),
        TEST: fraction(s.test, form),
        "Started": when(s.run),
        "Note": s.note,
        "Fork of": describe_parent(s.parent) if s.parent else "",
    }


def describe_parent(run: str) -> str:
    """Return the name of the run that another one was forked from, with the time of its start."""
    try:
        return f"{run_name(run)} · {when(run):%d %b %H:%M}"
    except LabError:
        return forks.DELETED


def thinned(curve: tuple[float, ...]) -> list[float]:
    """Return at most POINTS numbers, evenly spaced, with the last one."""
    finite = [loss for loss in curve if isfinite(loss)]
    step = max(1, -(-len(finite) // POINTS))
    return finite[::-1][::step][::-1]


def fraction(scores: Scores | None, form: Form) -> float | None:
    """Return the fraction of wrong or of correct predictions, for values of their variance."""
    wrong = error(scores)
    return wrong if wrong is None or form == "error" else 1 - wrong


def write_score(scores: Scores | None, form: Form) -> str:
    """Return the score as in the table: "3.3 %", or "R² 0.93"."""
    return summarize(scores, form) if is_regression(scores) else describe(scores, form)


def numbered(number: int, row: Row, among: list[Row]) -> str:
    """Number the run if there are several: two of them may have the same name."""
    return f"{number} · {row.summary.name}" if len(among) > 1 else row.summary.name
