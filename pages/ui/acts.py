"""What a page says to the runner about one run, and what it does when that run is gone."""

from collections.abc import Callable
from functools import wraps

import streamlit as st

from core import runner
from core.data.wording import counted
from core.errors import LabError, NotFound
from core.numbers import duration
from pages.ui import state
from pages.ui.parts import told


def act(label: str, icon: str, say: Callable[[str], None], run: str, **more: object) -> None:
    """A button that says one word to the runner; it rests where the run is somebody else's."""
    icon = f":material/{icon}:"
    if why := runner.current().barred(run):
        more |= {"disabled": True, "help": why}
    st.button(label, icon=icon, key=f"act_{label}", on_click=attempt, args=(say, run), **more)


def attempt(say: Callable[[str], None], run: str) -> None:
    """Says it. What is refused is said on the page, which also knows that a named run is gone."""
    try:
        say(run)
    except LabError as error:
        if not (isinstance(error, NotFound) and state.run_in_address()):
            state.notice(told(error))


def waiting(run: str) -> str:
    """Where a run that waits stands in line, and about when it begins."""
    before, seconds = runner.current().wait(run)
    line = f"Waits for {counted(before, 'run')} before it"
    return line if seconds is None else f"{line} · begins in about {duration(seconds)}"


def while_here(draw: Callable) -> Callable:
    """A fragment of a run that may be deleted elsewhere: then the page, drawn anew, says so."""

    @wraps(draw)
    def drawn(*args: object) -> None:
        try:
            draw(*args)
        except NotFound:
            st.rerun()

    return drawn
