"""The address of a page: the draft that it names (`?d=`), a shared experiment (`?e=`), and the job
that it shows (`?run=`, `?study=`, `?search=`: the name of its kind) with its open tab
(`?tab=`).

This is the only file that touches `st.query_params`. The address is written only before the first
element of a page and after the last one (`open_page`, `close_page`): in between, Streamlit might
break off the run, and a press would be lost. An address that somebody passes on opens a copy of the
draft.
"""

import json
from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from core.base.encoding import decode, encode, from_link, to_link
from core.base.errors import BadExperiment, LabError
from core.base.settings import settings
from core.experiment import Experiment
from core.jobs.kinds import KINDS, RUN
from pages.kit import score_form, session, state

ADDRESS = "address"  # JSON: changes of the address that are not written yet; "" takes a name out
# values of the session that it keeps on all pages
CARRIED = (
    session.BASELINE, session.SEVERAL, session.LESSON, session.PROGRESS, session.CLASS
)  # fmt: skip
ARRIVED = "arrived"  # set when the carried values were read: afterwards the session has them
TAB = "tab"  # of the page Watch: its label; the first tab has no parameter
SHARED = "shared"  # the token that was opened last, so that the back button does not open it again

COPIED = "This address names another person's draft. You are editing your own copy."
LINK_OPEN = "The shared experiment is open. Press Start to train it."
LINK_BROKEN = (
    "This link cannot be opened: it is incomplete, or it was made by another version of the lab. "
    "Copy the whole link again. Your draft has not changed."
)


def open_page() -> None:
    """Read the address, before a page draws its first element: open the draft that the
    address names (`?d=`), then the experiment of a link (`?e=`), and make the address name the
    draft.
    """
    session.drop_refusals()
    score_form.keep(st.query_params.get(score_form.PARAMETER, ""))
    read_carried()
    if not session.get(state.DRAFT):
        _open_stored()
    _open_shared()
    _write_address()


def close_page() -> None:
    """Finish a page, after its last element: write the address, and drop the notice that it showed
    and presses of buttons that it did not draw.
    """
    session.drop_presses()
    session.drop_shown_notice()
    _write_address()


def read_carried() -> None:
    """Take the carried values, once, from the address that this session began with."""
    if session.get_ui(ARRIVED):
        return
    session.set_ui(ARRIVED, "yes")
    for name in CARRIED:
        session.set_ui(name, st.query_params.get(name, ""))


def _open_stored() -> None:
    """Make the draft that the address names this session's draft. Somebody else's draft is copied;
    where the address names a job, the visitor's own draft is opened instead.
    """
    draft_id = st.query_params.get("d", "")
    if not draft_id:
        return
    try:
        drafts = state.drafts()
        if not drafts.owns(draft_id) and any(map(job, KINDS)):
            draft_id = drafts.newest()
            state.set_lists({})  # the lists of the address belong to the other draft
            if not draft_id:
                _change_address("d", "")
                return
        text = encode(decode(Experiment, drafts.read(draft_id)))
        if drafts.owns(draft_id):
            session.set(state.DRAFT, text)
            session.set(state.DRAFT_ID, draft_id)
        else:
            _replace_draft(text, "Open another person's draft", state.lists())
            session.notice(COPIED)
    except LabError as error:
        _change_address("d", "")
        state.set_lists({})
        session.notice(str(error))


def _open_shared() -> None:
    """Make the experiment of a link the draft, once, and take it out of the address."""
    token = st.query_params.get("e", "")
    if not token:
        return
    if session.get(SHARED) != token:
        session.set(SHARED, token)
        try:
            text = encode(from_link(Experiment, token))
            _replace_draft(text, "Open a link")
            session.notice(LINK_OPEN)
        except BadExperiment:
            session.notice(LINK_BROKEN)
    _change_address("e", "")


def _replace_draft(text: str, name: str, lists: state.Lists | None = None) -> None:
    """Make another experiment the draft, with a file of its own. Undo calls this `name` and goes
    back to the draft that was open, or, in a new window, to the one that the visitor edited last.
    """
    if not session.get(state.DRAFT):
        state.set_lists({})
        with suppress(LabError):  # none yet, of another version, or a login that has ended
            newest = state.drafts().newest()
            session.set(state.DRAFT, encode(decode(Experiment, state.drafts().read(newest))))
            session.set(state.DRAFT_ID, newest)
    if text != session.get(state.DRAFT):
        session.set(state.DRAFT_ID, "")
    state.set_draft(text, name, new_lists=lists)


def _change_address(name: str, value: str) -> None:
    """Give a parameter of the address another value, "" to remove it. It is written by
    `open_page` and `close_page`.
    """
    session.set(ADDRESS, json.dumps(json.loads(session.get(ADDRESS, "{}")) | {name: value}))


def _write_address() -> None:
    """Write all changes of the address, and the draft's id, which a change of page removes.

    All in one step: the browser's back button counts them.
    """
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    wanted = dict(now)
    for name, value in json.loads(session.get(ADDRESS, "{}")).items():
        wanted.pop(name, None)
        if value:
            wanted[name] = [value]
    if draft_id := session.get(state.DRAFT_ID):
        wanted["d"] = [draft_id]
    for name in CARRIED:
        wanted.pop(name, None)
        if carried := session.get_ui(name):
            wanted[name] = [carried]
    wanted.pop(score_form.PARAMETER, None)
    if score_form.form() != settings().score:
        wanted[score_form.PARAMETER] = [score_form.form()]
    session.set(ADDRESS, "{}")
    if wanted != now:
        st.query_params.from_dict(wanted)


def parameter(name: str) -> str:
    """Return a parameter of the address, as it will be; "" where it has none."""
    changes = json.loads(session.get(ADDRESS, "{}"))
    return changes[name] if name in changes else st.query_params.get(name, "")


def parameters(**more: str) -> dict[str, str]:
    """Return the parameters for the address of another page: the draft, and `more`."""
    draft_id = session.get(state.DRAFT_ID)
    return ({"d": draft_id} if draft_id else {}) | more


def job(kind: str) -> str:
    """Return the job of this kind that the address names; "" for none."""
    return parameter(kind)


def run() -> str:
    """Return the run that `?run=` names; "" for none."""
    return job(RUN)


def name_job(kind: str, id: str) -> None:
    """Make the address name this job of a kind; "" for none."""
    name_parameter(kind, id)


def name_parameter(name: str, value: str) -> None:
    """Give a parameter of the address this value; "" removes it."""
    if parameter(name) != value:
        _change_address(name, value)


def open_named_tab(key: str, labels: Sequence[str]) -> None:
    """Let the tabs with this key open with the one that the address names (`?tab=`), the first one
    where it names none: after a reload, and with the browser's back button. Called before the tabs
    are drawn; what a visitor chose since is not taken back.
    """
    if (named := parameter(TAB)) != session.get_ui(TAB):
        session.show_tab(key, named if named in labels else labels[0])
        session.set_ui(TAB, named)


def name_tab(label: str) -> None:
    """Make the address name the tab that is open; "" for the first one."""
    session.set_ui(TAB, label)
    name_parameter(TAB, label)


def take(name: str) -> str:
    """Return a parameter of the address and remove it from there; "" where it has none."""
    value = parameter(name)
    if value:
        _change_address(name, "")
    return value


def link() -> str:
    """Return the address that opens the draft's settings in any browser that reaches this lab."""
    here = (st.context.url or "").partition("?")[0]
    return f"{here}?e={to_link(state.draft())}"
