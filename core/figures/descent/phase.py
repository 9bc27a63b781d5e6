"""Width × training steps as one picture: each cell is a network after so many steps. A row of it is
the model-wise curve at that step, a column the epoch-wise curve of that width; both are drawn at
the edges for the cell under the pointer, which `assets/binding.js` moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log10
from statistics import median
from typing import Any

import plotly.graph_objects as go

from core.advice.study_verdict import FITTED, Measure, landmarks
from core.base.numbers import percent, short, tick
from core.descent.point import Point
from core.figures.template import DASH, PALETTES, Mode, blank, scale

HEIGHT = 254  # px
ACROSS, ALONG = (0.0, 0.7), (0.74, 0.95)  # shares of the width: the map, the cut beside it
UP, BELOW = (0.34, 1.0), (0.0, 0.25)  # shares of the height: the map, the cut below it
FULL = (0.62, 1.0)  # of a height, where the words of a cut stand
TICKS = {"widths": 6, "steps": 4}  # labels of an axis at most


@dataclass(frozen=True)
class Phase:
    """`z` (steps, widths): the median over seeds, None where there is no number yet. `cursor` is
    the cell that is chosen while nobody points, (row, column): the last step at the peak.
    """

    widths: tuple[int, ...]
    steps: tuple[int, ...]
    z: tuple[tuple[float | None, ...], ...]
    fitted: tuple[int | None, ...]  # of each width the first step that fits all
    cursor: tuple[int, int]
    measure: Measure


def rows(points: Sequence[Point], measure: Measure = "test_error", width: int = 0) -> Phase | None:
    """The map of the least control; None with fewer than two steps or widths. `width` chooses the
    column of the cursor, 0 the peak of the last row.
    """
    least = min((point.control for point in points), default=0.0)
    known = {(p.steps, p.width): p for p in points if p.control == least}
    steps = tuple(sorted({step for step, _ in known}))
    widths = tuple(sorted({width for _, width in known}))
    if len(steps) < 2 or len(widths) < 2:
        return None
    z = tuple(tuple(_value(known.get((t, w)), measure) for w in widths) for t in steps)
    early = _early(z)
    steps, z = steps[early:], z[early:]
    row = len(steps) - 1
    shown = [k for k, value in enumerate(z[row]) if value is not None]
    peak = shown[landmarks([z[row][k] for k in shown])[1]] if shown else 0
    column = widths.index(width) if width in widths else peak
    fitted = tuple(_fit(known, steps, width) for width in widths)
    return Phase(widths, steps, z, fitted, (row, column), measure)


def _early(z: Sequence[Sequence[float | None]]) -> int:
    """How many of the first rows show networks that have learned next to nothing yet: of those only
    the last is kept.
    """
    first = max((v for v in z[0] if v is not None), default=0.0)
    lows = [min((v for v in row if v is not None), default=first) for row in z[: len(z) - 2]]
    idle = next((k for k, low in enumerate(lows) if low < 0.8 * first), len(lows))
    return max(0, idle - 1)


def _value(point: Point | None, measure: Measure) -> float | None:
    value = median(getattr(point, measure)) if point else None
    return value if value is not None and isfinite(value) else None


def _fit(known: dict[tuple[int, int], Point], steps: Sequence[int], width: int) -> int | None:
    of_width = (known.get((step, width)) for step in steps)
    fitting = (p.steps for p in of_width if p and median(p.train_error) < FITTED)
    return next(fitting, None)


def figure(phase: Phase, mode: Mode, height: int = HEIGHT) -> go.Figure:
    """Map, the line above which all is fitted, the cross of the cursor and its two cuts.

    Cells are equally large: widths and steps stand at their place in the list. The layout's `meta`
    holds what a moved cursor shows.
    """
    p, error = PALETTES[mode], phase.measure == "test_error"
    said = percent if error else short
    words = [[said(v) if v is not None else "no number" for v in row] for row in phase.z]
    shown = phase.z if error else [[log10(v) if v else None for v in row] for row in phase.z]
    low, high = limits(phase)
    low, high = (low, high) if error else (log10(low), log10(high))
    figure = blank(mode, height, showlegend=False, hovermode="closest", dragmode=False)
    places = [[f"width {tick(w)}, step {tick(t)}" for w in phase.widths] for t in phase.steps]
    figure.add_heatmap(
        z=shown, customdata=words, text=places,
        xgap=1, ygap=1, colorscale=scale(p.sequential), name="map",
        colorbar=_bar(low, high, error, p.muted),
        zmin=low, zmax=high, meta={"table": {"x": phase.widths, "y": phase.steps, "z": phase.z}},
        hovertemplate="%{text}: %{customdata}<extra></extra>",
    )  # fmt: skip
    _frontier(figure, phase, p.text)
    figure.update_layout(meta={"cuts": {"z": shown, "at": list(phase.cursor)}})
    for name, trace in cuts(shown, phase, *phase.cursor).items():
        figure.add_scatter(**trace, **_look(name, mode), name=name, meta={"cut": name})
    figure.update_layout(**_axes(phase, (low, high), error))
    figure.update_layout(margin={"l": 48, "r": 52, "t": 6, "b": 44})
    return figure


def limits(phase: Phase) -> tuple[float, float]:
    """The least value, and the larger of 1.3 × the peak and 2 × the least of the last row: a
    network that has not begun to learn would take all the colours.
    """
    values = [v for row in phase.z for v in row if v] or [0.1, 1.0]
    row, column = phase.cursor
    ended = [v for v in phase.z[row] if v] or values
    top = max(1.3 * (phase.z[row][column] or 0.0), 2 * min(ended))
    return min(values), max(min(top, max(values)), 1.01 * min(values))


def cuts(z: Sequence[Sequence], phase: Phase, row: int, column: int) -> dict[str, dict[str, Any]]:
    """What the traces of the cursor show: its cross, the row across and the column along."""
    wide, high = len(z[0]), len(z)
    return {
        "row": {"x": [-0.5, wide - 0.5], "y": [row, row]},
        "column": {"x": [column, column], "y": [-0.5, high - 0.5]},
        "across": {"x": list(range(wide)), "y": list(z[row])},
        "along": {"x": [line[column] for line in z], "y": list(range(high))},
        "across at": {"x": [column], "y": [z[row][column]]},
        "along at": {"x": [z[row][column]], "y": [row]},
    }


def _look(name: str, mode: Mode) -> dict[str, Any]:
    """Which axes a trace of the cursor uses, and its colour."""
    p = PALETTES[mode]
    axes = {"across": {"yaxis": "y2"}, "along": {"xaxis": "x2"}}.get(name.split()[0], {})
    if name in ("row", "column"):
        return axes | {
            "mode": "lines",
            "line": {"color": p.best, "width": 1.5},
            "hoverinfo": "skip",
        }
    marker = {"size": 9, "color": p.best} if name.endswith("at") else {"size": 4}
    line = {"color": p.test, "width": 2, "dash": DASH["test"]}
    mode = "markers" if name.endswith("at") else "lines"
    return axes | {"mode": mode, "line": line, "marker": marker, "hoverinfo": "skip"}


def _frontier(figure: go.Figure, phase: Phase, colour: str) -> None:
    """From here up the training rows are fitted."""
    steps = [(k, phase.steps.index(t)) for k, t in enumerate(phase.fitted) if t]
    if not steps:
        return
    edge = [point for k, t in steps for point in ((k - 0.5, t - 0.5), (k + 0.5, t - 0.5))]
    figure.add_scatter(
        x=[x for x, _ in edge], y=[y for _, y in edge], mode="lines", hoverinfo="skip",
        line={"color": colour, "width": 1.5, "dash": "2px,3px"}, name="fits all",
    )  # fmt: skip


def _bar(low: float, high: float, error: bool, colour: str) -> dict[str, Any]:
    """The colour bar at the right end."""
    marks = [low, (low + high) / 2, high]
    words = [percent(v) if error else short(10**v) for v in marks]
    words[-1] = f"≥ {words[-1]}"
    return {
        "thickness": 10, "x": 1.0, "xanchor": "left", "xpad": 0, "y": 1.0, "yanchor": "top",
        "ypad": 6, "len": UP[1] - UP[0] + 0.08, "outlinewidth": 0, "tickvals": marks,
        "ticktext": words, "tickfont": {"size": 11, "color": colour},
    }  # fmt: skip


def _axes(phase: Phase, values: tuple[float, float], error: bool) -> dict[str, Any]:
    """Places in the lists with their numbers, and the axes of the two cuts."""
    low, high = (0.0 if error else values[0]), values[1]
    pad = 0.08 * (high - low) or 0.1
    span = {"range": [low - (0 if error else pad), high + pad], "fixedrange": True}
    span |= {"showgrid": False, "showticklabels": False, "showline": True}
    across = _places(phase.widths, TICKS["widths"]) | {"domain": list(ACROSS), "anchor": "y2"}
    along = _places(phase.steps, TICKS["steps"]) | {"domain": list(UP)}
    return {
        "xaxis": across | {"title": {"text": "width", "standoff": 12}, "showline": False},
        "yaxis": along | {"title": "steps", "showgrid": False},
        "yaxis2": span | {"domain": list(BELOW)},
        "xaxis2": span | {"domain": list(ALONG), "anchor": "y"},
    }


def _places(values: Sequence[int], most: int) -> dict[str, Any]:
    """Some of the numbers at their places, the last one among them."""
    every = -(-len(values) // most)
    kept = list(range(len(values) - 1, -1, -every))[::-1]
    words = [tick(values[k]) if values[k] >= 1 else "0" for k in kept]
    span = [-0.5, len(values) - 0.5]
    return {"range": span, "tickvals": kept, "ticktext": words, "fixedrange": True}
