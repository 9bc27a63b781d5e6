"""The draft: the experiment that Start would train, as JSON text in the session, with the lists of
numbers that have several values, with undo, and the keys of the widgets that edit it.

A changed draft is also written to disk, and the address names it (pages/kit/address.py), so that it
survives a reload, a restart of the server and a closed browser. Where people have identities, a
draft belongs to its author.
"""

import json
from collections.abc import Iterable
from typing import Any

from core.base.encoding import build, change, decode, encode, read
from core.base.errors import BadExperiment, LabError
from core.experiment import Experiment, shipped
from core.jobs import runner
from core.runs.compare import describe_change
from core.runs.draft_store import Drafts
from core.studies.batch import number_fields
from pages.kit import person, session

DRAFT, DRAFT_ID = "draft", "draft id"
GENERATIONS = "generations"  # JSON: how often each field was replaced by something but its widget
EVERY_FIELD = "every field"  # its generation counts replacements of anything
UNDO, REDO = "undo", "redo"  # JSON lists of changes, the newest last
STEPS = 50  # how many changes can be undone
Lists = dict[str, str]  # several values of a number, as they were typed, by its path


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


def set_draft(text: str, name: str, *, new_lists: Lists | None = None) -> None:
    """Replace the draft by another experiment (JSON text) with its own lists, by default none.
    Every widget shows the new values. Undo calls the change by its `name`.
    """
    old = draft() if session.get(DRAFT) else None
    _write(old, decode(Experiment, text), name, new_lists or {})
    _redraw(*Experiment.model_fields)


def open_draft(draft_id: str) -> None:
    """Continue with a draft on disk; the other one stays there. There is nothing to undo then.
    Raises NotFound or BadExperiment.
    """
    text = encode(decode(Experiment, drafts().read(draft_id)))
    session.set(UNDO, "[]")
    session.set(REDO, "[]")
    set_lists({})
    session.set(DRAFT, text)
    session.set(DRAFT_ID, draft_id)
    _redraw(*Experiment.model_fields)


def edit(path: str, value: Any, *, redraw: bool = False, name: str = "") -> None:
    """Change one field of the draft. Pass `redraw` when something other than the field's own widget
    changes it. `name` is what Undo calls the change; without it, it is described by its values.
    Raises BadExperiment.
    """
    old = draft()
    new = change(old, path, value)
    _write(old, new, name, _lasting_lists(old, new))
    if redraw:
        _redraw(path.partition(".")[0], *_differences(old, new))


def rebuild(new: Experiment, name: str = "") -> None:
    """Change several fields of the draft in one step. Only their widgets are drawn anew."""
    old = draft()
    _write(old, new, name, _lasting_lists(old, new))
    _redraw(*_differences(old, new))


def undo_name() -> str:
    """Return the name of the change that `undo` takes back; "" if there is none."""
    return _newest(UNDO)


def redo_name() -> str:
    """Return the name of the change that `redo` makes again; "" if there is none."""
    return _newest(REDO)


def undo() -> None:
    """Restore the draft as it was before its last change."""
    _travel(UNDO, REDO)


def redo() -> None:
    """Restore the draft as it was before `undo`."""
    _travel(REDO, UNDO)


def _write(old: Experiment | None, new: Experiment, name: str, new_lists: Lists) -> None:
    """Store the draft. A change is recorded with the previous values of the fields that differ, and
    with the previous lists if these do.
    """
    fields, old_lists = _differences(old, new) if old else [], lists()
    if old and (fields or new_lists != old_lists):
        _record(name or describe_change(old, new), _values(old, fields), old_lists, new_lists)
    set_lists(new_lists)
    _put(encode(new))


def _record(name: str, fields: dict[str, Any], old_lists: Lists, new_lists: Lists) -> None:
    """Add a change to those that can be undone, by what it replaced."""
    step = {"name": name, "fields": fields}
    if new_lists != old_lists:
        step["lists"] = old_lists
    session.set(UNDO, json.dumps([*_steps(UNDO), step][-STEPS:]))
    session.set(REDO, "[]")


def _travel(here: str, there: str) -> None:
    """Apply the newest change of one list, and record the values that it replaces in the other."""
    steps, now = _steps(here), draft()
    if steps:
        step = steps.pop()
        new = build(Experiment, now.model_dump(mode="json") | step["fields"])
        back = {"name": step["name"], "fields": _values(now, step["fields"])}
        if "lists" in step:
            back["lists"] = lists()
            set_lists(step["lists"])
            _redraw(*(path.partition(".")[0] for path in {**step["lists"], **back["lists"]}))
        session.set(there, json.dumps([*_steps(there), back]))
        session.set(here, json.dumps(steps))
        _put(encode(new))
        _redraw(*_differences(now, new))


def _steps(name: str) -> list[dict[str, Any]]:
    return json.loads(session.get(name, "[]"))


def _newest(name: str) -> str:
    return next((step["name"] for step in _steps(name)[-1:]), "")


def _values(experiment: Experiment, fields: Iterable[str]) -> dict[str, Any]:
    """The JSON data of these fields of an experiment."""
    return experiment.model_dump(mode="json", include=set(fields))


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


# --- several values of a number


def lists() -> Lists:
    """Return the list of values that a number of the draft has in place of one, as it was typed, by
    the path of the number.
    """
    try:
        known = json.loads(session.get_ui(session.SEVERAL) or "{}")
    except ValueError:  # an address that somebody changed
        return {}
    known = known if isinstance(known, dict) else {}
    return {path: text[:200] for path, text in known.items() if isinstance(text, str)}


def put_list(path: str, text: str, *, redraw: bool = False) -> None:
    """Give a number of the draft several values; "" for the one that the draft has. Pass `redraw`
    when something other than its own widget does so.
    """
    old_lists, numbers = lists(), number_fields(draft())
    new_lists = {name: known for name, known in old_lists.items() if name != path}
    new_lists |= {path: text} if text else {}
    if new_lists != old_lists:
        label = numbers[path].label if path in numbers else path
        _record(f"{label}: {text or 'one value'}", {}, old_lists, new_lists)
        set_lists(new_lists)
    if redraw:
        _redraw(path.partition(".")[0])


def set_lists(new_lists: Lists) -> None:
    """Replace all lists; this is not a change that can be undone."""
    text = json.dumps(new_lists, ensure_ascii=False) if new_lists else ""
    session.set_ui(session.SEVERAL, text)


def _lasting_lists(old: Experiment, new: Experiment) -> Lists:
    """Return the lists of the numbers that have the same place and the same value as before."""
    return {path: text for path, text in lists().items() if _is_same_number(old, new, path)}


def _is_same_number(old: Experiment, new: Experiment, path: str) -> bool:
    """Whether the path leads to the same number. Among several choices, such as layers, it counts
    them: another choice before it moves the others.
    """
    field, value = path.partition(".")[0], read(new, path)
    before, after = _types(read(old, field)), _types(read(new, field))
    return before == after and value is not None and read(old, path) == value


def _types(value: Any) -> list[type]:
    return list(map(type, value)) if isinstance(value, tuple) else [type(value)]


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
