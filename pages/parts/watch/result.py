"""The result of a run that has ended: its score and verdict, or its error and how to fix it."""

from collections.abc import Callable

import streamlit as st

from core.advice.fork_notes import note_on_result
from core.advice.result_sentence import result_sentence
from core.advice.run_findings import find_divergence
from core.advice.run_status import counterfactual_stops, describe_end
from core.base.finding import Action
from core.base.numbers import short, whole
from core.experiment import Experiment
from core.jobs import runner
from core.runs import notes
from core.runs.history import History
from pages.kit import score_form
from pages.kit.forks import open_fork
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.parts.watch import baselines

INTERVAL = "The range in parentheses is a 95 % interval."


def show_result(run: str, history: History, experiment: Experiment, *, classes: int | None) -> None:
    """The result sentence, how the run ended, and what other stopping rules would have changed."""
    end, result = describe_end(history.ended), None
    if history.started:
        result = result_sentence(
            history,
            experiment,
            classes=classes,
            form=score_form.form(),
            human=notes.read(runner.current().store, run).human_error,
            baseline=baselines.best_of(run, history),
        )
    if result is None:
        st.markdown(f"### {end}")
    else:
        st.markdown(f"### {result.score}", help=INTERVAL)
        st.markdown(f"**{escape(result.verdict)}**")
    if note := note_on_result(history, experiment):
        finding(note.level, note.text)
    lines = map(escape, counterfactual_stops(history))
    if captions := [*([escape(end)] if result else []), *lines]:
        st.caption("  \n".join(captions))


def show_failure(
    run: str, history: History, experiment: Experiment, reopen: Callable[[Action], None]
) -> None:
    """The error of a run that failed or diverged, with a button that opens changed settings. One
    that diverged can also go on, with the same change, from its best epoch.
    """
    divergence = find_divergence(history, experiment)
    action = divergence.action if divergence else Action("Edit settings", {})
    if finding("bad", escape(history.ended.message), action.label, "way_out"):
        reopen(action)
    if divergence and history.best is not None:
        best = history.epochs[history.best]
        loss = short(best.validation["loss"] if best.validation else best.train["loss"])
        epoch = whole(best.epoch)
        text = f"Epoch {epoch} was the best one before the divergence, with a loss of {loss}."
        label = f"Fork at epoch {epoch}"
        if finding("info", text, label, "fork_way_out", icon=":material/fork_right:"):
            open_fork(run, best.epoch, action.changes)
