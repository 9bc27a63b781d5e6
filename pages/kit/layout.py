"""Parts that several pages share: header row, card title, finding, state badge, and the bar at the
bottom with the Start button.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core.access import ownership
from core.advice.plan import Plan, line, plan
from core.advice.run_status import progress
from core.advice.suggestions import apply_action
from core.base.encoding import decode, encode
from core.base.errors import LabError, NotFound
from core.base.finding import Finding
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.kinds import STUDY
from core.runs.ids import created_at
from core.runs.state import RunState
from pages.kit import address, feed, person, session, state, study_log
from pages.kit.buttons import button, deferred_button
from pages.kit.form import escape
from pages.kit.history import history_buttons
from pages.kit.screen import phone

NOT_TRAINING = {RunState.PAUSED, RunState.PREPARING}  # the bar names them: nothing moves
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
        st.caption(escape(facts), width="stretch")
        yield
    if notice := session.take_notice():
        st.info(escape(notice), icon=":material/info:")


@contextmanager
def card_title(text: str, help: str | None = None) -> Iterator[None]:
    """Draw a card's title; the controls of the card go to the right end of its row."""
    with st.container(**STACK, gap="small"):
        st.subheader(text, anchor=False, width="stretch", help=help)
        yield


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
    """Draw a finding about the draft. Its button changes the draft."""
    label = found.action.label if found.action else None
    if finding(found.level, found.text, label, key):
        state.rebuild(apply_action(state.draft(), found.action), label)
        st.rerun()


def state_badge(status: RunState, width: int | str = "content") -> None:
    """Draw a run's state as a badge with icon and label."""
    label, colour, icon = status.badge
    st.badge(label, color=colour, icon=f":material/{icon}:", width=width)


def run_name(run: str) -> str:
    """Return the name of a run, or a summary of its data where it has none."""
    experiment = decode(Experiment, runner.current().store.experiment(run))
    return experiment.name or experiment.data.summary


def when(run: str) -> datetime:
    """Return when the run was created, in the time zone of the browser."""
    zone = st.context.timezone
    try:
        return created_at(run).astimezone(ZoneInfo(zone) if zone else None)
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # an unknown time zone
        return created_at(run).astimezone()


def describe_error(error: LabError) -> str:
    """Return the text of an error about a run, without commands or paths of the server."""
    if isinstance(error, NotFound):
        return (
            "Run not found: it was deleted, or it belongs to another lab. Choose a run on the "
            "Runs page."
        )
    return str(error)


def give_command(command: Callable[..., None], job: str) -> None:
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


def start(text: str) -> None:
    """Queue the experiment (JSON text) and open its run. Shows why where that is refused."""
    try:
        run = session.just_started(text) or runner.current().submit(text, by=person.me())
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    session.just_started(text, run)
    st.switch_page("watch.py", query_params=address.parameters(run=run))


@dataclass(frozen=True)
class Ready:
    """What Start would start: its description, what the press does, and why it is disabled."""

    line: str
    press: Callable[[], None]
    problem: str = ""


def every(seconds: float) -> float:
    """Return the seconds between two updates of a part of a page: four times as many in a
    classroom, where thirty pages ask. Live charts do not depend on it.
    """
    return seconds if ownership.mode() == ownership.SOLO else 4 * seconds


def bar(
    planned: Plan | None = None,
    *,
    shown: str = "",
    ready: Ready | None = None,
    problem: str = "",
) -> None:
    """Draw the bar at the bottom edge of every page: the draft with the only Start button, and the
    job in progress.

    `shown` is the run that the page itself shows; the bar leaves it out. `ready` replaces the draft
    on a page that starts something other than a single run. `problem` says why the page does not
    let the draft start now.
    """
    replaced = ready is not None
    if ready is None:
        draft = state.draft()
        planned = planned or plan(draft, runner.current().store.home)
        press = partial(start, encode(draft))
        ready = Ready(line(draft, planned), press, problem or planned.problem or "")
    with st.bottom:
        left, right = st.columns([9, 4], gap="small", vertical_alignment="center")
        text = (
            f":material/warning: {escape(problem)}"
            if problem
            else f"**Draft** {escape(ready.line)}"
        )
        with left, st.container(**STACK, gap="small"):  # a long line is above its buttons
            st.caption(text, width="stretch")
            if not replaced:
                history_buttons()
            pressed = deferred_button(
                "Start",
                type="primary",
                icon=":material/play_arrow:",
                shortcut=None if phone() else "ctrl+enter",
                key="bar_start",
                disabled=bool(ready.problem),
                help=escape(ready.problem) or None,
            )
        live = tuple(runner.current().line())
        with right:
            st.fragment(_live, run_every=every(1.5 if live else 5))(live, shown)
    if pressed():
        ready.press()


QueueSnapshot = tuple[tuple[str, str, str], ...]  # kind, id and device of every job


def _live(drawn: QueueSnapshot, shown: str) -> None:
    """Draw the job in progress, the visitor's own where several devices are busy. Reruns the page
    when the queue has changed.
    """
    lab = runner.current()
    if tuple(lab.line()) != drawn:
        st.rerun()
    if not drawn:
        if not phone():  # where every line counts
            st.caption("No run in progress.")
        return
    at_work, waiting = _parted(drawn)
    job = first_changeable(job for job in at_work if job != shown)
    if not job:
        st.caption(f"**{waiting} waiting in the queue**" if waiting else "The queue is empty.")
        return
    kind = at_work[job]
    try:
        share, text = study_log.said(job) if kind == STUDY else _of_run(job)
    except LabError as error:  # deleted by another process meanwhile
        st.caption(escape(describe_error(error)))
        return
    if kind == STUDY and lab.status(job) == RunState.PAUSED:
        text += " · paused"
    name, *facts = text.split(" · ")
    more = len(at_work.keys() - {job, shown})
    facts = facts[-1:] if more else facts  # two badges leave room for the time alone
    with st.container(**STACK, gap="small", wrap=False):
        st.progress(share, text=" · ".join([f"**{escape(name)}**", *(facts or ["preparing"])]))
        if more:
            st.badge(f"{more} more in progress", color="gray", help=_devices(drawn))
        if waiting:
            st.badge(f"{waiting} waiting", color="gray", help=_devices(drawn))
        why = person.barred(job)
        st.button(
            "",
            icon=":material/stop_circle:",
            type="tertiary",
            disabled=bool(why),
            help=why or f"Stop this {kind}",
            key="bar_stop",
            on_click=give_command,
            args=(lab.stop, job),
        )


def _parted(drawn: QueueSnapshot) -> tuple[dict[str, str], int]:
    """The kind of the first job on each device, and how many jobs wait."""
    first: dict[str, str] = {}
    for _, job, device in drawn:
        first.setdefault(device, job)
    at_work = {job: kind for kind, job, _ in drawn if job in first.values()}
    return at_work, len(drawn) - len(at_work)


def _devices(drawn: QueueSnapshot) -> str:
    """A sentence with the number of jobs on each device."""
    counts = Counter(device for _, _, device in drawn)
    each = ", ".join(f"{device} has {count}" for device, count in counts.items())
    return f"Each device runs one job at a time: {each}."


def _of_run(run: str) -> tuple[float, str]:
    """The completed fraction of a run, and its name with its progress in words."""
    with feed.tail(run).read() as history:
        status = live_status(run)
        share, text = progress(history, status)
    parts = [part for part in text.split(" · ") if part.startswith("Epoch") or "left" in part]
    return share, " · ".join([run_name(run), *parts, *([status] if status in NOT_TRAINING else [])])


def live_status(run: str) -> RunState:
    """Return the status of a run, PREPARING while it has not begun to train."""
    preparing = runner.current().prepares(run)
    return RunState.PREPARING if preparing else runner.current().status(run)
