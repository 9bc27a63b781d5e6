"""Why: the norm of the weights, which must grow where a model can just fit, and the variance over
seeds, which is the peak: mean loss of the seeds = loss of their mean + variance.
"""

from dataclasses import dataclass
from math import log10
from statistics import mean, median
from typing import Literal

import plotly.graph_objects as go

from core.figures.binding import ticks
from core.figures.descent.axes import TITLES, x_axis
from core.figures.descent.lines import Lines, number
from core.figures.template import DASH, PALETTES, Mode, blank, log_axis

HEIGHT = 148  # px
BESIDE = {"orientation": "v", "x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top"}
Reason = Literal["norm", "variance"]
GROWN = 1.3  # largest over least norm from which on it is said to grow
WIDE = 30.0  # largest over smallest value from which on an axis is logarithmic


@dataclass(frozen=True)
class QuantityCurve:
    """One quantity against x."""

    name: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]


def rows(lines: Lines, reason: Reason) -> tuple[QuantityCurve, ...]:
    """The median norm; or the test loss, that of the mean of all, and the variance, which is the
    difference for squared loss. Means, not medians: only they add up.
    """
    if not lines.main:
        return ()
    x, points = lines.main.x, lines.main.points
    if reason == "norm":
        return (QuantityCurve("‖w‖", x, tuple(number(median(point.norm)) for point in points)),)
    alone = tuple(number(mean(point.test_loss)) for point in points)
    together = tuple(number(point.ensemble_loss) for point in points)
    spread = tuple(number(point.variance) for point in points)
    count = lines.seeds
    return (
        QuantityCurve("Test loss", x, alone),
        QuantityCurve(f"Mean of {count}", x, together),
        QuantityCurve("Variance", x, spread),
    )


def grows(lines: Lines) -> bool:
    """Whether the norm somewhere is well above its least: only then it may be called a reason. True
    while there is nothing to see.
    """
    norms = [v for curve in rows(lines, "norm") for v in curve.y if v]
    return len(norms) < 3 or max(norms) > GROWN * min(norms)


def figure(
    lines: Lines,
    reason: Reason,
    mode: Mode,
    *,
    reach: tuple[float, float] | None = None,
    height: int = HEIGHT,
) -> go.Figure:
    """The picture, with the line where all is first fitted and the same x axis as the curve."""
    p, curves = PALETTES[mode], rows(lines, reason)
    figure = blank(mode, height, uirevision=f"{reason} {lines.view.unit}")
    figure.update_layout(legend=BESIDE, showlegend=reason == "variance")
    looks = {
        "norm": [(p.runs[2], "solid", "circle")],
        "variance": [
            (p.test, DASH["test"], "circle"),
            (p.runs[2], "2px,3px", "diamond-open"),
            (p.runs[0], "solid", "square"),
        ],
    }[reason]
    for curve, (colour, dash, mark) in zip(curves, looks, strict=False):
        figure.add_scatter(
            x=curve.x, y=curve.y, name=curve.name, mode="lines+markers",
            line={"color": colour, "width": 2, "dash": dash}, hovertemplate="%{y:.3g}",
            marker={"symbol": mark, "size": 5, "color": colour},
        )  # fmt: skip
    if lines.fits is not None:
        line = {"color": p.muted, "width": 1.25}
        figure.add_shape(
            type="line", x0=lines.fits, x1=lines.fits, y0=0, y1=1, yref="paper", line=line
        )
    values = [value for curve in curves for value in curve.y if value and value > 0]
    x = [value for curve in curves for value in curve.x]
    reach = reach or (min(x, default=10), max(x, default=10_000))
    x_axis(figure, lines.view, reach, TITLES[lines.view.unit], most=6)
    title = "‖w‖" if reason == "norm" else "squared distance"
    if values and max(values) > WIDE * min(values):
        axis, tables = log_axis(title)
        top, bottom = log10(max(values) * 1.4), log10(min(values) / 1.4)
        every = tables["decades"] if top - bottom > 2 else ticks(tables, bottom, top)
        figure.update_layout(yaxis=axis | every | {"range": [bottom, top]})
    else:
        figure.update_layout(yaxis={"title": title, "rangemode": "tozero"})
    figure.update_layout(margin={"t": 6, "b": 38, "r": 116 if reason == "variance" else 12})
    return figure
