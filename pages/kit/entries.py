"""What widgets hold: entries as values of fields, and the callbacks that write them into the draft.

A callback runs before the page, and also when the page is left.
"""

import re
from collections.abc import Callable
from typing import Any

from core.base.encoding import build, change, read
from core.base.errors import BadExperiment
from core.base.numbers import short
from core.base.spec import Choice, FieldFacts, Value
from core.studies.number_lists import is_number, parse_numbers
from pages.kit import session, state


def shown_as(value: object) -> str:
    """Return a value as its widget writes it."""
    return short(value, 4) if isinstance(value, float) else str(value)


def parse(entry: object, fact: FieldFacts) -> object:
    """Return an entry as a value of the field's type. Numbers may be written as 1e-3, 0.001 or
    0,001. Raises BadExperiment for anything else.
    """
    if fact.type is not float or fact.options:
        return entry
    text = str(entry).strip()
    try:
        if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", text):  # 1,000: a thousand here, one there
            raise ValueError(text)
        return float(text.replace(",", ".").replace("−", "-"))
    except ValueError:
        example = shown_as(fact.default)
        raise BadExperiment(
            f"{fact.name} “{entry}” is not a number: write one such as {example}.",
            code="not_a_number",
        ) from None


def kind_of(value: Value) -> str:
    """Return the kind of a choice, or the class of another value, as part of widget keys."""
    return getattr(value, "kind", type(value).__name__)


def on_change(function: Callable[..., None], *arguments: object, when: object) -> dict[str, Any]:
    """The arguments of a widget that call `function` when it changes; none without `when`."""
    return {"on_change": function, "args": arguments} if when else {}


def store_kind(family: type[Choice], key: str, field: str) -> None:
    """Write another kind, with its defaults, into a field that holds one choice."""
    kind = session.widget_value(key)
    if kind in family.members and getattr(state.draft(), field).kind != kind:
        _store(field, family.pick(kind).model_dump(mode="json"))


def store_switch(family: type[Choice], kind: str, key: str, field: str) -> None:
    """Add a choice with its defaults to a field that holds several, or remove it."""
    on = {value.kind: value for value in getattr(state.draft(), field)}
    if session.widget_value(key):
        on.setdefault(kind, family.pick(kind))
    else:
        on.pop(kind, None)
    ordered = [on[member] for member in family.members if member in on]
    _store(field, [value.model_dump(mode="json") for value in ordered])


def store_field(fact: FieldFacts, kind: str, key: str, field: str) -> None:
    """Write one field of a choice, of one of several choices, or of the experiment itself."""
    path, entry = field_path(kind, fact.name, field), session.widget_value(key)
    if not path or entry is None or entry == shown_as(read(state.draft(), path)):
        return
    try:
        if read_numbers(entry, fact):
            _store_list(path, str(entry), fact)
        else:
            _store(path, parse(entry, fact))
    except BadExperiment:
        return  # the page explains it


def field_path(kind: str, name: str, field: str) -> str:
    """Return the path of a field of the draft: of a choice of this kind, of one of several choices,
    or of the experiment itself; "" if the draft does not have it now.
    """
    owner, path = state.draft(), ""
    if not field:
        return ""
    if kind != kind_of(owner):
        owner, path = getattr(owner, field), f"{field}."
    if isinstance(owner, tuple):
        index = next((i for i, value in enumerate(owner) if kind_of(value) == kind), None)
        if index is None:
            return ""
        owner, path = owner[index], f"{path}{index}."
    return f"{path}{name}" if kind_of(owner) == kind else ""


def read_numbers(entry: object, fact: FieldFacts) -> list[int | float] | None:
    """Return the values of an entry that is a list or a range; None for any other. Raises
    BadExperiment.
    """
    return parse_numbers(entry, fact) if isinstance(entry, str) and is_number(fact) else None


def store_list(fact: FieldFacts, path: str, key: str) -> None:
    """Give a number the several values that its widget holds, or the single one."""
    entry = session.widget_value(key)
    try:
        if entry and read_numbers(entry, fact):
            _store_list(path, entry, fact)
        elif entry:
            state.edit(path, parse(entry, fact))
            state.put_list(path, "")
    except BadExperiment:
        return  # the page explains it


def _store_list(path: str, text: str, fact: FieldFacts) -> None:
    """Give a number several values if all of them are valid. Raises BadExperiment."""
    for value in read_numbers(text, fact) or ():
        change(state.draft(), path, value)
    state.put_list(path, text)


def store_value(fact: FieldFacts, value: Value, key: str, store: Callable[[Value], None]) -> None:
    """Pass the value with the entry of a widget to `store`."""
    entry = session.widget_value(key)
    if entry is None or entry == shown_as(getattr(value, fact.name)):
        return
    try:
        entry = parse(entry, fact)
        store(build(type(value), {**dict(value), fact.name: entry}))
    except BadExperiment:
        return  # the page explains it


def _store(path: str, value: object) -> None:
    try:
        state.edit(path, value)
    except BadExperiment:
        return  # the page explains it
