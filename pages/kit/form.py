"""Widgets for choice classes, generated from their fields: one field, one widget.

A new class appears here without an edit. A value that cannot be used is explained in one sentence,
and the last valid value is kept; Start waits until the entry is valid.

A widget whose key comes from `state.key` of a field of the draft writes its change into the draft
by a callback (`entries.py`), so no change is lost however quickly the next press follows.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.base.encoding import build
from core.base.errors import BadExperiment
from core.base.numbers import short, whole
from core.base.spec import Choice, FieldFacts, Value, fields
from core.export.glossary import term_of_choice
from core.network.layers import Layer
from core.studies.number_lists import is_number
from pages.kit import session, state
from pages.kit.entries import (
    field_path,
    kind_of,
    on_change,
    parse,
    read_numbers,
    shown_as,
    store_field,
    store_kind,
    store_list,
    store_switch,
    store_value,
)

LIST_HELP = "Several values: Start queues one run for each. A single value ends the list."
FEW = 5  # options that fit side by side; more of them become a list
C = TypeVar("C", bound=Choice)
V = TypeVar("V", bound=Value)


def choose(family: type[C], value: C, key: str, *, label: str, segments: bool = True) -> C:
    """Draw the menu of a family and return the chosen member: `value` itself, or another kind with
    its defaults.
    """
    kinds = list(family.members)
    field = state.field_of(key)
    look = {
        "format_func": lambda kind: family.members[kind].label,
        "help": explain(type(value)),
        "key": f"{key}.kind",
        **on_change(store_kind, family, f"{key}.kind", field, when=field),
    }
    if segments and len(kinds) <= FEW:
        kind = st.segmented_control(label, kinds, default=value.kind, required=True, **look)
    else:
        kind = st.selectbox(label, kinds, index=kinds.index(value.kind), **look)
    return value if kind == value.kind else family.pick(kind)


def edit(
    value: V,
    key: str,
    *,
    width: int = 150,
    skip: tuple[str, ...] = (),
    store: Callable[[Value], None] | None = None,
) -> V:
    """Draw the widgets of a value's fields in rows that wrap, and return the value that they hold.
    An invalid field does not affect the others. `store` writes the value with a changed field, for
    a value that is no field of the draft.
    """
    facts = [fact for fact in fields(type(value)) if is_plain(fact) and fact.name not in skip]
    facts.sort(key=lambda fact: fact.type is bool)  # switches come last
    if not facts:
        return value
    field = state.field_of(key)
    complaints = st.container(gap="xxsmall")
    with st.grid(min_column_width=width, gap="small"):
        for fact in facts:
            old = getattr(value, fact.name)
            widget_key = f"{key}.{kind_of(value)}.{fact.name}"
            path = "" if store else field_path(kind_of(value), fact.name, field)
            if is_number(fact) and (typed := state.lists().get(path)):
                edit_list(value, fact, path, typed, complaints, key)
                continue
            callback = on_change(store_field, fact, kind_of(value), widget_key, field, when=field)
            if store:
                callback = on_change(store_value, fact, value, widget_key, store, when=store)
            entry = widget(fact, old, widget_key, **callback)
            if entry != old:
                value = _replaced(value, fact, entry, complaints, key, several=bool(path))
    return value


def edit_list(
    value: Value, fact: FieldFacts, path: str, typed: str, complaints: DeltaGenerator, key: str
) -> None:
    """Draw the field of a number with several values as text. A single value ends the list."""
    widget_key = state.key(f"list {path}", path.partition(".")[0])
    entry = st.text_input(
        label_of(fact), typed, max_chars=200, help=f"{about(fact)} {LIST_HELP}", key=widget_key,
        on_change=store_list, args=(fact, path, widget_key),
    )  # fmt: skip
    _replaced(value, fact, entry, complaints, key, several=True)


def edit_field(value: Value, name: str, key: str, *, width: int = 130) -> Any:
    """Draw the widget of one field and return what it holds, or the field's value where that is
    invalid.
    """
    others = tuple(fact.name for fact in fields(type(value)) if fact.name != name)
    return getattr(edit(value, key, width=width, skip=others), name)


def _replaced(
    value: V,
    fact: FieldFacts,
    entry: object,
    complaints: DeltaGenerator,
    key: str,
    *,
    several: bool = False,
) -> V:
    """The value with another entry in one field; unchanged, with a complaint, where the entry is
    invalid. The form with this key then keeps Start from training with the old value. The entry of
    a number of the draft can be a list of `several` values.
    """
    try:
        if several and (numbers := read_numbers(entry, fact)):
            for number in numbers:
                build(type(value), {**dict(value), fact.name: number})
            return value
        return build(type(value), {**dict(value), fact.name: parse(entry, fact)})
    except BadExperiment as error:
        sentence = re.sub(rf"^{fact.name}\b", lambda _: fact.label, str(error))
        if limits := reach(fact):
            among = f"Choose a value {limits[0].lower()}{limits[1:]}"
            advice = r"(Choose a (smaller|larger) value|Write one such as \S+)\.$"
            sentence = re.sub(advice, among, sentence)
        session.refuse(key, sentence)
        text = f"{sentence} {describe_kept(shown_as(getattr(value, fact.name)))}"
        complaints.markdown(f":red[:material/error: {escape(text)}]")
        return value


def describe_kept(valid: str) -> str:
    """Return the end of a complaint: what is used while an entry is invalid."""
    return f"The last valid entry remains in use: {valid}."


def several(family: type[C], values: tuple[C, ...], key: str) -> tuple[C, ...]:
    """Draw a switch for each member of a family, in two columns, with the fields of those that are
    on, and return the chosen ones: any number, each kind once.
    """
    present = {value.kind: value for value in values}
    field = state.field_of(key)
    chosen, columns = [], st.columns(2)
    for index, (kind, cls) in enumerate(family.members.items()):
        column = columns[2 * index >= len(family.members)]
        widget_key = f"{key}.{kind}"
        callback = on_change(store_switch, family, kind, widget_key, field, when=field)
        with column, st.container(gap="xsmall"):
            if st.toggle(cls.label, kind in present, key=widget_key, help=explain(cls), **callback):
                chosen.append(edit(present.get(kind) or cls(), key))
    return tuple(chosen)


def widget(fact: FieldFacts, value: object, key: str, **more: Any) -> object:
    """Draw the widget of a field and return its entry. A number over many decades is text: 1e-3.

    The widgets have no limits: the browser would keep a number beyond them to itself, in a red
    frame without an explanation, and the page would continue with the old value.
    """
    label = label_of(fact)
    look = {"help": about(fact), "key": key, **more}
    if len(fact.options) > FEW:
        index = fact.options.index(value)
        return st.selectbox(label, fact.options, index=index, format_func=_wording(fact), **look)
    if fact.options:
        return st.segmented_control(
            label,
            fact.options,
            default=value,
            required=True,
            format_func=_wording(fact),
            **look,
        )
    if fact.type is bool:
        with st.container(height="stretch", vertical_alignment="bottom"):
            return st.toggle(label, value, **look)
    if fact.type is float and fact.log:
        entry = st.text_input(label, shown_as(value), max_chars=200, **look)
        return value if entry == shown_as(value) else entry  # the widget shows fewer digits
    if fact.type in (int, float):
        form = {} if fact.type is int else {"format": "%g"}
        entry = st.number_input(label, value=fact.type(value), step=step(fact), **form, **look)
        return value if entry is None else entry
    return st.text_input(label, str(value), max_chars=200, **look)


# --- texts and numbers


def label_of(fact: FieldFacts) -> str:
    """Return the label of a field with its symbol and its unit."""
    symbol = f"${fact.symbol}$" if "_" in fact.symbol else fact.symbol  # with an index: λ_b
    return " ".join(filter(None, [fact.label, symbol, f"({fact.unit})" if fact.unit else ""]))


def step(fact: FieldFacts) -> int | float:
    """Return what one press on + adds."""
    if fact.type is int:
        return 1
    return 0.05 if fact.high is not None and fact.high <= 1 else 1.0


def is_plain(fact: FieldFacts) -> bool:
    """Whether one widget can hold the field; choices inside choices are drawn by their page."""
    return bool(fact.options) or fact.type in (bool, int, float, str)


def about(fact: FieldFacts) -> str:
    """Return the help of a field: what it means, and its range."""
    return " ".join(filter(None, [fact.help, reach(fact)]))


def reach(fact: FieldFacts) -> str:
    """Return the range of a number in words; "" where it has none."""
    if fact.type not in (int, float) or fact.low is None or fact.high is None or fact.options:
        return ""
    opening = "above " if fact.open_low else ""
    low, high = (whole(v) if fact.type is int else short(v, 4) for v in (fact.low, fact.high))
    return f"From {opening}{low} to {high}."


def explain(cls: type[Choice]) -> str:
    """Return the help of a choice: docstring, formula, the meaning of its symbols, papers, and the
    link to its term in the glossary.
    """
    formula = f"${cls.formula}$" if cls.formula else ""
    kind = cls.model_fields["kind"].default
    term = term_of_choice(f"{cls.family}/{kind}")
    link = f"[Glossary: {term.name}]({glossary_address(term.name)})" if term else ""
    parts = [f"**{cls.label}.** {cls.doc()}", formula, cls.symbols(), cls.papers(), link]
    return "\n\n".join(filter(None, parts))


def glossary_address(name: str) -> str:
    """Return the address of a term of the glossary, relative to any page."""
    return f"lessons?term={quote(name)}"


def escape(text: str) -> str:
    """Return other people's text so that Markdown shows it unchanged."""
    clipped = text if len(text) <= 400 else text[:399] + "…"
    clipped = clipped.replace(":material/", ":\u2060material/")  # a backslash does not stop icons
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in clipped)


_SIGNS = "\\`*_{}[]()#+-.!|<>$:~^&"


def _wording(fact: FieldFacts) -> Callable[[object], str]:
    """Return the function that names options. Kinds of layers have the labels of their classes."""
    layers = all(option in Layer.members for option in fact.options)

    def word(option: object) -> str:
        if layers:
            return Layer.members[option].label
        if option in fact.option_labels:
            return fact.option_labels[option]
        return option.replace("_", " ").capitalize() if isinstance(option, str) else str(option)

    return word
