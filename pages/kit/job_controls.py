"""The controls of one run or study: its buttons, its place in the queue, and what a page does when
the run is gone.
"""

from collections.abc import Callable
from functools import wraps

import streamlit as st

from core.base.errors import NotFound
from core.base.numbers import duration
from core.base.text import counted
from core.jobs import runner
from core.jobs.kinds import KINDS
from pages.kit import person
from pages.kit.layout import give_command


def act(label: str, icon: str, command: Callable[[str], None], run: str, **more: object) -> None:
    """A button that sends a command to the runner; it is disabled for a run of another person."""
    icon = f":material/{icon}:"
    if why := person.barred(run):
        more |= {"disabled": True, "help": why}
    st.button(
        label, icon=icon, key=f"act_{label}", on_click=give_command, args=(command, run), **more
    )


def waiting(job: str) -> str:
    """Describe the place of a queued run or study, and about when it starts."""
    ahead, seconds = runner.current().wait(job)
    if not ahead:
        return "Starts immediately"
    numbers = [(sum(kind == each for each, _ in ahead), kind) for kind in KINDS]
    counts = [counted(number, kind) for number, kind in numbers if number]
    line = f"{' and '.join(counts)} ahead in the queue"
    if seconds is not None:
        return f"{line} · starts in about {duration(seconds)}"
    left = runner.current().patience(ahead[0][1])
    if left is None:
        return line
    return f"{line} · the current job is paused, for {duration(left)} at most"


def giving_way(job: str) -> str:
    """Describe when a paused job is preempted for the jobs behind it; empty if none waits."""
    left = runner.current().patience(job)
    if left is None:
        return ""
    return (
        f"Other jobs are waiting for this device. If you do not continue within {duration(left)}, "
        "this one is saved and preempted."
    )


def while_here(draw: Callable) -> Callable:
    """Wrap a fragment of a run that may be deleted elsewhere: the page then reruns and shows
    that.
    """

    @wraps(draw)
    def drawn(*args: object) -> None:
        try:
            draw(*args)
        except NotFound:
            st.rerun()

    return drawn
