"""Results of analyses on a page: a stored result is shown immediately; any other is computed in the
background, with progress and Stop.
"""

from typing import Any

import streamlit as st

from core.analysis import results
from core.analysis.catalogue import Analysis
from core.jobs import runner
from core.jobs.measure import ANALYSIS
from core.jobs.tasks import TaskState
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.kit.measurements import begin, current, describe_progress, work

INTERRUPTED = (
    "This measurement was interrupted: the app was restarted before its end. What it had measured "
    "is lost; the run and the draft are unchanged. Start it again with the button below."
)


def result(run: str, analysis: Analysis, *, ask: str = "") -> dict[str, Any] | None:
    """Return the result of an analysis. While there is none, draw its progress or its problem, and
    return None. With `ask`, it starts when a button of this label is pressed, otherwise now.

    The key of the button does not depend on the options of the analysis: a press right after one
    was changed starts the analysis with the new option.
    """
    store = runner.current().store
    if (found := results.stored(store, run, analysis)) is not None:
        return found
    name = results.key_of(store, run, analysis)
    task = current(name)
    if task and not task["over"]:
        st.fragment(progress, run_every=0.4)(task["id"], name)
        return None
    if task and (found := results.stored(store, run, analysis)) is not None:
        return found  # it was stored between the two looks
    noted = results.noted_task(store, run, analysis) if ask else ""
    is_lost = bool(noted) and work().look(noted) is None
    if is_lost:
        finding("warn", INTERRUPTED)
    elif noted and task:
        results.note_task(store, run, analysis)  # it failed or was stopped, as said below
    problem = task["problem"] if task and task["state"] == TaskState.FAILED else ""
    if problem:
        finding("bad", escape(problem))
    elif task and task["state"] == TaskState.STOPPED:
        finding("info", escape(task["problem"] or "Stopped before its end."))
    again = "Try again" if task or is_lost else ask
    if (again and button(again, key=f"begin {analysis.kind} {run}")) or not again:
        id = begin(ANALYSIS, analysis, run, name=name)
        if ask:
            results.note_task(store, run, analysis, id)
        st.rerun()
    return None


def progress(id: str, name: str) -> None:
    """Draw the progress of a task with a Stop button; rerun the page when it is over."""
    task = work().look(id)
    if not task or task["over"]:
        st.rerun()
    note = f"{task['found'].get(results.NOTE, 'Reading the run')} …"
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
        st.progress(task["share"], text=describe_progress(task, note))
        st.button(
            "Stop", icon=":material/stop:", key=f"stop {name}", on_click=work().stop, args=(id,)
        )
