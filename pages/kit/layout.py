"""Parts that several pages share: header row, card title, finding, state badge, and how a run is
named.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.advice.suggestions import apply_action
from core.base.encoding import decode
from core.base.errors import LabError, NotFound
from core.base.finding import Finding
from core.experiment import Experiment
from core.jobs import runner
from core.runs.ids import created_at
from core.runs.state import RunState
from pages.kit import session, state
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.screen import phone

SIGNS = {
    "ok": ("green", "check"),
    "info": ("gray", "info"),
    "warn": ("yellow", "warning"),
    "bad": ("red", "error"),
}
LONG = 20  # letters from which on a button is placed below its text on a phone
STACK = {"horizontal": True, "vertical_alignment": "center"}


@contextmanager
def header(title: str, facts: str, badge: tuple[str, str, str] | None = None) -> Iterator[None]:
    """Draw title, badge and one line of facts; the controls of the page go to the right end."""
    with st.container(**STACK, gap="small"):
        st.title(title, anchor=False, width="content")
        if badge:
            label, colour, icon = badge
            st.badge(label, color=colour, icon=icon)
        with st.container(width="stretch"):  # which does not push the controls into a second row
            st.caption(escape(facts))
        yield
    if notice := session.shown_notice():
        st.info(escape(notice), icon=":material/info:")


def card_title(text: str, help: str | None = None) -> DeltaGenerator:
    """Draw a card's title. Return its row: what is drawn in it goes to the right end."""
    row = st.container(**STACK, gap="small")
    row.subheader(text, anchor=False, width="stretch", help=help)
    return row


def finding(
    level: str,
    text: str,
    action: str | None = None,
    key: str = "",
    icon: str | None = None,
    below: bool = False,
) -> bool:
    """Draw a finding (Markdown) with the badge of its level and at most one button. Returns whether
    the button with this key was pressed. The button is to the right of the text, or `below` it in a
    narrow card.
    """
    colour, sign = SIGNS[level]
    row = st.container(**STACK, gap="xsmall", wrap=False)
    with row:
        st.markdown(f":{colour}-badge[:material/{sign}:]", width="content")
        st.markdown(f":small[{text}]", width="stretch")
    if not action:
        return False
    look = "secondary" if below or level in ("warn", "bad") else "tertiary"
    stacked = below or (phone() and len(action) > LONG)
    place = st.container() if stacked else row
    with place:
        return button(action, key=key, type=look, icon=icon)


def draft_finding(found: Finding, key: str) -> None:
    """Draw a finding about the draft in a narrow card. Its button changes the draft."""
    label = found.action.label if found.action else None
    if finding(found.level, found.text, label, key, below=True):
        state.rebuild(apply_action(state.draft(), found.action), label)
        st.rerun()


def state_badge(status: RunState, width: int | str = "content") -> None:
    """Draw a run's state as a badge with icon and label."""
    label, colour, icon = status.badge
    st.badge(label, color=colour, icon=f":material/{icon}:", width=width)


def run_name(run: str) -> str:
    """Return the name of a run, or a summary of its data where it has none."""
    experiment = decode(Experiment, runner.current().store.experiment(run))
    return experiment.title


def when(run: str) -> datetime:
    """Return when the run was created, in the time zone of the browser."""
    return _in_zone(created_at(run))


def local_time(seconds: float) -> datetime:
    """Return these seconds since 1970 in the time zone of the browser."""
    return _in_zone(datetime.fromtimestamp(seconds, UTC))


def _in_zone(moment: datetime) -> datetime:
    zone = st.context.timezone
    try:
        return moment.astimezone(ZoneInfo(zone) if zone else None)
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # an unknown time zone
        return moment.astimezone()


def describe_error(error: LabError) -> str:
    """Return the text of an error about a run, without commands or paths of the server."""
    if isinstance(error, NotFound):
        return (
            "Run not found: it was deleted, or it belongs to another lab. Choose a run on the "
            "Runs page, or restore it there under More."
        )
    return str(error)
