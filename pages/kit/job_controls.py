"""The controls of one run or study: commands and their buttons, its place in the queue, and what a
page does when the run is gone.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Protocol

import streamlit as st

from core.base.errors import LabError, NotFound
from core.base.numbers import duration
from core.base.text import counted
from core.jobs import runner
from core.jobs.kinds import KINDS
from core.runs.state import RunState
from pages.kit import address, person, session
from pages.kit.layout import describe_error


class Command(Protocol):
    """A command of the runner to a run or a study."""

    def __call__(self, job: str, /, *, by: str) -> None: ...


def give_command(command: Command, job: str) -> None:
    """Give a command to a run or a study. The page shows why it was refused, except for a run in
    the address that no longer exists, which the page reports anyway.
    """
    try:
        command(job, by=person.me())
    except LabError as error:
        if not (isinstance(error, NotFound) and address.run()):
            session.notice(describe_error(error))


def first_changeable(jobs: Iterable[str]) -> str:
    """Return the first of these jobs that the visitor may change, else the first; "" for none."""
    jobs = list(jobs)
    return next((job for job in jobs if not person.barred(job)), next(iter(jobs), ""))


def act(
    label: str,
    icon: str,
    command: Command,
    run: str,
    *,
    key: str = "",
    **more: object,
) -> None:
    """Draw a button for a command to the runner; it is disabled for a run of another person.

    Commands that take each other's place in a row share a `key`: they are one button with another
    label. As two, both are shown while the page is drawn again, the row moves under the pointer,
    and a press that begins on a button ends beside it.
    """
    icon = f":material/{icon}:"
    if why := person.barred(run):
        more |= {"disabled": True, "help": why}
    key = f"act_{key or label}"
    st.button(label, icon=icon, key=key, on_click=give_command, args=(command, run), **more)


def train_next(job: str, /, *, by: str) -> None:
    """Let a waiting job come before the other waiting ones of its owner on its device."""
    lab = runner.current()
    lab.arrange([job, *(each for _, each in lab.own_line(job))], by=by)


def live_status(run: str) -> RunState:
    """Return the status of a run, PREPARING while it has not begun to train."""
    preparing = runner.current().prepares(run)
    return RunState.PREPARING if preparing else runner.current().status(run)


def describe_wait(job: str) -> str:
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


def describe_preemption(job: str) -> str:
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
