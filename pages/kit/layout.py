"""What several pages share: the header row, a card's title, a finding, state badges, and the bottom
bar with the one Start.
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
from core.base.encoding import decode, encode
from core.base.errors import LabError, NotFound
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.kinds import STUDY
from core.runs.state import RunState
from core.runs.summary import began
from pages.kit import feed, person, state, study_log
from pages.kit.buttons import button, deferred_button
from pages.kit.form import escape
from pages.kit.screen import phone

AT_REST = {"paused", "preparing"}  # said of a run in the bar: it looks like one that trains
SIGNS = {
    "ok": ("green", "check"),
    "info": ("gray", "info"),
    "warn": ("yellow", "warning"),
    "bad": ("red", "error"),
}
LONG = 20  # letters of a button that stands below its sentence on a phone
STACK = {"horizontal": True, "vertical_alignment": "center"}


@contextmanager
def header(title: str, facts: str, badge: tuple[str, str, str] | None = None) -> Iterator[None]:
    """Title, state, one line of facts; what is drawn within stands at the right end."""
    with st.container(**STACK, gap="small"):
        st.title(title, anchor=False, width="content")
        if badge:
            label, colour, icon = badge
            st.badge(label, color=colour, icon=icon)
        st.caption(escape(facts), width="stretch")
        yield
    if said := state.take_notice():
        st.info(escape(said), icon=":material/info:")


@contextmanager
def card_title(text: str, help: str | None = None) -> Iterator[None]:
    """A card's title in a row of its own, with the card's controls at the right end."""
    with st.container(**STACK, gap="small"):
        st.subheader(text, anchor=False, width="stretch", help=help)
        yield


def finding(
    level: str,
    text: str,
    action: str | None = None,
    key: str | None = None,
    icon: str | None = None,
    below: bool = False,
) -> bool:
    """Draw a finding (Markdown) with the badge of its level and at most one button. Returns whether
    the button was pressed. The button is to the right of the text, or `below` it in a narrow card.
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
        return button(action, key=key or f"finding {text[:40]}", type=look, icon=icon)


def state_badge(word: RunState, width: int | str = "content") -> None:
    """A run's state as colour, icon and word."""
    label, colour, icon = word.badge
    st.badge(label, color=colour, icon=f":material/{icon}:", width=width)


def run_name(run: str) -> str:
    """What a run is called; its data when nobody named it."""
    experiment = decode(Experiment, runner.current().store.experiment(run))
    return experiment.name or experiment.data.summary


def when(run: str) -> datetime:
    """When the run was made, on the clock of whoever looks."""
    zone = st.context.timezone
    try:
        return began(run).astimezone(ZoneInfo(zone) if zone else None)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name that this machine does not know
        return began(run).astimezone()


def told(error: LabError) -> str:
    """What a page says of an error about a run: no command, and no path on the server's disk."""
    if isinstance(error, NotFound):
        return (
            "This run is not here: it was deleted, or it lies in another lab. Choose one on Runs."
        )
    return str(error)


def attempt(say: Callable[..., None], job: str) -> None:
    """Says a word to a run or a study. What is refused is said on the page, which also knows that a
    run named in the address is gone.
    """
    try:
        say(job, by=person.me())
    except LabError as error:
        if not (isinstance(error, NotFound) and state.run_in_address()):
            state.notice(told(error))


def foremost(jobs: Iterable[str]) -> str:
    """Of these runs and studies the first that whoever looks may change, else the first; empty for
    none.
    """
    jobs = list(jobs)
    return next((job for job in jobs if not person.barred(job)), next(iter(jobs), ""))


def start(text: str) -> None:
    """Queues the experiment (JSON text) and shows it. A sentence on the page when that is
    refused.
    """
    try:
        run = state.just_started(text) or runner.current().submit(text, by=person.me())
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    state.just_started(text, run)
    st.switch_page("watch.py", query_params=state.address(run=run))


@dataclass(frozen=True)
class Ready:
    """What Start would start: a line about it, what the press does, and why it cannot be."""

    line: str
    press: Callable[[], None]
    problem: str = ""


def every(seconds: float) -> float:
    """How often a part of a page looks again: a quarter as often in a classroom, where thirty pages
    do. Live charts do not wait for it.
    """
    return seconds if ownership.mode() == ownership.SOLO else 4 * seconds


def bar(planned: Plan | None = None, *, shown: str = "", ready: Ready | None = None) -> None:
    """The draft and the live run, on every page, at the bottom edge. The only Start of all.

    `shown` is the run that the page itself shows: of that one the bar need not tell. `ready` is
    what a page starts that is no single run, in the draft's place.
    """
    if ready is None:
        draft = state.draft()
        planned = planned or plan(draft, runner.current().store.home)
        press = partial(start, encode(draft))
        ready = Ready(line(draft, planned), press, planned.problem or "")
    with st.bottom:
        left, right = st.columns([8, 5], gap="small", vertical_alignment="center")
        with left, st.container(**STACK, gap="small", wrap=False):
            st.caption(f"**Draft** {escape(ready.line)}", width="stretch", wrap=False)
            pressed = deferred_button(
                "Start",
                type="primary",
                icon=":material/play_arrow:",
                shortcut="ctrl+enter",
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
    """The job at work with its progress, one's own where several devices have one; the page runs
    anew when the queue is another one.
    """
    lab = runner.current()
    if tuple(lab.line()) != drawn:
        st.rerun()
    if not drawn:
        st.caption("No run in progress.")
        return
    at_work, waiting = _parted(drawn)
    job = foremost(job for job in at_work if job != shown)
    if not job:
        st.caption(f"**{waiting} waiting behind this one**" if waiting else "The queue is empty.")
        return
    kind = at_work[job]
    try:
        share, text = study_log.said(job) if kind == STUDY else _of_run(job)
    except LabError as error:  # deleted by another process while it waited here
        st.caption(escape(told(error)))
        return
    if kind == STUDY and lab.status(job) == "paused":
        text += " · paused"
    name, *facts = text.split(" · ")
    more = len(at_work.keys() - {job, shown})
    facts = facts[-1:] if more else facts  # two badges leave room for the time alone
    with st.container(**STACK, gap="small", wrap=False):
        st.progress(share, text=" · ".join([f"**{escape(name)}**", *(facts or ["preparing"])]))
        if more:
            st.badge(f"{more} more at work", color="gray", help=_devices(drawn))
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
            on_click=attempt,
            args=(lab.stop, job),
        )


def _parted(drawn: QueueSnapshot) -> tuple[dict[str, str], int]:
    """The job at work on each device with its kind, and how many wait."""
    first: dict[str, str] = {}
    for _, job, device in drawn:
        first.setdefault(device, job)
    at_work = {job: kind for kind, job, _ in drawn if job in first.values()}
    return at_work, len(drawn) - len(at_work)


def _devices(drawn: QueueSnapshot) -> str:
    """One run on each device at a time: cpu has 3, cuda:0 has 1."""
    counts = Counter(device for _, _, device in drawn)
    each = ", ".join(f"{device} has {count}" for device, count in counts.items())
    return f"Each device does one at a time: {each}."


def _of_run(run: str) -> tuple[float, str]:
    """How much of a run is done, and its name with that in words."""
    with feed.tail(run).read() as history:
        word = stands(run)
        share, text = progress(history, word)
    parts = [part for part in text.split(" · ") if part.startswith("Epoch") or "left" in part]
    return share, " · ".join([run_name(run), *parts, *([word] if word in AT_REST else [])])


def stands(run: str) -> str:
    """The runner's word for a run, or preparing: it is at work and has not begun to train yet."""
    return "preparing" if runner.current().prepares(run) else runner.current().status(run)
