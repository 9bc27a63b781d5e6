"""A map of width × training steps: each cell is a network after a number of steps. A row is the
model-wise curve at that step, a column the epoch-wise curve of that width. Both cuts are drawn at
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
from core.descent.point import CurvePoint
from core.figures.template import DASH, PALETTES, Mode, blank, scale

HEIGHT = 254  # px
ACROSS, ALONG = (0.0, 0.7), (0.74, 0.95)  # fractions of the width: the map, the cut beside it
UP, BELOW = (0.34, 1.0), (0.0, 0.25)  # fractions of the height: the map, the cut below it
MAX_TICKS = {"widths": 6, "steps": 4}  # labels of an axis


@dataclass(frozen=True)
class WidthStepMap:
    """`z` (steps, widths) holds medians over seeds, None where a result is missing or not finite.
    `cursor` is the cell (row, column) that is selected while the pointer is elsewhere: the last
    step at the peak.
    """

    widths: tuple[int, ...]
    steps: tuple[int, ...]
    z: tuple[tuple[float | None, ...], ...]
    fitted: tuple[int | None, ...]  # for each width the first step that fits all samples
    cursor: tuple[int, int]
    measure: Measure


def rows(
    points: Sequence[CurvePoint], measure: Measure = "test_error", width: int = 0
) -> WidthStepMap | None:
    """Compute the map of the smallest control; None with fewer than two steps or widths. `width` is
    the column of the cursor, 0 the peak of the last row.
    """
    smallest = min((point.control for point in points), default=0.0)
    cells = {(p.steps, p.width): p for p in points if p.control == smallest}
    steps = tuple(sorted({step for step, _ in cells}))
    widths = tuple(sorted({width for _, width in cells}))
    if len(steps) < 2 or len(widths) < 2:
        return None
    z = tuple(tuple(_cell_value(cells.get((t, w)), measure) for w in widths) for t in steps)
    skipped = _count_idle_rows(z)
    steps, z = steps[skipped:], z[skipped:]
    row = len(steps) - 1
    finite = [k for k, value in enumerate(z[row]) if value is not None]
    peak = finite[landmarks([z[row][k] for k in finite])[1]] if finite else 0
    column = widths.index(width) if width in widths else peak
    fitted = tuple(_first_fitted(cells, steps, width) for width in widths)
    return WidthStepMap(
        widths=widths,
        steps=steps,
        z=z,
        fitted=fitted,
        cursor=(row, column),
        measure=measure,
    )


def _count_idle_rows(z: Sequence[Sequence[float | None]]) -> int:
    """Count the first rows in which no network has learned much yet, except the last of them."""
    first = max((v for v in z[0] if v is not None), default=0.0)
    lows = [min((v for v in row if v is not None), default=first) for row in z[: len(z) - 2]]
    idle = next((k for k, low in enumerate(lows) if low < 0.8 * first), len(lows))
    return max(0, idle - 1)


def _cell_value(point: CurvePoint | None, measure: Measure) -> float | None:
    value = median(getattr(point, measure)) if point else None
    return value if value is not None and isfinite(value) else None


def _first_fitted(
    cells: dict[tuple[int, int], CurvePoint], steps: Sequence[int], width: int
) -> int | None:
    column = (cells.get((step, width)) for step in steps)
    fitting = (p.steps for p in column if p and median(p.train_error) < FITTED)
    return next(fitting, None)


def figure(phase: WidthStepMap, mode: Mode, height: int = HEIGHT) -> go.Figure:
    """Draw the map, the line above which all samples are fitted, the cursor and its two cuts.

    Cells are equally large: positions on both axes are list indices. The layout's `meta` holds what
    a moved cursor shows.
    """
    p, error = PALETTES[mode], phase.measure == "test_error"
    label = percent if error else short
    labels = [[label(v) if v is not None else "not available" for v in row] for row in phase.z]
    heights = phase.z if error else [[log10(v) if v else None for v in row] for row in phase.z]
    low, high = limits(phase)
    low, high = (low, high) if error else (log10(low), log10(high))
    figure = blank(mode, height, showlegend=False, hovermode="closest", dragmode=False)
    cells = [[f"width {tick(w)}, step {tick(t)}" for w in phase.widths] for t in phase.steps]
    figure.add_heatmap(
        z=heights, customdata=labels, text=cells,
        xgap=1, ygap=1, colorscale=scale(p.sequential), name="map",
        colorbar=_bar(low, high, error, p.muted),
        zmin=low, zmax=high, meta={"table": {"x": phase.widths, "y": phase.steps, "z": phase.z}},
        hovertemplate="%{text}: %{customdata}<extra></extra>",
    )  # fmt: skip
    _frontier(figure, phase, p.text)
    figure.update_layout(meta={"cuts": {"z": heights, "at": list(phase.cursor)}})
    for name, trace in cuts(heights, phase, *phase.cursor).items():
        figure.add_scatter(**trace, **_look(name, mode), name=name, meta={"cut": name})
    figure.update_layout(**_axes(phase, (low, high), error))
    figure.update_layout(margin={"l": 48, "r": 52, "t": 6, "b": 44})
    return figure


def limits(phase: WidthStepMap) -> tuple[float, float]:
    """Return the ends of the colour scale: the minimum, and the larger of 1.3 × the peak and 2 ×
    the minimum of the last row. Networks that have not learned yet would otherwise use up the
    scale.
    """
    values = [v for row in phase.z for v in row if v] or [0.1, 1.0]
    row, column = phase.cursor
    final = [v for v in phase.z[row] if v] or values
    top = max(1.3 * (phase.z[row][column] or 0.0), 2 * min(final))
    return min(values), max(min(top, max(values)), 1.01 * min(values))


def cuts(
    z: Sequence[Sequence], phase: WidthStepMap, row: int, column: int
) -> dict[str, dict[str, Any]]:
    """Return the data of the cursor: its cross, the row (across) and the column (along)."""
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
    """Return the axes and the style of a trace of the cursor."""
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


def _frontier(figure: go.Figure, phase: WidthStepMap, colour: str) -> None:
    """Draw the line above which all training samples are fitted."""
    steps = [(k, phase.steps.index(t)) for k, t in enumerate(phase.fitted) if t]
    if not steps:
        return
    edge = [point for k, t in steps for point in ((k - 0.5, t - 0.5), (k + 0.5, t - 0.5))]
    figure.add_scatter(
        x=[x for x, _ in edge], y=[y for _, y in edge], mode="lines", hoverinfo="skip",
        line={"color": colour, "width": 1.5, "dash": "2px,3px"}, name="all fitted",
    )  # fmt: skip


def _bar(low: float, high: float, error: bool, colour: str) -> dict[str, Any]:
    """Return the colour bar at the right edge."""
    marks = [low, (low + high) / 2, high]
    labels = [percent(v) if error else short(10**v) for v in marks]
    labels[-1] = f"≥ {labels[-1]}"
    return {
        "thickness": 10, "x": 1.0, "xanchor": "left", "xpad": 0, "y": 1.0, "yanchor": "top",
        "ypad": 6, "len": UP[1] - UP[0] + 0.08, "outlinewidth": 0, "tickvals": marks,
        "ticktext": labels, "tickfont": {"size": 11, "color": colour},
    }  # fmt: skip


def _axes(phase: WidthStepMap, values: tuple[float, float], error: bool) -> dict[str, Any]:
    """Return the axes of the map, labelled by width and step, and those of the two cuts."""
    low, high = (0.0 if error else values[0]), values[1]
    pad = 0.08 * (high - low) or 0.1
    span = {"range": [low - (0 if error else pad), high + pad], "fixedrange": True}
    span |= {"showgrid": False, "showticklabels": False, "showline": True}
    across = _index_axis(phase.widths, MAX_TICKS["widths"]) | {
        "domain": list(ACROSS),
        "anchor": "y2",
    }
    along = _index_axis(phase.steps, MAX_TICKS["steps"]) | {"domain": list(UP)}
    return {
        "xaxis": across
        | {"title": {"text": "width (hidden units)", "standoff": 12}, "showline": False},
        "yaxis": along | {"title": "training steps", "showgrid": False},
        "yaxis2": span | {"domain": list(BELOW)},
        "xaxis2": span | {"domain": list(ALONG), "anchor": "y"},
    }


def _index_axis(values: Sequence[int], max_ticks: int) -> dict[str, Any]:
    """Return an axis of list indices, labelled with some of the values, the last one included."""
    every = -(-len(values) // max_ticks)
    labelled = list(range(len(values) - 1, -1, -every))[::-1]
    labels = [tick(values[k]) if values[k] >= 1 else "0" for k in labelled]
    span = [-0.5, len(values) - 0.5]
    return {"range": span, "tickvals": labelled, "ticktext": labels, "fixedrange": True}
