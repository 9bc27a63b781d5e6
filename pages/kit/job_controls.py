"""What a page says to the runner about one run or study, where that stands in line, and what the
page does when it is gone.
"""

from collections.abc import Callable
from functools import wraps

import streamlit as st

from core.base.errors import NotFound
from core.base.numbers import duration
from core.base.text import counted
from core.jobs import runner
from core.jobs.kinds import KINDS
from pages.kit.layout import attempt


def act(label: str, icon: str, say: Callable[[str], None], run: str, **more: object) -> None:
    """A button that says one word to the runner; it rests where the run is somebody else's."""
    icon = f":material/{icon}:"
    if why := runner.current().barred(run):
        more |= {"disabled": True, "help": why}
    st.button(label, icon=icon, key=f"act_{label}", on_click=attempt, args=(say, run), **more)


def waiting(job: str) -> str:
    """Where a run or a study that waits stands in line, and about when it begins."""
    before, seconds = runner.current().wait(job)
    if not before:
        return "Begins at once"
    noted = [(sum(each == kind for each, _ in before), kind) for kind in KINDS]
    counts = [counted(count, kind) for count, kind in noted if count]
    line = f"Waits for {' and '.join(counts)} before it"
    if seconds is not None:
        return f"{line} · begins in about {duration(seconds)}"
    left = runner.current().patience(before[0][1])
    return (
        line
        if left is None
        else f"{line} · the one at work is paused, for {duration(left)} at most"
    )


def giving_way(job: str) -> str:
    """When a paused job will be set aside because others wait; empty where none needs its place."""
    left = runner.current().patience(job)
    if left is None:
        return ""
    return (
        "Others wait for this device: unless it goes on, it is saved and set aside in "
        f"{duration(left)}."
    )


def while_here(draw: Callable) -> Callable:
    """A fragment of a run that may be deleted elsewhere: then the page, drawn anew, says so."""

    @wraps(draw)
    def drawn(*args: object) -> None:
        try:
            draw(*args)
        except NotFound:
            st.rerun()

    return drawn
