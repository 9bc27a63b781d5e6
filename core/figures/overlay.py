"""The curves of several runs in one chart: validation loss by epoch, step or time, or the score if
the losses are of different kinds. The colour identifies the run; the dash is that of validation.
The optional training curve is a thin solid line of the same colour. A run that diverged ends in a
cross, and is drawn by its training loss if it has no validation loss.
"""

from collections.abc import Sequence
from itertools import cycle
from math import isfinite, log10
from typing import Any

import plotly.graph_objects as go

from core.figures.binding import LABEL, spread, ticks
from core.figures.images import plain
from core.figures.overlay_curves import OverlayCurve
from core.figures.template import (
    AXIS_TITLES,
    DASH,
    PALETTES,
    Mode,
    blank,
    layer_colours,
    log_axis,
)

MOST = 20
MARKS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
MARKED = 12  # markers that a line carries at most; they tell lines apart, not epochs
PLOT = 238  # px: the height of the area inside the axes
LEGEND_ROW, LEGEND_WIDTH, LETTER = 20, 560, 7  # px of the legend below the chart
LOG = ("loss", "error")  # measures on a log axis; what matters in other scores is close to 1
FOCUS = 8  # factor by which the y-axis reaches beyond the validation curves


def chart_height(names: Sequence[str] = ()) -> int:
    """Return the height of the chart in px: the area of the curves, the x-axis and the legend."""
    rows, used = 1, 0
    for width in (60 + LETTER * len(name) for name in names):
        if used and used + width > LEGEND_WIDTH:
            rows, used = rows + 1, 0
        used += width
    return PLOT + 56 + LEGEND_ROW * rows


def figure(
    curves: Sequence[OverlayCurve],
    mode: Mode,
    measure: str = "loss",
    axis: str = "epoch",
    *,
    difference: bool = False,
) -> go.Figure:
    """Draw a line with a few markers for each run, a star at its best epoch, its label at the end
    and its name in the legend. Of a `difference` the curves are those of `differences`.
    """
    palette = PALETTES[mode]
    colours = [*palette.runs, palette.test, palette.best, palette.warning]
    if len(curves) > len(colours):
        colours = layer_colours(min(len(curves), MOST), mode)
    shown = list(zip(curves, colours, cycle(MARKS), strict=False))
    height = chart_height([curve.name for curve, *_ in shown])
    margin = {"l": 44, "r": 36, "t": 8}
    log = measure in LOG and not difference
    _, high = _focus([curve for curve, *_ in shown])
    drawn = blank(mode, height, margin=margin | {"b": height - PLOT - 8}, hoverlabel_namelength=-1)
    for number, ((curve, colour, mark), place) in enumerate(
        zip(shown, ends([c.values or c.train for c, *_ in shown], log=log), strict=True), 1
    ):
        group = {"legendgroup": str(number)}
        shares = measure in ("error", "accuracy")
        sign = "+" if difference else ""
        hover = {"hovertemplate": f"%{{y:{sign}.2~%}}" if shares else f"%{{y:{sign}.3g}}"}
        if curve.train:
            drawn.add_scatter(
                x=curve.train_at,
                y=curve.train,
                mode="lines",
                line={"color": colour, "width": 1.25, "dash": DASH["train"]},
                name=f"{plain(curve.name, 60)}, training",
                showlegend=not curve.values,
                **group,
                **hover,
            )
        if curve.values:
            drawn.add_scatter(
                x=curve.at,
                y=curve.values,
                mode="lines+markers",
                line={"color": colour, "width": 2.25, "dash": DASH["validation"]},
                marker={"symbol": mark, "size": 6, "maxdisplayed": MARKED},
                name=plain(curve.name, 70),
                **group,
                **hover,
            )
            if curve.best is not None:
                star = curve.at, curve.values, curve.best, "star"
                _add_marker(drawn, *star, colour, palette.page)
        at, values = (curve.at, curve.values) if curve.values else (curve.train_at, curve.train)
        if curve.diverged and (last := _last_visible(values)) is not None:
            end = min(values[last], high) if log else values[last]
            _add_marker(drawn, [at[last]], [end], 0, "x", colour, palette.page)
        drawn.add_scatter(
            x=at[-1:],
            y=[place],
            mode="text",
            text=[f"\u2002{plain(curve.label, 16)}"],
            textposition="middle right",
            textfont={"color": colour, "size": 12},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    scale = y_axis([curve for curve, *_ in shown], measure)
    if difference:
        form = "+.3~%" if measure in ("error", "accuracy") else "+.3~g"
        zero = {"zeroline": True, "zerolinecolor": palette.muted, "zerolinewidth": 1.5}
        scale = {"title": f"{measure} − baseline", "tickformat": form} | zero
    drawn.update_layout(
        yaxis=scale,
        legend={"x": 0, "xanchor": "left", "y": -46 / PLOT, "yanchor": "top", "orientation": "h"},
    )
    drawn.update_xaxes(title=AXIS_TITLES[axis], rangemode="tozero")
    return drawn


def y_axis(curves: Sequence[OverlayCurve], measure: str) -> dict[str, Any]:
    """Return the y-axis: of losses and error rates a log axis that fits the validation curves."""
    if measure not in LOG:
        return {"title": measure, "tickformat": ".3~%" if measure == "accuracy" else ""}
    low, high = _focus(curves)
    scale, tables = log_axis(measure, shares=measure == "error")
    if low < high:
        ends_of_axis = log10(low), log10(high)
        pad = 0.04 * (ends_of_axis[1] - ends_of_axis[0])
        scale |= {"range": [ends_of_axis[0] - pad, ends_of_axis[1] + pad]}
        scale |= ticks(tables, *ends_of_axis)
    return scale


def _focus(curves: Sequence[OverlayCurve]) -> tuple[float, float]:
    """Return the ends of the y-axis: all values, but not far beyond those on the validation set. A
    training loss near 0 or a diverged run would squeeze the others.
    """
    low, high = _extent([part for curve in curves for part in (curve.values, curve.train)])
    if any(curve.values for curve in curves):
        least, most = _extent([curve.values for curve in curves])
        low, high = max(low, least / FOCUS), min(high, most * FOCUS)
    return low, high


def is_cut(curves: Sequence[OverlayCurve], measure: str) -> bool:
    """Whether a training curve leaves the plot, because the y-axis fits the validation curves."""
    low, high = _focus(curves)
    values = [v for curve in curves for v in curve.train if isfinite(v) and v > 0]
    return measure in LOG and any(v < low or v > high for v in values)


def _add_marker(
    drawn: go.Figure,
    at: Sequence[float],
    values: Sequence[float],
    index: int,
    symbol: str,
    colour: str,
    page: str,
) -> None:
    """Mark one point of a curve: a star for the best epoch, a cross where the run diverged."""
    size = 14 if symbol == "star" else 10
    marker = {"symbol": symbol, "size": size, "color": colour, "line": {"color": page, "width": 1}}
    drawn.add_scatter(
        x=[at[index]], y=[values[index]], mode="markers", marker=marker, hoverinfo="skip",
        showlegend=False, meta=symbol,
    )  # fmt: skip


def _last_visible(values: Sequence[float]) -> int | None:
    """Return the index of the last value that a log axis can show."""
    able = [i for i, value in enumerate(values) if isfinite(value) and value > 0]
    return able[-1] if able else None


def ends(series: Sequence[Sequence[float]], *, log: bool = True) -> list[float]:
    """Return the heights of the names: behind the last value of each, moved apart until none
    overlap. A value that the axis cannot show keeps its own height.
    """
    if not log:
        finite = [value for values in series for value in values if isfinite(value)]
        length = max(finite, default=0.0) - min(finite, default=0.0)
        able = [i for i, values in enumerate(series) if isfinite(values[-1])]
        moved = spread([series[i][-1] for i in able], LABEL / PLOT * length * 1.1)
        return [dict(zip(able, moved, strict=True)).get(i, v[-1]) for i, v in enumerate(series)]
    low, high = _extent(series)
    length = log10(high) - log10(low) if low < high else 0.3
    able = [i for i, values in enumerate(series) if isfinite(values[-1]) and values[-1] > 0]
    moved = spread([log10(series[i][-1]) for i in able], LABEL / PLOT * length * 1.1)
    places = [values[-1] for values in series]
    for i, place in zip(able, moved, strict=True):
        places[i] = 10**place
    return places


def _extent(series: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the smallest and largest number that a log axis can show; (1, 1) for none."""
    shown = [v for values in series for v in values if isfinite(v) and v > 0]
    return min(shown, default=1.0), max(shown, default=1.0)
