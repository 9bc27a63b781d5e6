"""The runs of a class, read once each: what they measured and which experiment they trained."""

import streamlit as st

from core.base.encoding import decode
from core.base.errors import LabError, NotFound
from core.experiment import Experiment
from core.jobs import runner
from core.lessons.class_results import ClassResult, RunReader, results
from core.lessons.classroom import Classroom
from core.lessons.lesson import Lesson
from core.lessons.measures import Numbers
from core.runs.history import History
from core.runs.state import RunState


def read_results(room: Classroom, lesson: Lesson) -> list[ClassResult]:
    """Return the answers of the class with what their runs measured."""
    reader = RunReader(
        read_state, lambda run, step: _read_numbers(lesson, run, step), _read_experiment
    )
    return results(room, lesson, reader, runner.current().store.home)


def read_state(run: str) -> RunState:
    """Return the state of a run; that of a failed one for a run that was deleted."""
    try:
        return runner.current().status(run)
    except LabError:
        return RunState.FAILED


def _read_numbers(lesson: Lesson, run: str, step: int) -> Numbers | None:
    """The numbers of a finished run; None while it is live, or if they do not count."""
    try:
        return None if read_state(run).is_live else _finished_numbers(run, step, lesson)
    except LabError:
        return None


@st.cache_data(max_entries=2000, show_spinner=False)
def _finished_numbers(run: str, step: int, _lesson: Lesson) -> Numbers:
    """The numbers of a finished run, read once. Raises NotFound, which is not cached, without."""
    history = History.of(runner.current().store.read(run)[0])
    if history.ended is None or history.ended.reason in ("failed", "stopped"):
        raise NotFound(f"Run {run} has no final numbers.", code="run_not_finished")
    return _lesson.measure(step, history)


@st.cache_data(max_entries=2000, show_spinner=False)
def _read_experiment(run: str) -> Experiment:
    try:
        return decode(Experiment, runner.current().store.experiment(run))
    except LabError:
        return Experiment()
