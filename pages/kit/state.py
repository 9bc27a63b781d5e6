"""What a browser keeps: the draft as JSON text, a generation for widget keys, and what the address
says.

The only file that touches `st.session_state` and `st.query_params`. Only strings and numbers go in:
after a reload of the code, objects would be instances of classes that no longer exist. A draft that
was changed also lies on disk, and the address names it (`?d=`): so it outlives a reload, a restart
of the server and a closed browser. Where people are told apart, a draft is its writer's: an address
that somebody passes on opens a copy of it.
"""

import json
import time
from typing import Any

import streamlit as st

from core.access import ownership
from core.base.encoding import change, decode, encode, from_link, to_link
from core.base.errors import BadExperiment, LabError
from core.experiment import Experiment, shipped
from core.jobs import runner
from core.runs.draft_store import Drafts

DRAFT, KEPT_AS, GENERATION, NOTICE = "draft", "draft id", "generation", "notice"
SHARED = "shared"  # the token that was opened last, so that the back button does not open it again
UNDO, REDO = "undo", "redo"  # JSON lists of networks with their initializer, the newest last
BUILT = ("network", "initializer")  # what undo takes back
STARTED, TWICE = "started", 1.0  # seconds within which presses of Start are one
STEPS = 50  # that can be taken back


def draft() -> Experiment:
    """The experiment that Start would train. A shared one from the address (`?e=`) comes first,
    then the one that the address names (`?d=`).
    """
    _open_shared()
    if DRAFT not in st.session_state:
        _open_kept()
    _readdress()
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
    """Another experiment (JSON text) is the draft: every widget shows its values anew, and what
    was taken back before is forgotten.
    """
    _write(encode(decode(Experiment, text)))
    st.session_state[UNDO] = st.session_state[REDO] = "[]"
    _redraw()


def edit(path: str, value: Any, *, redraw: bool = False) -> None:
    """One field of the draft changes. `redraw` when it was not a widget that changed it. Raises
    BadExperiment.
    """
    _write(encode(change(draft(), path, value)))
    if redraw:
        _redraw()


def rebuild(text: str) -> None:
    """The draft (JSON text) with another network and initializer, as one step to take back."""
    _write(encode(decode(Experiment, text)))
    _redraw()


def can_undo() -> bool:
    """Whether there is a change of the network or its initializer to take back."""
    return bool(_steps(UNDO))


def can_redo() -> bool:
    """Whether such a change was taken back and may be made again."""
    return bool(_steps(REDO))


def undo() -> None:
    """Network and initializer as they were before their last change; the rest stays as it is."""
    _travel(UNDO, REDO)


def redo() -> None:
    """Network and initializer as they were before `undo`."""
    _travel(REDO, UNDO)


def _write(text: str) -> None:
    old = st.session_state.get(DRAFT)
    if old and _built(old) != _built(text):
        st.session_state[UNDO] = json.dumps([*_steps(UNDO), _built(old)][-STEPS:])
        st.session_state[REDO] = "[]"
    _put(text)


def _travel(here: str, there: str) -> None:
    steps, now = _steps(here), encode(draft())
    if steps:
        st.session_state[there] = json.dumps([*_steps(there), _built(now)])
        data = json.loads(now) | json.loads(steps.pop())
        _put(encode(decode(Experiment, json.dumps(data))))
        st.session_state[here] = json.dumps(steps)
        _redraw()


def _steps(name: str) -> list[str]:
    return json.loads(st.session_state.get(name, "[]"))


def _built(text: str) -> str:
    """Of an experiment, what undo takes back, as JSON text."""
    data = json.loads(text)
    return json.dumps({name: data.get(name) for name in BUILT})


def _put(text: str) -> None:
    """The draft is this text: in the session, and on disk when it is not the text that was."""
    old = st.session_state.get(DRAFT, "")
    st.session_state[DRAFT] = text
    if text == old:
        return
    try:
        known = st.session_state.get(KEPT_AS, "")
        st.session_state[KEPT_AS] = _drafts().write(known, text, old)
    except LabError as error:  # no room on the disk, or the login has ended
        notice(str(error))


def _drafts() -> Drafts:
    return Drafts(runner.current().store.home, ownership.seated())


def _open_kept() -> None:
    """The draft that the address names becomes this session's, which has none yet. Somebody else's
    is copied; where the address is about a run or a study, one's own comes in its place.
    """
    named = st.query_params.get("d", "")
    if not named:
        return
    try:
        drafts = _drafts()
        if not drafts.owns(named) and (run_in_address() or study_in_address()):
            named = drafts.newest()
            if not named:
                _readdress(drop="d")
                return
        text = encode(decode(Experiment, drafts.read(named)))
        if not drafts.owns(named):
            named = drafts.write("", text, "")
            notice("This address is of somebody else's draft: what you see is a copy of your own.")
        st.session_state.update({DRAFT: text, KEPT_AS: named})
    except LabError as error:
        _readdress(drop="d")
        notice(str(error))


def _open_shared() -> None:
    """The experiment of a link becomes the draft, once, and leaves the address."""
    token = st.query_params.get("e", "")
    if not token:
        return
    if st.session_state.get(SHARED) != token:
        st.session_state[SHARED] = token
        try:
            text = encode(from_link(Experiment, token))
            st.session_state[KEPT_AS] = ""  # what was written here before keeps its own place
            set_draft(text)
            notice("The experiment of the link is open. Start trains it.")
        except BadExperiment:
            notice(
                "This link does not open (it is cut off, or of another version of the lab): copy "
                "it again, whole. Your draft is as it was."
            )
    _readdress(drop="e")


def _readdress(drop: str = "") -> None:
    """The address names the draft, also after a change of page has emptied it; `drop` goes out.

    One change at most: the browser's back button counts them.
    """
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    wanted = {name: said for name, said in now.items() if name != drop}
    if named := st.session_state.get(KEPT_AS, ""):
        wanted["d"] = [named]
    if wanted != now:
        st.query_params.from_dict(wanted)


def address(**more: str) -> dict[str, str]:
    """What the address of another page says: the draft, and `more`."""
    named = st.session_state.get(KEPT_AS, "")
    return ({"d": named} if named else {}) | more


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


def select_runs(runs: list[str]) -> None:
    """Select exactly these runs when the table of runs is drawn next with them as new rows."""
    keep("ticks", json.dumps({"runs": runs}))


def just_started(text: str, run: str = "") -> str:
    """The run that a press within the last second has made of this text, empty for none: who
    presses twice means it once. With `run`, keeps it.
    """
    if run:
        st.session_state[STARTED] = json.dumps([text, run, time.monotonic()])
    known, made, when = json.loads(st.session_state.get(STARTED, '["", "", 0]'))
    return made if known == text and time.monotonic() - when < TWICE else ""


def notice(text: str) -> None:
    """One sentence for the next page that is drawn."""
    st.session_state[NOTICE] = text


def take_notice() -> str:
    """The sentence that waits to be said; it is said once."""
    return st.session_state.pop(NOTICE, "")


def run_in_address() -> str:
    """The run that `?run=` names, empty for none."""
    return st.query_params.get("run", "")


def study_in_address() -> str:
    """The study that `?study=` names, empty for none."""
    return st.query_params.get("study", "")


def name_study(study: str) -> None:
    """The address names this study from now on; empty for none."""
    if study and study_in_address() != study:
        st.query_params["study"] = study
    elif not study:
        _readdress(drop="study")


def take_from_address(name: str) -> str:
    """What the address says under this name, once: it is taken out. Empty for nothing."""
    said = st.query_params.get(name, "")
    if said:
        _readdress(drop=name)
    return said


def link() -> str:
    """The address that opens the draft's settings anywhere this lab is reached under it."""
    here = (st.context.url or "").partition("?")[0]
    return f"{here}?e={to_link(draft())}"
