"""Figures without data: the `meta` of a trace names the columns that it shows, and this file fills
them in.

`assets/binding.js` fills the same figure in the browser, so that live and finished charts share one
drawing function in Python. A test runs both on the same rows. The fields of a trace's `meta`:

    x, y    names of columns                      take    "best": only the row of the best epoch,
                                                          or "marks": those of the stopping rules
    smooth  factor of a bias-corrected mean       z       names of columns, a heat map's rows
    ends    names of columns: a label after the last value of each, moved apart until none overlap
    zeros   names of columns: a text with the names of those that are exactly 0 now, or `always`
    fine    the colour bar of z whose values are within a power of ten
    log     z as log10, exactly 0 as the lowest value, and labels placed for a log axis
"""

from collections.abc import Mapping, Sequence
from math import inf, isfinite, log10
from typing import Any

import plotly.graph_objects as go

LABEL = 13  # px, the height of a line of text
LISTED = 4  # names in a text; more of them are counted
LATE = 0.6  # fraction of the axis from which a text is to the left of its line, as on a phone
LOWEST = 1e-12  # in place of 0 in a map without another number
FEW = 8  # steps or epochs below which each one has a tick
Columns = Mapping[str, Sequence[Any]]
SPIKE, NEAR = 10.0, 3  # a factor, and how many values make a trend; also in assets/binding.js


def fill(figure: go.Figure, columns: Columns, facts: Mapping[str, Any]) -> go.Figure:
    """Fill the rows of a history into the figure and return the same figure."""
    for trace in figure.data:
        trace.update(values(trace.meta or {}, columns, facts, figure.layout.meta or {}))
    figure.update_layout(frame(figure.layout.meta or {}, columns, facts))
    return figure


def values(meta: Mapping, columns: Columns, facts: Mapping, place: Mapping) -> dict[str, Any]:
    """Return the attributes of one trace that depend on data. `place` is the meta of the layout."""
    if "zeros" in meta:
        return _zeros(meta, columns)
    if "ends" in meta:
        return _ends(meta, columns, place)
    if "z" in meta:
        return _map(meta, columns)
    if meta.get("take") == "best":
        return _best(meta, columns, facts, place)
    if meta.get("take") == "marks":
        return _marks(meta, columns, facts, place)
    if "y" not in meta:
        return {}
    y = [number(v) for v in columns.get(meta["y"], ())]
    return {
        "x": list(columns.get(meta["x"], ())),
        "y": smooth(y, meta["smooth"]) if "smooth" in meta else y,
    }


def frame(place: Mapping, columns: Columns, facts: Mapping) -> dict[str, Any]:
    """Return the attributes of the layout that depend on data. There are no axes before the first
    step; then the x-axis covers the whole run.
    """
    if not facts.get("step"):
        return {"xaxis": {"visible": False}, "yaxis": {"visible": False}}
    patch: dict[str, Any] = {}
    if end := facts.get(place.get("end")):
        patch["xaxis"] = {"range": [0, 1.01 * end]}  # room for the last marker
        if 2 <= end < FEW:
            patch["xaxis"]["dtick"] = 1
    if place.get("ticks"):
        low, high = extent(place["extent"], columns, place.get("smooth", 0.0))
        if low < high:
            patch["yaxis"] = ticks(place["ticks"], log10(low), log10(high))
    return patch


def ticks(tables: Mapping, low: float, high: float) -> dict[str, Any]:
    """Return the ticks of a log axis from 10^low to 10^high: 1 and 3 of each decade, or fewer or
    more as space permits.
    """
    span = high - low
    if span < 0.15:
        return {"tickmode": "auto"}
    names = (
        (24, "tens"),
        (8, "triples"),
        (5, "decades"),
        (0.8, "thirds"),
        (0.4, "some"),
        (0, "digits"),
    )
    name = next(name for least, name in names if span > least)
    return {"tickmode": "array", **tables[name]}


def extent(names: Sequence[str], columns: Columns, factor: float = 0.0) -> tuple[float, float]:
    """Return the smallest and largest positive number of some columns, smoothed as they are drawn;
    (inf, 0) for none.
    """
    drawn = (smooth([number(v) for v in columns.get(name, ())], factor) for name in names)
    positive = [v for series in drawn for v in series if v is not None and v > 0]
    return min(positive, default=inf), max(positive, default=0.0)


def number(value: Any) -> float | None:
    """Return the value, or None if it cannot be drawn: a gap in the line."""
    return value if value is not None and isfinite(value) else None


def smooth(series: Sequence[float | None], factor: float) -> list[float | None]:
    """Return the exponential mean m ← f·m + (1−f)·v, divided by 1−fⁿ to correct its bias towards 0
    (Kingma & Ba 2015, section 3). A value counts as at most SPIKE times the mean or the value
    before it, and the mean stays within SPIKE of the last NEAR values: neither a single spike nor
    one that lasts hides what follows, and a divergence is followed.
    """
    if not factor:
        return list(series)
    mean, weight, out = 0.0, 0.0, []
    recent: list[float] = []
    for value in series:
        if value is None:
            out.append(None)
            continue
        counted = min(value, SPIKE * max(mean, recent[-1])) if mean > 0 else value
        weight = factor * weight + (1 - factor)
        mean += (1 - factor) / weight * (counted - mean)
        recent = [*recent, value][-NEAR:]
        if len(recent) == NEAR and mean > 0 and max(recent) >= 0:
            mean = min(max(mean, min(recent) / SPIKE), max(recent) * SPIKE)
        out.append(mean)
    return out


def spread(targets: Sequence[float], gap: float) -> list[float]:
    """Return positions at least `gap` apart with the least squared distance to `targets`: isotonic
    regression of targets − k·gap.
    """
    order = sorted(range(len(targets)), key=lambda i: targets[i])
    blocks: list[list[float]] = []  # [sum, count] of each pooled block
    for k, i in enumerate(order):
        blocks.append([targets[i] - k * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + count]
    level = [total / count for total, count in blocks for _ in range(count)]
    places = [0.0] * len(targets)
    for k, i in enumerate(order):
        places[i] = level[k] + k * gap
    return places


def _ends(meta: Mapping, columns: Columns, place: Mapping) -> dict[str, Any]:
    """Return x, y, text and colour of the names at the line ends; none for a layer without a last
    value.
    """
    shown = []
    for name, text, colour in zip(meta["ends"], meta["names"], meta["colours"], strict=True):
        series = [v for v in columns.get(name, ()) if number(v) is not None]
        last = (smooth(series, meta.get("smooth", 0.0)) or [None])[-1]
        if last is not None and (last > 0 or not meta["log"]):
            shown.append((log10(last) if meta["log"] else last, text, colour))
    every = [v for name in meta["extent"] for v in columns.get(name, ()) if number(v) is not None]
    low, high = (
        extent(meta["extent"], columns)
        if meta["log"]
        else (min(every, default=0), max(every, default=0))
    )
    length = (log10(high) - log10(low) if low < high else 0) if meta["log"] else high - low
    moved = spread(
        [v for v, *_ in shown], LABEL / place["pixels"] * length * 1.1
    )  # Autorange leaves a margin.
    x = list(columns.get(meta["x"], ()))[-1:] * len(shown)
    return {
        "x": x,
        "y": [10**v if meta["log"] else v for v in moved],
        "text": [text for _, text, _ in shown],
        "textfont": {"size": 12, "color": [colour for *_, colour in shown]},
    }


def _zeros(meta: Mapping, columns: Columns) -> dict[str, Any]:
    """Return the text that names the series whose last value, or each one, is exactly 0, at its
    first x. A log axis cannot show them.
    """
    named = zip(meta["zeros"], meta["names"], strict=True)
    first = 0 if meta.get("always") else -1
    zero = [name for column, name in named if {*columns.get(column, ())[first:]} == {0}]
    listed = ", ".join(zero) if len(zero) <= LISTED else f"{len(zero)} layers"
    text = [f" {meta['text']} {listed}"] if zero else []
    return {"x": list(columns.get(meta["x"], ()))[:1] if zero else [], "y": [1.0] * len(text),
            "text": text}  # fmt: skip


def _map(meta: Mapping, columns: Columns) -> dict[str, Any]:
    raw = [[number(v) for v in columns.get(name, ())] for name in meta["z"]]
    if not meta["log"]:
        return {"x": list(columns.get(meta["x"], ())), "z": raw, "customdata": raw}
    low = log10(min((v for row in raw for v in row if v), default=LOWEST))
    z = [[v if v is None else log10(v) if v else low for v in row] for row in raw]
    patch = {"x": list(columns.get(meta["x"], ())), "z": z, "customdata": raw}
    shown = [v for row in z for v in row if v is not None]
    if "fine" in meta and shown and max(shown) - min(shown) < 1:
        patch["colorbar"] = meta["fine"]
    return patch


def _best(meta: Mapping, columns: Columns, facts: Mapping, place: Mapping) -> dict[str, Any]:
    """Return the star, the dotted line and its text; nothing before an epoch is the best."""
    row = facts.get("best")
    if row is None:
        return {"x": [], "y": []}
    x = columns[meta["x"]][row]
    y = meta["at"] if "at" in meta else [number(columns[meta["y"]][row])]
    patch: dict[str, Any] = {"x": [x] * len(y), "y": list(y)}
    if "text" in meta:
        late = x > LATE * (facts.get(place.get("end")) or inf)
        patch |= {
            "text": [f"{meta['text']} {facts['best_epoch']} "],
            "textposition": f"middle {'left' if late else 'right'}",
        }
    return patch


def _marks(meta: Mapping, columns: Columns, facts: Mapping, place: Mapping) -> dict[str, Any]:
    """Return where stopping rules would have ended the run, and where its settings were changed:
    lines, texts below each other, or points on the curve.
    """
    shown = [mark for mark in facts.get("marks", ()) if mark["part"] in meta["show"]]
    if meta["as"] == "points":
        shown = [mark for mark in shown if "row" in mark]
    axis = meta["x"].partition(".")[2]
    x = [columns[meta["x"]][m["row"]] if "row" in m else m["at"][axis] for m in shown]
    if meta["as"] == "lines":
        ends = [(place, height) for place in x for height in (0, 1, None)]
        return {
            "x": [place if height is not None else None for place, height in ends],
            "y": [height for _, height in ends],
        }
    texts = [mark["text"] for mark in shown]
    if meta["as"] == "points":
        y = [number(columns[meta["y"]][mark["row"]]) for mark in shown]
        return {"x": x, "y": y, "text": texts}
    end = facts.get(place.get("end")) or max(x, default=0) or inf
    return {
        "x": x,
        "y": [meta["heights"][k % len(meta["heights"])] for k in range(len(x))],
        "text": [f" {text} " for text in texts],
        "textposition": [f"middle {'left' if at > 0.5 * end else 'right'}" for at in x],
    }
