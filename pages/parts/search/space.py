"""What the draft search varies: a row for each setting, with a tick, the ends of its range and its
scale, or its options. The ranges to begin with come from the fields of the experiment.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.base.encoding import build
from core.base.errors import BadExperiment
from core.base.spec import FieldFacts, fields
from core.figures.search.scale import scales
from core.studies.search.dimensions import default_space, dimensions_of, labels
from core.studies.search.ranges import (
    LogRange,
    NumberRange,
    OneMinusLogRange,
    UniformRange,
    WholeRange,
)
from core.studies.search.search import Search
from core.studies.search.space import SHAPES, Dimension
from core.studies.search.strategies import ManyStarts
from pages.kit import session
from pages.kit.entries import parse, shown_as
from pages.kit.form import describe_kept, escape
from pages.kit.layout import card_title
from pages.kit.screen import phone
from pages.parts.search import drafts

FEW = 3  # options of a setting that is not ticked
NAME, NAME_ON_PHONE, END, SCALE = 178, 300, 84, 128  # px; on a phone the name has a row
SCALES = {"linear": "Linear", "log": "Logarithmic", "one_minus_log": "1 − 10ᵏ"}
HELP = (
    "Each trial draws a value for every ticked setting. The order is that of importance: tune the "
    "learning rate first, then momentum and batch size, then the width, then the number of layers. "
    "On a logarithmic scale every power of ten is equally likely; on the scale 1 − 10ᵏ it is the "
    "distance to 1 that is logarithmic, as decay factors such as β need it."
)
SEEDS_ONLY = "Many starts vary the seeds alone: initial weights, order of the samples and dropout."


def card(search: Search) -> None:
    """Draw the card with all rows, and the menu that adds one."""
    with st.container(border=True, height="stretch", gap="xsmall"):
        card_title("What is searched", help=HELP)
        if isinstance(search.strategy, ManyStarts):
            st.markdown(SEEDS_ONLY)
            return
        known = {d.path: d for d in dimensions_of(search.base).values()}
        ticked = {d.path: d for d in search.space}
        listed = listed_paths(search, known)
        titles = labels(search.base, [(ticked | known)[path] for path in listed])
        for path in listed:
            row(search, titles[path], ticked.get(path), known.get(path))
        rest = {p: d for p, d in known.items() if p not in listed}
        add_setting(labels(search.base, rest.values()), rest)


def listed_paths(search: Search, known: dict[str, Dimension]) -> list[str]:
    """Return the settings that have a row: the usual ones in the order of importance, those of the
    network's shape, and those that a person has added.
    """
    usual = [d.path for d in default_space(search.base)]
    shapes = [path for path in SHAPES if path in known]
    ticked = [d.path for d in search.space]
    return list(dict.fromkeys([*usual, *shapes, *ticked]))


def row(search: Search, title: str, dimension: Dimension | None, usual: Dimension | None) -> None:
    """Draw one setting; a ticked one with its range."""
    path = (dimension or usual).path
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        key = drafts.key(f"tick {path}")
        st.checkbox(
            title,
            dimension is not None,
            key=key,
            on_change=tick,
            args=(path, key, dimension is not None),
            width=NAME_ON_PHONE if phone() else NAME,
        )
        if dimension is None:
            st.caption(escape(summary_of(search, usual)), width="stretch")
        elif isinstance(dimension, NumberRange):
            number_range(dimension)
        else:
            options(search, dimension)


def summary_of(search: Search, dimension: Dimension) -> str:
    """Return the range or the options of a setting that is not ticked."""
    (scale,) = scales(search.model_copy(update={"space": (dimension,)}))
    if scale.options:
        names = [scale.write(option) for option in scale.options]
        more = f", {len(names) - FEW} more" if len(names) > FEW else ""
        return ", ".join(names[:FEW]) + more
    return f"{scale.write(dimension.low)} to {scale.write(dimension.high)}"


def number_range(dimension: NumberRange) -> None:
    """Draw both ends of a range and its scale. An end that is invalid is explained below; the range
    is as before then, and Start waits.
    """
    facts = {fact.name: fact for fact in fields(type(dimension))}
    entries = {}
    for name, label in (("low", "From"), ("high", "To")):
        key = drafts.key(f"{dimension.path} {dimension.kind} {name}")
        end = shown_as(getattr(dimension, name))
        entries[name] = st.text_input(
            label, end, key=key, max_chars=40, width=END,
            label_visibility="collapsed", on_change=store_end, placeholder=label,
            args=(dimension.path, facts[name], key, end),
        )  # fmt: skip
    scale, key = scale_of(dimension), drafts.key(f"{dimension.path} scale")
    st.selectbox(
        "Scale", list(SCALES)[: 2 if isinstance(dimension, WholeRange) else 3],
        list(SCALES).index(scale), format_func=SCALES.get, label_visibility="collapsed",
        key=key, width=SCALE, on_change=store_scale, args=(dimension.path, key, scale),
    )  # fmt: skip
    for name, entry in entries.items():
        if entry != shown_as(getattr(dimension, name)):
            explain_end(dimension, facts[name], entry)


def explain_end(dimension: NumberRange, fact: FieldFacts, entry: str) -> None:
    """Show why an end of a range cannot be used."""
    try:
        drafts.with_dimension(drafts.draft(), with_end(dimension, fact, entry))
    except BadExperiment as error:
        session.refuse(f"search {dimension.path}", str(error))
        kept = describe_kept(f"{shown_as(dimension.low)} to {shown_as(dimension.high)}")
        st.markdown(f":red[:material/error: {escape(str(error))} {escape(kept)}]")


def options(search: Search, dimension: Dimension) -> None:
    """Draw the options of a choice."""
    known = {d.path: d for d in dimensions_of(search.base).values()}.get(dimension.path)
    every = dict.fromkeys((*(known.values if known else ()), *dimension.values))
    labelled = dimension.model_copy(update={"values": tuple(every)})
    (scale,) = scales(search.model_copy(update={"space": (labelled,)}))
    key = drafts.key(f"options {dimension.path}")
    st.multiselect(
        "Options", list(every), list(dimension.values), format_func=scale.write, key=key,
        label_visibility="collapsed", width="stretch", on_change=store_options,
        args=(dimension.path, key, list(dimension.values)),
    )  # fmt: skip


def add_setting(titles: dict[str, str], rest: dict[str, Dimension]) -> None:
    """Draw the menu of all other settings."""
    key = drafts.key("add")
    st.selectbox(
        "Add a setting", list(rest), None, format_func=titles.get, key=key,
        placeholder="Add any other setting of the draft", label_visibility="collapsed",
        on_change=add, args=(key,),
    )  # fmt: skip


# --- callbacks: they run before the page, also when it is left


def tick(path: str, key: str, drawn: bool) -> None:
    """Add a setting to the space, or remove it."""
    is_on = drafts.entry(key, drawn)
    if is_on:
        include(path)
    elif is_on is not None:
        drafts.edit(
            lambda search: drafts.with_space(search, [d for d in search.space if d.path != path])
        )


def add(key: str) -> None:
    """Add the setting that was chosen in the menu."""
    if path := session.widget_value(key):
        include(path)
        drafts.redraw_widgets()


def include(path: str) -> None:
    """Add a setting to the space, with its usual range and in its place."""

    def added(search: Search) -> Search:
        known = {d.path: d for d in dimensions_of(search.base).values()}
        ticked = {d.path: d for d in search.space} | {path: known[path]}
        order = listed_paths(search, known)
        ordered = [ticked[each] for each in order if each in ticked]
        rest = [d for each, d in ticked.items() if each not in order]
        return drafts.with_space(search, [*ordered, *rest])

    drafts.edit(added)


def store_end(path: str, fact: FieldFacts, key: str, drawn: str) -> None:
    """Give a range another end. An invalid one is explained when the page is drawn."""
    entry = drafts.entry(key, drawn)
    if entry is None:
        return
    search = drafts.draft()
    try:
        dimension = next(d for d in search.space if d.path == path)
        changed = drafts.with_dimension(search, with_end(dimension, fact, entry))
    except (BadExperiment, StopIteration):
        return
    drafts.set_draft(changed, follows=drafts.follows_draft(), redraw=False)


def store_scale(path: str, key: str, drawn: str) -> None:
    """Give a range another scale."""
    scale = drafts.entry(key, drawn)
    if scale is None:
        return

    def changed(search: Search) -> Search:
        dimension = next(d for d in search.space if d.path == path)
        return drafts.with_dimension(search, rescaled(dimension, scale))

    drafts.edit(changed, redraw=True)


def store_options(path: str, key: str, drawn: Sequence[Any]) -> None:
    """Give a choice other options, in the order of the menu."""
    chosen: Sequence[Any] | None = drafts.entry(key, drawn)
    if chosen is None:
        return

    def changed(search: Search) -> Search:
        dimension = next(d for d in search.space if d.path == path)
        data = dimension.model_dump(mode="json") | {"values": list(chosen)}
        return drafts.with_dimension(search, build(type(dimension), data))

    drafts.edit(changed)


# --- ranges


def with_end(dimension: NumberRange, fact: FieldFacts, entry: str) -> NumberRange:
    """Return the range with another end. Raises BadExperiment."""
    as_number = FieldFacts(
        **{**vars(fact), "type": float, "default": getattr(dimension, fact.name)}
    )
    number = parse(entry, as_number)
    return build(type(dimension), dimension.model_dump(mode="json") | {fact.name: number})


def scale_of(dimension: NumberRange) -> str:
    """Return the scale of a range, one of SCALES."""
    if isinstance(dimension, OneMinusLogRange):
        return "one_minus_log"
    return (
        "log" if isinstance(dimension, LogRange) or getattr(dimension, "log", False) else "linear"
    )


def rescaled(dimension: NumberRange, scale: str) -> NumberRange:
    """Return the range on another scale; ends that the scale does not have move inside."""
    low, high = dimension.low, dimension.high
    if isinstance(dimension, WholeRange):
        is_log = scale == "log"
        data = dimension.model_dump(mode="json") | {"log": is_log}
        return build(WholeRange, data | {"low": max(1, low) if is_log else low})
    cls = {"log": LogRange, "one_minus_log": OneMinusLogRange}.get(scale, UniformRange)
    if scale == "log" and low <= 0:
        low = float(f"{high / 1e4:.3g}")
    if scale == "one_minus_log":
        high = min(high, 0.9999)
        low = low if low < high else 0.9
    return build(cls, {"path": dimension.path, "low": low, "high": high})
