"""From a choice class to widgets to a value: one field, one widget, all of it generated.

A new class appears here without an edit. What cannot be used is said in one sentence, and the last
good value stays.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.base.encoding import build
from core.base.errors import BadExperiment
from core.base.numbers import short, whole
from core.base.spec import Choice, FieldFacts, Value, fields
from core.network.layers import Layer

FEW = 5  # options that stand side by side; more go into a list
C = TypeVar("C", bound=Choice)
V = TypeVar("V", bound=Value)


def choose(family: type[C], value: C, key: str, *, label: str, segments: bool = True) -> C:
    """The menu of a family. Another kind begins with its defaults; the same kind keeps its
    fields.
    """
    kinds = list(family.members)
    shown = {
        "format_func": lambda kind: family.members[kind].label,
        "help": explain(type(value)),
        "key": f"{key}.kind",
    }
    if segments and len(kinds) <= FEW:
        kind = st.segmented_control(label, kinds, default=value.kind, required=True, **shown)
    else:
        kind = st.selectbox(label, kinds, index=kinds.index(value.kind), **shown)
    return value if kind == value.kind else family.pick(kind)


def edit(value: V, key: str, *, width: int = 150, skip: tuple[str, ...] = ()) -> V:
    """The widgets of a value's fields, in a row that wraps; the value as they say it. One wrong
    field does not hold up the others.
    """
    facts = [fact for fact in fields(type(value)) if is_plain(fact) and fact.name not in skip]
    facts.sort(key=lambda fact: fact.type is bool)  # switches stand at the end of the row
    if not facts:
        return value
    complaints = st.container(gap="xxsmall")
    with st.grid(min_column_width=width, gap="small"):
        for fact in facts:
            old = getattr(value, fact.name)
            said = widget(fact, old, f"{key}.{_tag(value)}.{fact.name}")
            if said != old:
                value = _with(value, fact, said, complaints)
    return value


def edit_field(value: Value, name: str, key: str, *, width: int = 130) -> Any:
    """Draw the widget of one field and return what it holds; the field's value where that cannot
    be used.
    """
    others = tuple(fact.name for fact in fields(type(value)) if fact.name != name)
    return getattr(edit(value, key, width=width, skip=others), name)


def _with(value: V, fact: FieldFacts, said: object, complaints: DeltaGenerator) -> V:
    """The value with one field as its widget says; unchanged, and one sentence, when that cannot
    be.
    """
    try:
        if fact.type is float:
            said = number(said, fact)
        return build(type(value), {**dict(value), fact.name: said})
    except BadExperiment as error:
        sentence = str(error).replace(f"{fact.name} ", f"{fact.label} ", 1)
        if limits := reach(fact):
            among = f"choose one {limits[0].lower()}{limits[1:]}"
            sentence = re.sub(r"(choose a (smaller|larger) value|write one)\.$", among, sentence)
        said = f"{sentence} {shown_as(getattr(value, fact.name))} stays."
        complaints.markdown(f":red[:material/error: {escape(said)}]")
        return value


def several(family: type[C], values: tuple[C, ...], key: str) -> tuple[C, ...]:
    """Any number of a family's choices, each kind once: a switch for each, in two columns, and the
    fields of those that are on.
    """
    present = {value.kind: value for value in values}
    chosen, columns = [], st.columns(2)
    for place, (kind, cls) in enumerate(family.members.items()):
        column = columns[2 * place >= len(family.members)]
        with column, st.container(gap="xsmall"):
            if st.toggle(cls.label, kind in present, key=f"{key}.{kind}", help=explain(cls)):
                chosen.append(edit(present.get(kind) or cls(), key))
    return tuple(chosen)


def widget(fact: FieldFacts, value: object, key: str) -> object:
    """The one widget of one field, and what it says. A number over many decades is text: 1e-3.

    No widget knows the limits: it would keep what lies beyond them to itself, in a red frame
    without a word, and the page would go on with the old value.
    """
    symbol = f"${fact.symbol}$" if "_" in fact.symbol else fact.symbol  # with an index: λ_b
    label = " ".join(filter(None, [fact.label, symbol, f"({fact.unit})" if fact.unit else ""]))
    shown = {"help": about(fact), "key": key}
    if len(fact.options) > FEW:
        place = fact.options.index(value)
        return st.selectbox(label, fact.options, index=place, format_func=_wording(fact), **shown)
    if fact.options:
        return st.segmented_control(
            label,
            fact.options,
            default=value,
            required=True,
            format_func=_wording(fact),
            **shown,
        )
    if fact.type is bool:
        with st.container(height="stretch", vertical_alignment="bottom"):
            return st.toggle(label, value, **shown)
    if fact.type is float and fact.log:
        said = st.text_input(label, shown_as(value), max_chars=24, **shown)
        return value if said == shown_as(value) else said  # what is shown has fewer digits
    if fact.type in (int, float):
        form = {} if fact.type is int else {"format": "%g"}
        said = st.number_input(label, value=fact.type(value), step=step(fact), **form, **shown)
        return value if said is None else said
    return st.text_input(label, str(value), max_chars=200, **shown)


def step(fact: FieldFacts) -> int | float:
    """What one press on + adds."""
    if fact.type is int:
        return 1
    return 0.05 if fact.high is not None and fact.high <= 1 else 1.0


def shown_as(value: object) -> str:
    """A value as its widget writes it."""
    return short(value, 4) if isinstance(value, float) else str(value)


def number(said: object, fact: FieldFacts) -> float:
    """What was typed, as people write numbers: 1e-3, 0.001, 0,001. BadExperiment for anything
    else.
    """
    text = str(said).strip()
    try:
        if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", text):  # 1,000: a thousand here, one there
            raise ValueError(text)
        return float(text.replace(",", ".").replace("−", "-"))
    except ValueError:
        example = shown_as(fact.default)
        raise BadExperiment(
            f"{fact.name} “{said}” is no number: write one such as {example}."
        ) from None


def is_plain(fact: FieldFacts) -> bool:
    """Whether one widget can hold it; choices inside choices are drawn by their page."""
    return bool(fact.options) or fact.type in (bool, int, float, str)


def about(fact: FieldFacts) -> str:
    """The help of a field: what it is, and its range."""
    return " ".join(filter(None, [fact.help, reach(fact)]))


def reach(fact: FieldFacts) -> str:
    """The range of a number, in words; empty where it has none."""
    if fact.type not in (int, float) or fact.low is None or fact.high is None or fact.options:
        return ""
    opening = "above " if fact.open_low else ""
    low, high = (whole(v) if fact.type is int else short(v, 4) for v in (fact.low, fact.high))
    return f"From {opening}{low} to {high}."


def explain(cls: type[Choice]) -> str:
    """The help of a choice: its docstring, its formula with the meaning of the letters, its
    papers.
    """
    formula = f"${cls.formula}$" if cls.formula else ""
    parts = [f"**{cls.label}.** {cls.doc()}", formula, cls.symbols(), cls.papers()]
    return "\n\n".join(filter(None, parts))


def escape(text: str) -> str:
    """Other people's text, to stand in Markdown as it is."""
    clipped = text if len(text) <= 400 else text[:399] + "…"
    clipped = clipped.replace(":material/", ":\u2060material/")  # a backslash does not stop icons
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in clipped)


_SIGNS = "\\`*_{}[]()#+-.!|<>$:~^&"


def _wording(fact: FieldFacts) -> Callable[[object], str]:
    """How options are called; kinds of layers as those are, though a schedule too has a step."""
    layers = all(option in Layer.members for option in fact.options)

    def word(option: object) -> str:
        if layers:
            return Layer.members[option].label
        if option in fact.option_labels:
            return fact.option_labels[option]
        return option.replace("_", " ").capitalize() if isinstance(option, str) else str(option)

    return word


def _tag(value: Value) -> str:
    return getattr(value, "kind", type(value).__name__)
