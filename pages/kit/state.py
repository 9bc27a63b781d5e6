"""The draft: the experiment that Start would train, as JSON text in the session, with undo, and the
keys of the widgets that edit it.

A changed draft is also written to disk, and the address names it (pages/kit/address.py), so that it
survives a reload, a restart of the server and a closed browser. Where people have identities, a
draft belongs to its author.
"""

import json
from typing import Any

from core.base.encoding import change, decode, encode
from core.base.errors import BadExperiment, LabError
from core.experiment import Experiment, shipped
from core.jobs import runner
from core.runs.draft_store import Drafts
from pages.kit import person, session

DRAFT, DRAFT_ID = "draft", "draft id"
GENERATIONS = "generations"  # JSON: how often each field was replaced by something but its widget
EVERY_FIELD = "every field"  # its generation counts replacements of anything
UNDO, REDO = "undo", "redo"  # JSON lists of networks with their initializer, the newest last
BUILT = ("network", "initializer")  # the fields that undo restores
STEPS = 50  # how many changes can be undone


def draft() -> Experiment:
    """Return the experiment that Start would train."""
    text = session.get(DRAFT)
    if text:
        try:
            return decode(Experiment, text)
        except BadExperiment as error:  # written by another version of the lab
            session.notice(str(error))
    experiment = shipped()["digits"]
    session.set(DRAFT, encode(experiment))
    return experiment


def set_draft(text: str) -> None:
    """Replace the draft by another experiment (JSON text). Every widget shows the new values, and
    the undo history is cleared.
    """
    _write(encode(decode(Experiment, text)))
    session.set(UNDO, "[]")
    session.set(REDO, "[]")
    _redraw(*Experiment.model_fields)


def open_draft(draft_id: str) -> None:
    """Continue with a draft on disk. Raises NotFound or BadExperiment."""
    text = encode(decode(Experiment, drafts().read(draft_id)))
    session.set(DRAFT, text)
    session.set(DRAFT_ID, draft_id)
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
    old = session.get(DRAFT)
    if old and _built(old) != _built(text):
        session.set(UNDO, json.dumps([*_steps(UNDO), _built(old)][-STEPS:]))
        session.set(REDO, "[]")
    _put(text)


def _travel(here: str, there: str) -> None:
    steps, now = _steps(here), draft()
    if steps:
        text = encode(now)
        session.set(there, json.dumps([*_steps(there), _built(text)]))
        new = decode(Experiment, json.dumps(json.loads(text) | json.loads(steps.pop())))
        _put(encode(new))
        session.set(here, json.dumps(steps))
        _redraw(*_differences(now, new))


def _steps(name: str) -> list[str]:
    return json.loads(session.get(name, "[]"))


def _built(text: str) -> str:
    """The fields of an experiment that undo restores, as JSON text."""
    data = json.loads(text)
    return json.dumps({name: data.get(name) for name in BUILT})


def _differences(old: Experiment, new: Experiment) -> list[str]:
    """The names of the fields with different values."""
    return [name for name in Experiment.model_fields if getattr(old, name) != getattr(new, name)]


def _put(text: str) -> None:
    """Store the draft in the session, and on disk when it has changed."""
    old = session.get(DRAFT)
    session.set(DRAFT, text)
    if text == old:
        return
    try:
        session.set(DRAFT_ID, drafts().write(session.get(DRAFT_ID), text, old))
    except LabError as error:  # no room on the disk, or the login has ended
        session.notice(str(error))


def drafts() -> Drafts:
    return Drafts(runner.current().store.home, person.account())


# --- widgets


def key(name: str, *fields: str) -> str:
    """Return a widget key that changes when something other than the widget replaces one of these
    fields of the draft, so that the widget drops its old value. Without `fields` the name is that
    of a field, or the key changes with any replacement.

    A press that reaches the server under an old key has no effect. So a key must depend on as few
    fields as possible.
    """
    generations = json.loads(session.get(GENERATIONS, "{}"))
    fields = fields or ((name,) if name in Experiment.model_fields else (EVERY_FIELD,))
    return f"{name}·{sum(generations.get(field, 0) for field in fields)}"


def key_of_summary(name: str, value: str) -> str:
    """Return the key of a widget that shows a value computed from the draft and whose callback
    changes the draft: another key when the draft was changed by anything else.
    """
    if session.widget_value(key(name, name)) not in (None, value):
        _redraw(name)
    return key(name, name)


def field_of(key: str) -> str:
    """Return the field of the draft that a widget with this key edits; "" for none."""
    name = key.partition("·")[0]
    return name if name in Experiment.model_fields and name != key else ""


def _redraw(*fields: str) -> None:
    """Give the widgets of these fields of the draft other keys."""
    generations = json.loads(session.get(GENERATIONS, "{}"))
    for field in {*fields, EVERY_FIELD}:
        generations[field] = generations.get(field, 0) + 1
    session.set(GENERATIONS, json.dumps(generations))
