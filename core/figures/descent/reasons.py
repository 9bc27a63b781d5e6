"""Two explanations of the peak: the norm of the weights, which must grow where a model can just fit
all samples, and the variance over seeds (mean test loss = loss of the ensemble + variance).
"""

from dataclasses import dataclass
from math import log10
from statistics import mean, median
from typing import Literal

import plotly.graph_objects as go

from core.figures.binding import ticks
from core.figures.descent.axes import TITLES, draw_x_axis
from core.figures.descent.lines import CurveData, finite_or_none
from core.figures.template import DASH, PALETTES, Mode, blank, log_axis

HEIGHT = 148  # px
BESIDE = {"orientation": "v", "x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top"}
Reason = Literal["norm", "variance"]
MIN_GROWTH = 1.3  # largest over smallest norm from which the norm counts as growing
MIN_LOG_RATIO = 30.0  # largest over smallest value from which an axis is logarithmic


@dataclass(frozen=True)
class Series:
    """One quantity against x; None where it is not finite."""

    name: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]


def rows(data: CurveData, reason: Reason) -> tuple[Series, ...]:
    """Return the median norm; or the test loss, the loss of the ensemble and the variance, which is
    their difference for squared loss. These are means over seeds: medians would not add up.
    """
    if not data.main:
        return ()
    x, points = data.main.x, data.main.points
    if reason == "norm":
        norms = tuple(finite_or_none(median(point.norm)) for point in points)
        return (Series("‖w‖", x, norms),)
    single = tuple(finite_or_none(mean(point.test_loss)) for point in points)
    ensemble = tuple(finite_or_none(point.ensemble_loss) for point in points)
    variance = tuple(finite_or_none(point.variance) for point in points)
    return (
        Series("Test loss", x, single),
        Series("Ensemble", x, ensemble),
        Series("Variance", x, variance),
    )


def norm_grows(data: CurveData) -> bool:
    """Whether the norm is somewhere well above its minimum, so that it explains the peak."""
    norms = [value for series in rows(data, "norm") for value in series.y if value]
    return len(norms) >= 3 and max(norms) > MIN_GROWTH * min(norms)


def figure(
    data: CurveData,
    reason: Reason,
    mode: Mode,
    *,
    reach: tuple[float, float] | None = None,
    height: int = HEIGHT,
) -> go.Figure:
    """Draw the chart, with a line at the measured threshold and the same x axis as the curve."""
    p, series_list = PALETTES[mode], rows(data, reason)
    figure = blank(mode, height, uirevision=f"{reason} {data.view.unit}")
    figure.update_layout(legend=BESIDE, showlegend=reason == "variance")
    looks = {
        "norm": [(p.runs[2], "solid", "circle")],
        "variance": [
            (p.test, DASH["test"], "circle"),
            (p.runs[2], "2px,3px", "diamond-open"),
            (p.runs[0], "solid", "square"),
        ],
    }[reason]
    for series, (colour, dash, mark) in zip(series_list, looks, strict=False):
        figure.add_scatter(
            x=series.x, y=series.y, name=series.name, mode="lines+markers",
            line={"color": colour, "width": 2, "dash": dash}, hovertemplate="%{y:.3g}",
            marker={"symbol": mark, "size": 5, "color": colour},
        )  # fmt: skip
    if data.fits is not None:
        line = {"color": p.muted, "width": 1.25}
        figure.add_shape(
            type="line", x0=data.fits, x1=data.fits, y0=0, y1=1, yref="paper", line=line
        )
    values = [value for series in series_list for value in series.y if value and value > 0]
    x = [value for series in series_list for value in series.x]
    reach = reach or (min(x, default=10), max(x, default=10_000))
    draw_x_axis(figure, data.view, reach, TITLES[data.view.unit], max_ticks=6)
    title = "‖w‖" if reason == "norm" else "loss, variance"
    if values and max(values) > MIN_LOG_RATIO * min(values):
        axis, tables = log_axis(title)
        top, bottom = log10(max(values) * 1.4), log10(min(values) / 1.4)
        every = tables["decades"] if top - bottom > 2 else ticks(tables, bottom, top)
        figure.update_layout(yaxis=axis | every | {"range": [bottom, top]})
    else:
        figure.update_layout(yaxis={"title": title, "rangemode": "tozero"})
    figure.update_layout(margin={"t": 6, "b": 38, "r": 116 if reason == "variance" else 12})
    return figure
