"""The jobs of the queue in one line each: how far a run or a study is. Functions for each kind
of job (core/jobs/kinds.py), so that a new kind appears in the bar of every page.
"""

from collections.abc import Callable

from core.advice.run_status import progress
from core.jobs import runner
from core.jobs.kinds import RUN, SEARCH, STUDY
from core.runs.state import RunState
from pages.kit import feed, search_log, study_log
from pages.kit.job_controls import live_status
from pages.kit.layout import run_name

NOT_TRAINING = {RunState.PAUSED, RunState.PREPARING}  # the line names them: nothing moves
Line = tuple[float, str]  # the completed fraction, and the name with the progress in words


def describe_job(kind: str, job: str) -> Line:
    """Return the completed fraction of a job, and its name with its progress in words, separated by
    " · ". Raises LabError for one that was deleted or cannot be read.
    """
    return LINES[kind](job)


def name_job(kind: str, job: str) -> str:
    """Return what a job is called in lists. Raises LabError for one that was deleted."""
    return NAMES[kind](job)


def _describe_run(run: str) -> Line:
    with feed.tail(run).snapshot() as history:
        status = live_status(run)
        fraction, text = progress(history, status)
    parts = [part for part in text.split(" · ") if part.startswith(("Epoch", "**"))]
    return fraction, " · ".join(
        [run_name(run), *parts, *([status] if status in NOT_TRAINING else [])]
    )


def _with_pause(describe: Callable[[str], Line]) -> Callable[[str], Line]:
    """Add to the line of a job of several trainings that it is paused."""

    def describe_with_pause(job: str) -> Line:
        fraction, text = describe(job)
        paused = runner.current().status(job) == RunState.PAUSED
        return fraction, f"{text} · paused" if paused else text

    return describe_with_pause


NAMES: dict[str, Callable[[str], str]] = {
    RUN: run_name,
    STUDY: study_log.name_of,
    SEARCH: lambda job: search_log.name_of(search_log.search(job)),
}
LINES: dict[str, Callable[[str], Line]] = {
    RUN: _describe_run,
    STUDY: _with_pause(study_log.describe_progress),
    SEARCH: _with_pause(search_log.describe_progress),
}
