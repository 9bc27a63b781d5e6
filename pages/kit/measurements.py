"""Short measurements that a page starts, waits for and shows: a range test, trial steps, the
sharpness. Works with the tasks of the lab (core/jobs/tasks.py), which compute them.
"""

from typing import Any

import streamlit as st

from core.base.encoding import encode
from core.base.spec import Value
from core.base.text import counted
from core.jobs import runner, tasks
from pages.kit import person, session


def work() -> tasks.Tasks:
    """Return the tasks of this lab."""
    return tasks.current(runner.current().store.home)


def begin(kind: str, value: Value, run: str = "", *, name: str) -> str:
    """Start a measurement in place of the last one of this `name` in this session and return its
    id. `value` is the experiment, or the analysis.
    """
    before, text = session.get_ui(name), encode(value)
    id = work().begin(kind, text, run, by=person.me(), instead=before)
    session.set_ui(name, id)
    return id


def current(name: str) -> dict[str, Any] | None:
    """Return the last measurement of this name in this session; None if there is none."""
    return work().look(session.get_ui(name)) if session.get_ui(name) else None


def wait(id: str, activity: str) -> None:
    """Draw the progress of a task; rerun the page when it is over."""
    task = work().look(id)
    if not task or task["over"]:
        st.rerun()
    st.progress(task["share"], text=describe_progress(task, activity))


def describe_progress(task: dict, activity: str) -> str:
    """Return how many tasks are ahead in the queue, or the activity."""
    ahead = task["before"]
    return f"{counted(ahead, 'task')} ahead in the queue" if ahead else activity
