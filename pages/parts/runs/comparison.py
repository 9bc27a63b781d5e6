"""The comparison of the selected runs on the Runs page: their curves in one chart, the settings
that differ, and a finding about the differences of their errors.
"""

import streamlit as st

from core.advice.run_status import describe_end
from core.base.encoding import encode
from core.base.errors import LabError
from core.base.text import counted
from core.experiment import Experiment, comparisons, shipped
from core.export.catalogue import ReportFormat
from core.export.report.report_format import MOST as MOST_REPORTED
from core.jobs import runner
from core.jobs.kinds import KINDS, RUN
from core.runs import ranking
from core.runs.lineage import effective_experiment
from core.runs.ranking import Comparison, compare_results
from core.runs.state import RunState
from core.runs.summary import ended
from pages.kit import family, lesson, person, score_form, session
from pages.kit.exports import offer
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.parts.runs.curves import curves
from pages.parts.runs.differing_settings import WIDE, result
from pages.parts.runs.table import Row, numbered


def compare(rows: list[Row], baseline: Row | None = None) -> None:
    """Draw curves, finding and settings of the selected runs, in the order of the table; those of a
    ready-made comparison in its order. For one run its result, for none a hint. The chart can show
    differences to the `baseline`.
    """
    if not rows:
        with st.container(border=True):
            st.markdown("Select a run to see its curve, or several runs to compare them.")
        return
    selected, store = rows, runner.current().store
    experiments = [effective_experiment(store, row.summary.run) for row in selected]
    if ready_made(experiments):  # it was started in its order
        pairs = sorted(zip(selected, experiments, strict=True), key=lambda p: p[0].summary.run)
        selected, experiments = map(list, zip(*pairs, strict=True))
    if len(selected) > WIDE:
        left, right = st.container(gap="small"), st.container(gap="small")
    else:
        left, right = st.columns([7, 5], gap="small")
    with left.container(border=True, height="stretch"):
        show_purpose(experiments)
        samples = curves(selected, experiments, baseline)
        if len(selected) > WIDE:
            difference(selected, experiments, samples)
    with right.container(border=True, height="stretch"):
        result(selected, experiments)
        if len(selected) == 1:
            ending(selected[0])
        elif len(selected) <= WIDE:
            difference(selected, experiments, samples)
    trees(selected)
    report(selected)


def trees(selected: list[Row]) -> None:
    """Draw the family of each selected run that was forked or is a fork, once."""
    drawn: set[str] = set()
    for run in (row.summary.run for row in selected):
        if run not in drawn and family.has_family(run):
            drawn |= set(family.members(run))
            with st.container(border=True):
                family.card(run)


def report(selected: list[Row]) -> None:
    """Offer one page about several runs, to print or to hand in; that of a single run is on its
    page.
    """
    runs = [row.summary.run for row in selected]
    if 1 < len(runs) <= MOST_REPORTED and all(row.summary.reason for row in selected):
        with st.container(border=True):
            st.markdown("**Report** · one page with the comparison and every run, for print")
            offer(runs[0], ReportFormat(others=tuple(runs[1:])), "Prepare the report")


def show_purpose(experiments: list[Experiment]) -> None:
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
    family.caption(effective_experiment(store, run))
    if row.summary.note:
        st.caption(escape(row.summary.note))


def format_text(comparison: Comparison) -> str:
    """Return the text as Markdown with the name of the best setting in bold."""
    text, name = escape(comparison.finding.text), escape(comparison.leader)
    return text.replace(name, f"**{name}**", 1) if name else text


def train_more_seeds(comparison: Comparison) -> None:
    """Queue the same settings with other seeds."""
    if lock := lesson.training_lock():
        session.notice(lock)
        st.rerun()
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
