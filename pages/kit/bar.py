"""The bar at the bottom edge of every page: the draft with its Start button, and the live job."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from core.advice.plan import Plan, line, plan
from core.base.encoding import encode
from core.base.errors import LabError
from core.base.text import counted
from core.jobs import runner
from core.runs import forks as fork_rules
from pages.kit import address, forks, lesson, person, session, several, state
from pages.kit.buttons import deferred_button
from pages.kit.form import escape
from pages.kit.history import history_buttons
from pages.kit.job_controls import first_changeable, give_command
from pages.kit.job_lines import describe_job
from pages.kit.layout import STACK, describe_error
from pages.kit.screen import every, phone

ROOM = 120  # characters of the line about the draft: two lines beside the buttons
CANNOT_START = "Cannot start yet."


def start(text: str) -> None:
    """Queue the experiment (JSON text) and open its run. Shows why where that is refused."""
    if lock := lesson.training_lock():
        st.error(escape(lock), icon=":material/lock:")
        return
    try:
        run = session.just_started(text) or runner.current().submit(text, by=person.me())
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    session.just_started(text, run)
    st.switch_page("watch.py", query_params=address.parameters(run=run))


@dataclass(frozen=True)
class PlannedStart:
    """What Start would start: its description (empty: only the problem is shown), what the press
    does, and why it is disabled.
    """

    line: str
    press: Callable[[], None]
    problem: str = ""
    label: str = "Start"


def bar(
    planned: Plan | None = None,
    *,
    shown: str = "",
    ready: PlannedStart | None = None,
    problem: str = "",
) -> None:
    """Draw the bar at the bottom edge of every page: the draft with the only Start button, and the
    job in progress.

    `shown` is the run that the page itself shows; the bar leaves it out. `ready` replaces the draft
    on a page that starts something other than a single run. `problem` says why the page does not
    let the draft start now; an invalid entry on the page is such a reason as well, and so is a
    lesson that locks Train.
    """
    lock = "" if ready else lesson.training_lock()
    refused = lock or session.first_refusal()
    replaced, draft = ready is not None, state.draft()
    if ready is None:
        ready, reason = plan_draft(planned)
        problem = problem or reason
        ready = replace(ready, problem=problem or ready.problem)
    with st.bottom:
        # Columns: a long line wraps beside its buttons, and on a narrow screen it is above them.
        left, middle, right = st.columns([4, 4, 3], gap="small", vertical_alignment="center")
        if draft.fork and not replaced:  # the field may be on another page
            problem = problem or ready.problem
        warning = lock or (f"{CANNOT_START} {refused}" if refused else problem)
        forked = "" if replaced else forks.describe(draft.fork)
        subject = f"{forked} ·" if forked else "Draft"
        text = (
            f":material/{'lock' if lock else 'warning'}: {escape(warning)}"
            if warning
            else f"**{escape(subject)}** {escape(ready.line)}"
            if ready.line
            else escape(ready.problem)
        )
        left.caption(text)
        with middle, st.container(**STACK, gap="small"):
            if not replaced:
                forks.drop_button("bar_drop_fork", draft, label="")
                history_buttons()
            pressed = deferred_button(
                ready.label,
                type="primary",
                icon=":material/play_arrow:",
                shortcut=None if phone() else "ctrl+enter",
                key="bar_start",
                disabled=bool(refused or ready.problem),
                help=escape(refused or ready.problem) or None,
            )
        live = tuple(runner.current().line())
        with right:
            st.fragment(_live, run_every=every(1.5 if live else 5))(live, shown)
    if pressed() and not refused:  # the press may come with the entry
        ready.press()


def plan_draft(planned: Plan | None) -> tuple[PlannedStart, str]:
    """Return what Start does with the draft, which is a batch of runs where a number has several
    values; and what is wrong with these values.
    """
    draft = state.draft()
    planned = planned or plan(draft, runner.current().store.home)
    batch, reason = several.read_batch(draft)
    text = line(draft.model_copy(update={"fork": None}), planned, ROOM)  # the bar names the fork
    problem = planned.problem or ""
    if batch is None:
        named = fork_rules.with_change_in_name(runner.current().store, draft)
        return PlannedStart(text, partial(start, encode(named)), problem), reason
    count = counted(len(batch.experiments), "run")
    text = f"{count}: {batch.label} · {text}"
    return PlannedStart(text, partial(several.start, batch), problem, f"Start {count}"), reason


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
    at_work, waiting = _split_queue(drawn)
    job = first_changeable(job for job in at_work if job != shown)
    if not job:
        st.caption(f"**{waiting} waiting in the queue**" if waiting else "The queue is empty.")
        return
    kind = at_work[job]
    try:
        fraction, text = describe_job(kind, job)
    except LabError as error:  # deleted by another process meanwhile
        st.caption(escape(describe_error(error)))
        return
    name, *facts = text.split(" · ")
    more = len(at_work.keys() - {job, shown})
    facts = facts[-1:] if more else facts  # two badges leave room for the time alone
    with st.container(**STACK, gap="small", wrap=False):
        st.progress(fraction, text=" · ".join([f"**{escape(name)}**", *(facts or ["preparing"])]))
        if more:
            st.badge(f"{more} more in progress", color="gray", help=_describe_devices(drawn))
        if waiting:
            st.badge(f"{waiting} waiting", color="gray", help=_describe_devices(drawn))
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


def _split_queue(drawn: QueueSnapshot) -> tuple[dict[str, str], int]:
    """Return the kind of the first job on each device by its id, and how many jobs wait."""
    first: dict[str, str] = {}
    for _, job, device in drawn:
        first.setdefault(device, job)
    at_work = {job: kind for kind, job, _ in drawn if job in first.values()}
    return at_work, len(drawn) - len(at_work)


def _describe_devices(drawn: QueueSnapshot) -> str:
    """Return a sentence with the number of jobs on each device."""
    counts = Counter(device for _, _, device in drawn)
    each = ", ".join(f"{device} has {count}" for device, count in counts.items())
    return f"Each device runs one job at a time: {each}."
