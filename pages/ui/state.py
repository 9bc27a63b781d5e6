"""What a browser keeps: the draft as JSON text, a generation for widget keys, and what the address
says.

The only file that touches `st.session_state` and `st.query_params`. Only strings and numbers go in:
after a reload of the code, objects would be instances of classes that no longer exist.
"""

import json
from typing import Any

import streamlit as st

from core.encoding import change, decode, encode, from_link, to_link
from core.errors import BadExperiment
from core.experiment import Experiment, shipped

DRAFT, GENERATION, SHARED, NOTICE = "draft", "generation", "shared", "notice"
UNDO, REDO = "undo", "redo"  # JSON lists of drafts as text, the newest last
STEPS = 50  # that can be taken back


def draft() -> Experiment:
    """The experiment that Start would train. A shared one from the address (`?e=`) comes first,
    once.
    """
    _open_shared()
    text = st.session_state.get(DRAFT)
    if text:
        try:
            return decode(Experiment, text)
        except BadExperiment as error:  # written by another version of the lab
            notice(str(error))
    experiment = shipped()["digits"]
    st.session_state[DRAFT] = encode(experiment)
    return experiment


def set_draft(text: str) -> None:
    """Another experiment (JSON text) is the draft: every widget shows its values anew."""
    _write(encode(decode(Experiment, text)))
    _redraw()


def edit(path: str, value: Any, *, redraw: bool = False) -> None:
    """One field of the draft changes. `redraw` when it was not a widget that changed it. Raises
    BadExperiment.
    """
    _write(encode(change(draft(), path, value)))
    if redraw:
        _redraw()


def can_undo() -> bool:
    """Whether there is a change to take back."""
    return bool(_drafts(UNDO))


def can_redo() -> bool:
    """Whether a change was taken back and may be made again."""
    return bool(_drafts(REDO))


def undo() -> None:
    """The draft as it was before its last change."""
    _travel(UNDO, REDO)


def redo() -> None:
    """The draft as it was before `undo`."""
    _travel(REDO, UNDO)


def _write(text: str) -> None:
    old = st.session_state.get(DRAFT)
    if old and old != text:
        st.session_state[UNDO] = json.dumps([*_drafts(UNDO), old][-STEPS:])
        st.session_state[REDO] = "[]"
    st.session_state[DRAFT] = text


def _travel(here: str, there: str) -> None:
    drafts = _drafts(here)
    if drafts:
        st.session_state[there] = json.dumps([*_drafts(there), st.session_state[DRAFT]])
        st.session_state[DRAFT] = drafts.pop()
        st.session_state[here] = json.dumps(drafts)
        _redraw()


def _drafts(name: str) -> list[str]:
    return json.loads(st.session_state.get(name, "[]"))


def _redraw() -> None:
    st.session_state[GENERATION] = st.session_state.get(GENERATION, 0) + 1


def key(name: str) -> str:
    """A widget key that changes when another draft is opened, so that the widget forgets its old
    value.
    """
    return f"{name}·{st.session_state.get(GENERATION, 0)}"


def keep(name: str, value: str | None = None) -> str:
    """A string that outlives the page: sets it when given, and gives what is kept."""
    if value is not None:
        st.session_state[f"kept {name}"] = value
    return st.session_state.get(f"kept {name}", "")


def notice(text: str) -> None:
    """One sentence for the next page that is drawn."""
    st.session_state[NOTICE] = text


def take_notice() -> str:
    """The sentence that waits to be said; it is said once."""
    return st.session_state.pop(NOTICE, "")


def run_in_address() -> str:
    """The run that `?run=` names, empty for none."""
    return st.query_params.get("run", "")


def take_from_address(name: str) -> str:
    """What the address says under this name, once: it is taken out. Empty for nothing."""
    said = st.query_params.get(name, "")
    if said:
        del st.query_params[name]
    return said


def link() -> str:
    """The draft as the end of an address."""
    return f"?e={to_link(draft())}"


def _open_shared() -> None:
    token = st.query_params.get("e", "")
    if not token or st.session_state.get(SHARED) == token:
        return
    st.session_state[SHARED] = token
    try:
        set_draft(encode(from_link(Experiment, token)))
        notice("The experiment of the link is open. Start trains it.")
    except BadExperiment as error:
        notice(str(error))
