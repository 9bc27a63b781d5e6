"""What a browser session remembers: the draft as JSON text, generations for widget keys, presses
that are not answered yet, and the address.

This is the only file that touches `st.session_state` and `st.query_params`. It stores only strings
and numbers: after a reload of the code, objects would be instances of classes that no longer exist.
A changed draft is also written to disk, and the address names it (`?d=`), so that it survives a
reload, a restart of the server and a closed browser. Where people have identities, a draft belongs
to its author: an address that somebody passes on opens a copy.

Streamlit may break off a run of a page at any access to its state and at any drawn element, as soon
as the browser reports something new. Two rules keep presses from being lost that way. Reading and
writing values here never breaks off a run (`_session`). The address is written only before the
first element of a page and after the last one (`open_address`, `close_page`).
"""

import json
import time
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import SafeSessionState

from core.base.encoding import change, decode, encode, from_link, to_link
from core.base.errors import BadExperiment, LabError
from core.experiment import Experiment, shipped
from core.jobs import runner
from core.runs.draft_store import Drafts
from pages.kit import person

DRAFT, DRAFT_ID, NOTICE = "draft", "draft id", "notice"
GENERATIONS = "generations"  # JSON: how often each field was replaced by something but its widget
EVERY_FIELD = "every field"  # its generation counts replacements of anything
PRESSED = "pressed"  # JSON list of the keys of buttons that were pressed and not answered yet
ADDRESS = "address"  # JSON: changes of the address that are not written yet; "" takes a name out
SHARED = "shared"  # the token that was opened last, so that the back button does not open it again
UNDO, REDO = "undo", "redo"  # JSON lists of networks with their initializer, the newest last
BUILT = ("network", "initializer")  # the fields that undo restores
STARTED, TWICE = "started", 1.0  # seconds within which repeated presses of Start count as one
STEPS = 50  # how many changes can be undone

COPIED = "This address names another person's draft. You are editing your own copy."
LINK_OPEN = "The shared experiment is open. Press Start to train it."
LINK_BROKEN = (
    "This link cannot be opened: it is incomplete, or it was made by another version of the lab. "
    "Copy the whole link again. Your draft has not changed."
)


# --- the draft


def draft() -> Experiment:
    """Return the experiment that Start would train."""
    text = _get(DRAFT)
    if text:
        try:
            return decode(Experiment, text)
        except BadExperiment as error:  # written by another version of the lab
            notice(str(error))
    experiment = shipped()["digits"]
    _set(DRAFT, encode(experiment))
    return experiment


def set_draft(text: str) -> None:
    """Replace the draft by another experiment (JSON text). Every widget shows the new values, and
    the undo history is cleared.
    """
    _write(encode(decode(Experiment, text)))
    _set(UNDO, "[]")
    _set(REDO, "[]")
    _redraw(*Experiment.model_fields)


def edit(path: str, value: Any, *, redraw: bool = False) -> None:
    """Change one field of the draft. Pass `redraw` when something other than the field's own widget
    changes it. Raises BadExperiment.
    """
    old = draft()
    new = change(old, path, value)
    _write(encode(new))
    if redraw:
        _redraw(path.partition(".")[0], *_differences(old, new))


def rebuild(text: str) -> None:
    """Replace network and initializer by those of `text` (JSON), as one step that can be undone."""
    old, new = draft(), decode(Experiment, text)
    _write(encode(new))
    _redraw(*_differences(old, new))


def can_undo() -> bool:
    """Whether a change of the network or its initializer can be undone."""
    return bool(_steps(UNDO))


def can_redo() -> bool:
    """Whether such a change was undone and can be made again."""
    return bool(_steps(REDO))


def undo() -> None:
    """Restore network and initializer as they were before their last change, and nothing else."""
    _travel(UNDO, REDO)


def redo() -> None:
    """Restore network and initializer as they were before `undo`."""
    _travel(REDO, UNDO)


def _write(text: str) -> None:
    old = _get(DRAFT)
    if old and _built(old) != _built(text):
        _set(UNDO, json.dumps([*_steps(UNDO), _built(old)][-STEPS:]))
        _set(REDO, "[]")
    _put(text)


def _travel(here: str, there: str) -> None:
    steps, now = _steps(here), draft()
    if steps:
        text = encode(now)
        _set(there, json.dumps([*_steps(there), _built(text)]))
        new = decode(Experiment, json.dumps(json.loads(text) | json.loads(steps.pop())))
        _put(encode(new))
        _set(here, json.dumps(steps))
        _redraw(*_differences(now, new))


def _steps(name: str) -> list[str]:
    return json.loads(_get(name, "[]"))


def _built(text: str) -> str:
    """The fields of an experiment that undo restores, as JSON text."""
    data = json.loads(text)
    return json.dumps({name: data.get(name) for name in BUILT})


def _differences(old: Experiment, new: Experiment) -> list[str]:
    """The names of the fields with different values."""
    return [name for name in Experiment.model_fields if getattr(old, name) != getattr(new, name)]


def _put(text: str) -> None:
    """Store the draft in the session, and on disk when it has changed."""
    old = _get(DRAFT)
    _set(DRAFT, text)
    if text == old:
        return
    try:
        _set(DRAFT_ID, _drafts().write(_get(DRAFT_ID), text, old))
    except LabError as error:  # no room on the disk, or the login has ended
        notice(str(error))


def _drafts() -> Drafts:
    return Drafts(runner.current().store.home, person.account())


# --- the address


def open_address() -> None:
    """Read the address, before a page draws its first element: open the experiment of a link
    (`?e=`), else the draft that the address names (`?d=`), and make the address name the draft.
    """
    _open_shared()
    if not _get(DRAFT):
        _open_stored()
    _write_address()


def close_page() -> None:
    """Finish a page, after its last element: write the address, and drop presses of buttons that
    the page did not draw.
    """
    _set(PRESSED, "[]")
    _write_address()


def _open_stored() -> None:
    """Make the draft that the address names this session's draft. Somebody else's draft is copied;
    where the address names a run or a study, the visitor's own draft is opened instead.
    """
    draft_id = st.query_params.get("d", "")
    if not draft_id:
        return
    try:
        drafts = _drafts()
        if not drafts.owns(draft_id) and (run_in_address() or study_in_address()):
            draft_id = drafts.newest()
            if not draft_id:
                _change_address("d", "")
                return
        text = encode(decode(Experiment, drafts.read(draft_id)))
        if not drafts.owns(draft_id):
            draft_id = drafts.write("", text, "")
            notice(COPIED)
        _set(DRAFT, text)
        _set(DRAFT_ID, draft_id)
    except LabError as error:
        _change_address("d", "")
        notice(str(error))


def _open_shared() -> None:
    """Make the experiment of a link the draft, once, and take it out of the address."""
    token = st.query_params.get("e", "")
    if not token:
        return
    if _get(SHARED) != token:
        _set(SHARED, token)
        try:
            text = encode(from_link(Experiment, token))
            _set(DRAFT_ID, "")  # the draft that was open before keeps its file
            set_draft(text)
            notice(LINK_OPEN)
        except BadExperiment:
            notice(LINK_BROKEN)
    _change_address("e", "")


def _change_address(name: str, value: str) -> None:
    """Give a parameter of the address another value, "" to remove it. It is written by
    `open_address` and `close_page`.
    """
    _set(ADDRESS, json.dumps(json.loads(_get(ADDRESS, "{}")) | {name: value}))


def _write_address() -> None:
    """Write all changes of the address, and the draft's id, which a change of page removes.

    All in one step: the browser's back button counts them.
    """
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    wanted = dict(now)
    for name, value in json.loads(_get(ADDRESS, "{}")).items():
        wanted.pop(name, None)
        if value:
            wanted[name] = [value]
    if draft_id := _get(DRAFT_ID):
        wanted["d"] = [draft_id]
    _set(ADDRESS, "{}")
    if wanted != now:
        st.query_params.from_dict(wanted)


def _parameter(name: str) -> str:
    """A parameter of the address, as it will be; "" where it has none."""
    changes = json.loads(_get(ADDRESS, "{}"))
    return changes[name] if name in changes else st.query_params.get(name, "")


def address(**more: str) -> dict[str, str]:
    """Return the parameters for the address of another page: the draft, and `more`."""
    draft_id = _get(DRAFT_ID)
    return ({"d": draft_id} if draft_id else {}) | more


def run_in_address() -> str:
    """Return the run that `?run=` names; "" for none."""
    return _parameter("run")


def study_in_address() -> str:
    """Return the study that `?study=` names; "" for none."""
    return _parameter("study")


def name_study(study: str) -> None:
    """Make the address name this study; "" for none."""
    if study_in_address() != study:
        _change_address("study", study)


def take_from_address(name: str) -> str:
    """Return a parameter of the address and remove it from there; "" where it has none."""
    value = _parameter(name)
    if value:
        _change_address(name, "")
    return value


def link() -> str:
    """Return the address that opens the draft's settings in any browser that reaches this lab."""
    here = (st.context.url or "").partition("?")[0]
    return f"{here}?e={to_link(draft())}"


# --- widgets


def key(name: str, *fields: str) -> str:
    """Return a widget key that changes when something other than the widget replaces one of these
    fields of the draft, so that the widget drops its old value. Without `fields` the name is that
    of a field, or the key changes with any replacement.

    A press that reaches the server under an old key has no effect. So a key must depend on as few
    fields as possible.
    """
    generations = json.loads(_get(GENERATIONS, "{}"))
    fields = fields or ((name,) if name in Experiment.model_fields else (EVERY_FIELD,))
    return f"{name}·{sum(generations.get(field, 0) for field in fields)}"


def key_of_summary(name: str, value: str) -> str:
    """Return the key of a widget that shows a value computed from the draft and whose callback
    changes the draft: another key when the draft was changed by anything else.
    """
    if widget_value(key(name, name)) not in (None, value):
        _redraw(name)
    return key(name, name)


def field_of(key: str) -> str:
    """Return the field of the draft that a widget with this key edits; "" for none."""
    name = key.partition("·")[0]
    return name if name in Experiment.model_fields and name != key else ""


def widget_value(key: str) -> Any:
    """Return what a widget holds; None where there is no such widget."""
    try:
        return _session()[key]
    except KeyError:
        return None


def _redraw(*fields: str) -> None:
    """Give the widgets of these fields of the draft other keys."""
    generations = json.loads(_get(GENERATIONS, "{}"))
    for field in {*fields, EVERY_FIELD}:
        generations[field] = generations.get(field, 0) + 1
    _set(GENERATIONS, json.dumps(generations))


def press(key: str) -> None:
    """Note that a button was pressed: the callback of every button that a page reads."""
    _set(PRESSED, json.dumps(sorted({*json.loads(_get(PRESSED, "[]")), key})))


def take_press(key: str) -> bool:
    """Return whether a button was pressed and is not answered yet. The caller answers it before it
    draws anything, because a run may be broken off there.
    """
    waiting = json.loads(_get(PRESSED, "[]"))
    if key in waiting:
        _set(PRESSED, json.dumps([other for other in waiting if other != key]))
    return key in waiting


def get_ui(name: str) -> str:
    """Return a string that was stored for the pages of this session; "" for none."""
    return _get(f"kept {name}")


def set_ui(name: str, value: str) -> None:
    """Store a string for the pages of this session; it outlives a change of page."""
    _set(f"kept {name}", value)


def select_runs(runs: list[str]) -> None:
    """Select exactly these runs when the table of runs is drawn next with them as new rows."""
    set_ui("ticks", json.dumps({"runs": runs}))


def just_started(text: str, run: str = "") -> str:
    """Return the run that a press within the last second made of this text, "" for none: a double
    press starts one run. Given `run`, store it.
    """
    if run:
        _set(STARTED, json.dumps([text, run, time.monotonic()]))
    known, made, when = json.loads(_get(STARTED, '["", "", 0]'))
    return made if known == text and time.monotonic() - when < TWICE else ""


def notice(text: str) -> None:
    """Store one sentence for the next page that is drawn."""
    _set(NOTICE, text)


def take_notice() -> str:
    """Return the stored sentence and forget it; "" for none."""
    text = _get(NOTICE)
    if text:
        _set(NOTICE, "")
    return text


# --- the session


def _session() -> Any:
    """The session's values, without the points at which Streamlit may break off the run: a press
    that is half answered would be lost.
    """
    context = get_script_run_ctx(suppress_warning=True)
    values = getattr(getattr(context, "session_state", None), "_state", None)
    if values is None:  # outside a page, or a Streamlit with another attribute
        return st.session_state
    return SafeSessionState(values, lambda: None)


def _get(name: str, default: str = "") -> str:
    try:
        return _session()[name]
    except KeyError:
        return default


def _set(name: str, value: str) -> None:
    _session()[name] = value
