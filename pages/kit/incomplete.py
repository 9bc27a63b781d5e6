"""Why a study or a search is incomplete, with one button to resume it."""

from dataclasses import dataclass

import streamlit as st

from core.base.errors import LabError
from core.jobs import runner
from core.jobs.kinds import SEARCH, STUDY
from core.runs.state import RunState
from pages.kit import person, session
from pages.kit.form import escape
from pages.kit.layout import finding

EXPLANATIONS = {  # level and text of each state; a job that failed has its own message
    RunState.FAILED: ("bad", "{message}"),
    RunState.STOPPED: ("info", "Stopped {place}.{saved}"),
    RunState.INTERRUPTED: ("warn", "The lab stopped {place}.{saved}"),
    RunState.PREEMPTED: (
        "info",
        "Preempted {place}: it was paused while others were waiting.{saved}",
    ),
    RunState.NOT_STARTED: ("warn", "The lab stopped while this {kind} was in the queue."),
}


@dataclass(frozen=True)
class JobParts:
    """What a kind of job consists of, and what is saved of those that have begun."""

    name: str
    saved: str


PARTS = {
    STUDY: JobParts("point", "The measured points are saved."),
    SEARCH: JobParts("trial", "The trials are saved, including the steps of those in progress."),
}


def explain(kind: str, state: RunState, progress: str, message: str) -> tuple[str, str] | None:
    """Return the level and the text for a job in this state, None where it is not incomplete.
    `progress` is empty before the first part ("12 of 30 trials"); `message` is that of its end.
    """
    if state not in EXPLANATIONS:
        return None
    level, text = EXPLANATIONS[state]
    parts = PARTS[kind]
    place = f"after {progress}" if progress else f"before the first {parts.name}"
    saved = f" {parts.saved}" if progress else ""
    return level, text.format(message=message, place=place, saved=saved, kind=kind)


def show_incomplete(job: str, kind: str, state: RunState, progress: str, message: str) -> None:
    """Draw why a job is incomplete, if it is, with its button. See `explain`."""
    if not (explanation := explain(kind, state, progress, message)):
        return
    level, text = explanation
    label = f"{'Resume' if progress else 'Start'} {kind}"
    if finding(level, escape(text), label, f"resume {job}"):
        resume(job)


def resume(job: str) -> None:
    """Resume an incomplete job where it ended."""
    try:
        runner.current().resume(job, by=person.me())
    except LabError as error:
        session.notice(str(error))
    st.rerun(scope="app")
