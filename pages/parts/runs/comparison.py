"""The comparison of the selected runs on the Runs page: their curves in one chart, the settings
that differ, and a finding about the differences of their errors.
"""

from collections import Counter

import pandas as pd
import streamlit as st

from core.advice.run_status import describe_end
from core.base.encoding import decode, encode
from core.base.errors import LabError
from core.base.text import counted
from core.experiment import Experiment, comparisons, shipped
from core.export.catalogue import ReportFormat
from core.export.report.report_format import MOST as MOST_REPORTED
from core.figures import overlay
from core.jobs import runner
from core.jobs.kinds import KINDS, RUN
from core.runs import ranking
from core.runs.compare import DIFFERING_LAYERS, differences, settings
from core.runs.ranking import Comparison, compare_results
from core.runs.score import is_regression
from core.runs.state import RunState
from core.runs.summary import ended
from pages.kit import feed, person, score_form, session
from pages.kit.exports import offer
from pages.kit.form import escape
from pages.kit.layout import STACK, card_title, finding
from pages.kit.screen import theme_mode
from pages.parts.runs.table import Row, write_score

AXES = {"Epoch": "epoch", "Step": "step", "Time": "seconds"}
LONGEST_VALUE = 24  # characters of a setting in the legend
WIDE = 3  # the runs of a table beside the chart; that of more runs is below it


def compare(rows: list[Row]) -> None:
    """Draw curves, finding and settings of the selected runs, in the order in which they were
    started; for one run its result, for none a hint.
    """
    if not rows:
        with st.container(border=True):
            st.markdown("Select a run to see its curve, or several runs to compare them.")
        return
    selected = sorted(rows, key=lambda row: row.summary.run)
    store = runner.current().store
    experiments = [decode(Experiment, store.experiment(row.summary.run)) for row in selected]
    if len(selected) > WIDE:
        left, right = st.container(gap="small"), st.container(gap="small")
    else:
        left, right = st.columns([7, 5], gap="small")
    with left.container(border=True, height="stretch"):
        lesson(experiments)
        samples = curves(selected, experiments)
        if len(selected) > WIDE:
            difference(selected, experiments, samples)
    with right.container(border=True, height="stretch"):
        result(selected, experiments)
        if len(selected) == 1:
            ending(selected[0])
        elif len(selected) <= WIDE:
            difference(selected, experiments, samples)
    report(selected)


def report(selected: list[Row]) -> None:
    """Offer one page about several runs, to print or to hand in; that of a single run is on its
    page.
    """
    runs = [row.summary.run for row in selected]
    if 1 < len(runs) <= MOST_REPORTED and all(row.summary.reason for row in selected):
        with st.container(border=True):
            st.markdown("**Report** · one page with the comparison and every run, for print")
            offer(runs[0], ReportFormat(others=tuple(runs[1:])), "Prepare the report")


def lesson(experiments: list[Experiment]) -> None:
    """Show what a ready-made comparison demonstrates, if these are its runs."""
    if names := ready_made(experiments):
        st.markdown(f"**{escape(shipped()[names[0]].about)}**")


def ready_made(experiments: list[Experiment]) -> tuple[str, ...]:
    """Return the names of the ready-made comparison that has these settings, () for none."""

    def settings_of(experiment: Experiment) -> str:
        return experiment.model_dump_json(exclude={"seeds", "device"})

    chosen = {settings_of(experiment) for experiment in experiments}
    for names in comparisons().values():
        if chosen == {settings_of(shipped()[name]) for name in names}:
            return names
    return ()


def curves(selected: list[Row], experiments: list[Experiment]) -> list[int]:
    """Draw the validation loss, or the score if the losses are of different kinds. Returns the
    number of validation samples of each run, 0 if unknown.
    """
    entries, samples = [], []
    names = legend_names(selected, experiments)
    for number, (row, experiment) in enumerate(zip(selected, experiments, strict=True), 1):
        samples.append(0)
        if number <= overlay.MOST:
            label = str(number) if len(selected) > 1 else ""
            entry, samples[-1] = read_run(row, experiment, names[number - 1], label)
            entries.append(entry)
    measure, comparable, left_out = overlay.comparable(entries, score_form.form())
    with card_title(f"Training and validation {measure}"):
        train = st.toggle("Training", value=True, key="overlay_train", persist_state="session")
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
            alt=f"Training and validation {measure} of the selected runs by "
            f"{overlay.AXIS_TITLES[field]}",
            key="overlay",
        )
    else:
        with st.container(height=overlay.chart_height(), border=False):
            st.caption("No epoch has been completed yet.")
    visible = {curve.name for curve in drawn if curve.is_visible}
    empty = [entry.name for entry in comparable if entry.name not in visible]
    explain_chart(drawn, measure, left_out, empty, len(selected))
    return samples


def legend_names(selected: list[Row], experiments: list[Experiment]) -> list[str]:
    """Return the names of the runs in the legend. Those of one name also have the value of the
    setting that distinguishes most of them.
    """
    names = [numbered(number, row, selected) for number, row in enumerate(selected, 1)]
    counts = Counter(row.summary.name for row in selected)
    shared = [i for i, row in enumerate(selected) if counts[row.summary.name] > 1]
    settings_of_shared = [experiments[i] for i in shared]
    rows = [values for _, values in differences(settings_of_shared)] if shared else []
    values = max(rows, key=lambda row: len(set(row)), default=())
    for i, value in zip(shared, values, strict=False):
        short = value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"
        names[i] += f", {short}"
    return names


def read_run(
    row: Row, experiment: Experiment, name: str, label: str
) -> tuple[overlay.OverlayRun, int]:
    """Return the curves of a run, and its number of validation samples as in `curves`."""
    with feed.tail(row.summary.run).read() as history:
        entry = overlay.from_history(
            name,
            experiment.loss.kind,
            history,
            diverged=row.state == RunState.DIVERGED,
            label=label,
        )
        sizes = history.started.sizes if history.started else {}
    return entry, sizes.get("validation", 0)


def explain_chart(
    drawn: list[overlay.OverlayCurve],
    measure: str,
    left_out: list[str],
    empty: list[str],
    count: int,
) -> None:
    """Explain how to read the chart, and what it does not show."""
    notes = []
    if any(curve.values for curve in drawn):
        star = "a star at the best epoch (lowest validation loss)"
        notes.append(f"Dashed: validation {measure}, with {star}.")
    if any(curve.train for curve in drawn):
        notes.append(f"Thin and solid: training {measure}.")
    if overlay.is_cut(drawn, measure):
        notes.append("The y-axis fits the validation curves, so a training curve leaves the plot.")
    if any(curve.diverged for curve in drawn):
        notes.append("A cross marks where a run diverged.")
    if measure != "loss":
        notes.append("The runs have different loss functions, so their scores are compared.")
    if left_out:
        names = ", ".join(left_out)
        notes.append(
            f"Not shown because classification and regression have no common scale: {names}."
        )
    if empty and drawn:
        notes.append(f"Not shown because there is no {measure} to draw: {', '.join(empty)}.")
    if count > overlay.MOST:
        notes.append(f"Only the first {overlay.MOST} runs are shown.")
    if notes:
        st.caption(escape(" ".join(notes)))


def numbered(number: int, row: Row, among: list[Row]) -> str:
    """Number the run if there are several: two of them may have the same name."""
    return f"{number} · {row.summary.name}" if len(among) > 1 else row.summary.name


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


def difference(selected: list[Row], experiments: list[Experiment], samples: list[int]) -> None:
    """Show which setting has the lowest error, with a button that trains more seeds."""
    entries = [
        ranking.make_result(
            numbered(number, row, selected),
            experiment,
            validation=row.summary.validation,
            test=row.summary.test,
            samples=n,
            ended=not row.state.is_live,
            diverged=row.state == RunState.DIVERGED,
        )
        for number, (row, experiment, n) in enumerate(
            zip(selected, experiments, samples, strict=True), 1
        )
    ]
    reference = entries[0].name if ready_made(experiments) else ""
    comparison = compare_results(entries, reference=reference, form=score_form.form())
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
    form = score_form.form()
    validations, tests = [s.validation for s in summaries], [s.test for s in summaries]
    noun = "score" if all(map(is_regression, validations)) else form
    results = {
        f"Best validation {noun}": [write_score(scores, form) for scores in validations],
        f"Test {noun}": [write_score(scores, form) for scores in tests],
    }
    heading = "Setting" if rows else "Measure"
    columns = [heading, *(numbered(i, row, selected) for i, row in enumerate(selected, 1))]
    presets = ("Network", tuple(s.network for s in summaries))
    rows = [presets if distinguishes(row, presets) else row for row in rows]
    lines = [*rows, *results.items()]
    cells = [[escape(cell) for cell in (name, *values)] for name, values in lines]
    return pd.DataFrame(cells, columns=[escape(name) for name in columns])


def distinguishes(row: tuple[str, tuple[str, ...]], named: tuple[str, tuple[str, ...]]) -> bool:
    """Whether short names distinguish the same values as the row; "12 weight layers" is no name."""
    pairs = set(zip(row[1], named[1], strict=True))
    presets = not any(name[0].isdigit() for name in named[1])
    networks = row[0] in (named[0], DIFFERING_LAYERS)
    return networks and presets and len(set(row[1])) == len(set(named[1])) == len(pairs)
