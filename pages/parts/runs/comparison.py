"""The comparison of the selected runs on the Runs page: their curves in one chart, the settings
that differ, and a finding about the differences of their errors.
"""

import pandas as pd
import streamlit as st

from core.advice.run_status import describe_end
from core.base.encoding import decode, encode
from core.base.errors import LabError
from core.base.numbers import percent
from core.base.text import counted
from core.experiment import Experiment
from core.figures import overlay
from core.jobs import runner
from core.jobs.kinds import KINDS, RUN
from core.runs import ranking
from core.runs.compare import differences, settings
from core.runs.ranking import Comparison, compare_results
from core.runs.state import RunState
from core.runs.summary import ended
from pages.kit import feed, person, session
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.screen import phone, theme_mode
from pages.parts.runs.table import Row

CARD = 354  # px: as high as the cards that replace it
AXES = {"Epoch": "epoch", "Step": "step", "Time": "seconds"}


def compare(selected: list[Row]) -> None:
    """Draw curves and settings; for one run its result, for none a hint."""
    if not selected:
        height = "content" if phone() else CARD  # On a phone the cards are below each other.
        with st.container(
            border=True, height=height, horizontal_alignment="center", vertical_alignment="center"
        ):
            hint = "Select a run to see its curve, or several runs to compare them."
            st.markdown(hint, text_alignment="center")
        return
    store = runner.current().store
    experiments = [decode(Experiment, store.experiment(row.summary.run)) for row in selected]
    left, right = st.columns([7, 5], gap="small")
    with left.container(border=True, height="stretch"):
        samples = curves(selected, experiments)
    with right.container(border=True, height="stretch"):
        result(selected, experiments, samples)


def curves(selected: list[Row], experiments: list[Experiment]) -> list[int]:
    """Draw the validation loss, or the error if the losses are of different kinds. Returns the
    number of validation samples of each run, 0 if unknown.
    """
    entries, samples = [], []
    for number, (row, experiment) in enumerate(zip(selected, experiments, strict=True), 1):
        name = numbered(number, row, selected)
        if number > overlay.MOST:
            samples.append(0)
            continue
        with feed.tail(row.summary.run).read() as history:
            entries.append(overlay.OverlayRun(name, experiment.loss.kind, list(history.epochs)))
            sizes = history.started.sizes if history.started else {}
            samples.append(sizes.get("validation", 0))
    measure, comparable, left_out = overlay.comparable(entries)
    with card_title(f"Validation {measure}"):
        train = st.toggle(
            "Show training loss" if measure == "loss" else "Show training error",
            key="overlay_train",
            persist_state="session",
        )
        axis = st.segmented_control(
            "X-axis",
            list(AXES),
            default="Epoch",
            required=True,
            label_visibility="collapsed",
            key="overlay_axis",
            persist_state="session",
        )
    field = AXES[axis or "Epoch"]
    drawn = overlay.rows(comparable, measure, axis=field, train=train)
    if drawn:
        mode = theme_mode()
        st.plotly_chart(
            overlay.figure(drawn, mode, measure, field),
            theme=None,
            config={"displayModeBar": False},
            alt=f"Validation {measure} of the selected runs by {overlay.AXES[field]}",
            key="overlay",
        )
    else:
        with st.container(height=overlay.HEIGHT, border=False):
            st.caption("No epoch has been completed yet.")
    explain_chart(measure, left_out, len(selected), bool(drawn) and train)
    return samples


def explain_chart(measure: str, left_out: list[str], count: int, train: bool) -> None:
    """Explain what the chart does not show, and why."""
    notes = []
    if train:
        notes.append(f"Thin solid lines show the training {measure}.")
    if measure == "error":
        notes.append("The runs have different loss functions, so their errors are compared.")
    if left_out:
        names = ", ".join(left_out)
        notes.append(
            f"Not shown because classification and regression have no common scale: {names}."
        )
    if count > overlay.MOST:
        notes.append(f"Only the first {overlay.MOST} runs are shown.")
    if notes:
        st.caption(escape(" ".join(notes)))


def numbered(number: int, row: Row, among: list[Row]) -> str:
    """Number the run if there are several: two of them may have the same name."""
    return f"{number}  {row.summary.name}" if len(among) > 1 else row.summary.name


def result(selected: list[Row], experiments: list[Experiment], samples: list[int]) -> None:
    """Draw the settings that differ, the results as the last rows, and the comparison."""
    several = len(selected) > 1
    with card_title("Differences" if several else "Result"):
        every = st.toggle("Show all settings", key="all_settings", persist_state="session")
    rows = settings(experiments) if every else differences(experiments)
    st.table(difference_table(selected, rows), border="horizontal", hide_index=True)
    if not several:
        ending(selected[0])
        return
    entries = [
        ranking.RunResult(
            numbered(number, row, selected),
            experiment,
            row.summary.validation_error,
            not row.state.is_live,
            n,
        )
        for number, (row, experiment, n) in enumerate(
            zip(selected, experiments, samples, strict=True), 1
        )
    ]
    comparison = compare_results(entries)
    count = len(comparison.more_seeds)
    label = f"Train {counted(count, 'more run')}" if count else None
    if finding(comparison.finding.level, format_text(comparison), label, key="seeds"):
        train_more_seeds(comparison)


def ending(row: Row) -> None:
    """Show why the run ended, what prevents a resume in this lab, and its note."""
    store, run = runner.current().store, row.summary.run
    end = ended(store, run)
    if end and not row.state.is_live:
        failed = row.state in (RunState.FAILED, RunState.DIVERGED)
        text = end.message if failed else describe_end(end)  # the same text as on Watch
        finding("bad" if failed else "info", escape(text))
    if row.state.is_resumable and (missing := KINDS[RUN].missing(store, run)):
        finding("warn", escape(missing))
    if row.summary.note:
        st.caption(escape(row.summary.note))


def format_text(comparison: Comparison) -> str:
    """Return the text as Markdown with the name of the best setting in bold."""
    text, name = escape(comparison.finding.text), escape(comparison.leader)
    return text.replace(name, f"**{name}**", 1) if name else text


def train_more_seeds(comparison: Comparison) -> None:
    """Queue the same settings with other seeds."""
    queued = 0
    try:
        for experiment in comparison.more_seeds:
            runner.current().submit(encode(experiment), by=person.me())
            queued += 1
    except LabError as error:
        session.notice(str(error))
    else:
        session.notice(
            f"Queued {counted(queued, 'run')} with other seeds, so that each setting has "
            f"{ranking.SEEDS}. Select all of them to compare the means."
        )
    st.rerun()


def difference_table(selected: list[Row], rows: list[tuple[str, tuple[str, ...]]]) -> pd.DataFrame:
    """Return settings and results as Markdown, for a table that wraps long cells."""
    summaries = [row.summary for row in selected]
    results = {
        "Best validation error": [percent(s.validation_error) for s in summaries],
        "Test error": [percent(s.test_error) for s in summaries],
    }
    columns = ["Setting", *(numbered(i, row, selected) for i, row in enumerate(selected, 1))]
    presets = ("Network", tuple(s.network for s in summaries))
    rows = [presets if distinguishes(row, presets) else row for row in rows]
    lines = [*rows, *results.items()]
    cells = [[escape(cell) for cell in (name, *values)] for name, values in lines]
    return pd.DataFrame(cells, columns=[escape(name) for name in columns])


def distinguishes(row: tuple[str, tuple[str, ...]], named: tuple[str, tuple[str, ...]]) -> bool:
    """Whether the short names distinguish the same values as the row; "12 layers" is no name."""
    pairs = set(zip(row[1], named[1], strict=True))
    presets = not any(name[0].isdigit() for name in named[1])
    return row[0] == named[0] and presets and len(set(row[1])) == len(set(named[1])) == len(pairs)
