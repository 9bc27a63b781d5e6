"""The ranges that a person has brushed in the results of a search: which trials are lit in all
charts, and what *Narrow the space here* keeps. Kept in the session, for one search at a time.
"""

import json
from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.figures.search.parallel_coordinates import brushed_axis
from core.figures.search.scale import Brush, DimensionScale
from pages.kit import session

STATE = "search brush"  # screen state: JSON of the search, the ranges by path, and a counter
WIDTH = 230  # px of a field


def brushes(search_id: str) -> dict[str, Brush]:
    """Return the brushed range of each setting, or its options, by path."""
    return {path: tuple(ends) for path, ends in _stored(search_id)["ranges"].items()}


def _stored(search_id: str) -> dict:
    stored = json.loads(session.get_ui(STATE) or "{}")
    if stored.get("search") == search_id:
        return stored
    return {"search": search_id, "ranges": {}, "round": 0}


def _put(search_id: str, ranges: dict[str, Brush], *, redraw: bool) -> None:
    """Store the ranges; `redraw` their fields unless one of them made the change."""
    count = _stored(search_id)["round"] + int(redraw)
    session.set_ui(STATE, json.dumps({"search": search_id, "ranges": ranges, "round": count}))


def clear(search_id: str) -> None:
    """Forget all ranges."""
    _put(search_id, {}, redraw=True)


def box(search_id: str, scales: Sequence[DimensionScale], place: Sequence[float]) -> None:
    """Brush the axis that a box in the parallel coordinates selects. A box beside the range of an
    axis, or around all of it, ends its brush.
    """
    number = brushed_axis(len(scales) + 1, place[:2])
    if number is None:
        return
    low, high = sorted(place[2:])
    scale, ranges = scales[number], brushes(search_id)
    ranges.pop(scale.path, None)
    if brush := scale.brush(low, high):
        ranges[scale.path] = brush
    _put(search_id, ranges, redraw=True)


def fields(search_id: str, scales: Sequence[DimensionScale]) -> None:
    """Draw a field for the range of each setting, which the keyboard reaches too."""
    stored, ranges = _stored(search_id), brushes(search_id)
    with st.grid(min_column_width=WIDTH, gap="small"):
        for scale in scales:
            key = f"brush {search_id} {stored['round']} {scale.path}"
            changed = partial(_store_field, search_id, scale, stored["round"], key)
            brush = ranges.get(scale.path, ())
            if scale.options:
                st.multiselect(
                    scale.title, scale.options, list(brush), format_func=scale.write, key=key,
                    on_change=changed, placeholder="All options",
                )  # fmt: skip
            else:
                stops = scale.stops
                ends = (brush[0], brush[-1]) if brush else (stops[0], stops[-1])
                st.select_slider(
                    scale.title, stops, ends, format_func=scale.write, key=key, on_change=changed
                )


def _store_field(search_id: str, scale: DimensionScale, drawn_in: int, key: str) -> None:
    """Store what a field holds, unless a box has replaced it: until the page is complete, the
    browser still sends the value of the former field, and Streamlit takes it for a new one.
    """
    if drawn_in != _stored(search_id)["round"]:
        return
    chosen = tuple(session.widget_value(key) or ())
    ranges = brushes(search_id)
    ranges.pop(scale.path, None)
    everything = not scale.options and chosen == (scale.stops[0], scale.stops[-1])
    if chosen and not everything:
        ranges[scale.path] = chosen
    _put(search_id, ranges, redraw=False)
