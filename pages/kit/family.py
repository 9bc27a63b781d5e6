"""The card Family of forked runs, on Watch and on Runs: the tree of their curves, and their names
with what each fork changed.
"""

from functools import partial

import streamlit as st

from core.advice.run_status import describe_no_epoch
from core.base.encoding import decode
from core.base.errors import LabError
from core.base.numbers import whole
from core.base.text import join_words
from core.experiment import Experiment
from core.figures import family as figures
from core.jobs import runner
from core.runs import lineage
from core.runs.compare import describe_row
from core.runs.state import RunState
from pages.kit import feed, forks, live_chart, score_form
from pages.kit.form import escape
from pages.kit.layout import card_title, run_name

MOST_CHANGES = 2  # that a label names with both values, …
MOST_NAMES = 4  # … and by name; more of them are counted
HELP = (
    "Runs that were forked from each other. What they share is drawn once; a branch begins where "
    "its run was forked, and its label is what the fork changed. On a CPU, runs of a family differ "
    "in nothing else."
)


def members(run: str) -> list[str]:
    """Return the runs of the family of this run, the root first."""
    return lineage.family(runner.current().store, run)


def has_family(run: str) -> bool:
    """Whether the run was forked from another one here, or another one from it."""
    return len(members(run)) > 1


def card(run: str) -> None:
    """Draw the tree of the family of this run."""
    runs = members(run)
    read = [member for each in runs if (member := read_member(each))]
    tree = figures.rows(read, score_form.form())
    with card_title(f"Family: {tree.measure} by epoch", help=HELP):
        pass
    if not tree.branches:
        live = any(runner.current().status(each).is_live for each in runs)
        st.caption(describe_no_epoch(live=live))
        return
    name = run_name(runs[0])
    live_chart.drawn(
        partial(figures.figure, tree), key=f"chart_family_{runs[0]}",
        height=figures.chart_height(tree), alt=f"{tree.measure.capitalize()} of a family of runs",
        name=f"{name} family", subject=name,
    )  # fmt: skip
    notes = [f"Validation {tree.measure}, with a star at the best epoch and a dot at each fork."]
    if len(tree.branches) > figures.MOST:
        notes.append(f"Only the first {figures.MOST} branches are shown.")
    st.caption(" ".join(notes))


def read_member(run: str) -> figures.FamilyMember | None:
    """Return a run as the tree shows it; None if it was deleted or cannot be read."""
    lab = runner.current()
    try:
        experiment = decode(Experiment, lab.store.experiment(run))
        label = branch_label(run, experiment)
        diverged = lab.status(run) is RunState.DIVERGED
        with feed.tail(run).read() as history:
            epochs = tuple(history.epochs)
    except LabError:
        return None
    fork = experiment.fork.epoch if experiment.fork else None
    return figures.FamilyMember(run, label, experiment.loss.kind, epochs, fork, diverged)


def branch_label(run: str, experiment: Experiment) -> str:
    """Return the name of the root, or what a fork changed and where."""
    if experiment.fork is None:
        return f"{run_name(run)}, unchanged"
    rows = lineage.difference(runner.current().store, run)
    changes = list(map(describe_row, rows[:MOST_CHANGES]))
    text = ", ".join(changes) or "unchanged"
    if len(rows) > MOST_CHANGES:
        names = [label.rpartition(": ")[2].lower() for label, _ in rows]
        if len(names) > MOST_NAMES:
            names[MOST_NAMES - 1 :] = [f"{len(names) - MOST_NAMES + 1} more settings"]
        text = f"{join_words(names)} changed"
    return f"{text[0].upper()}{text[1:]} at epoch {whole(experiment.fork.epoch)}"


def caption(experiment: Experiment) -> None:
    """Draw the line that names the parent of a fork."""
    if text := forks.describe(experiment.fork):
        st.caption(f":material/fork_right: {escape(text)}")
