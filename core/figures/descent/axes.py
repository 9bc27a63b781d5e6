"""The axes of the curve and of the charts beside it: model size, samples or steps on a log axis
that extends to the last planned point, and the range of errors or losses that the test values need.
"""

from collections.abc import Sequence
from math import log10

import plotly.graph_objects as go

from core.base.numbers import whole
from core.figures.binding import ticks
from core.figures.descent.lines import CurveData, CurveLine, View
from core.figures.template import log_axis

MIN_LOSS = 1e-3  # lowest loss drawn: the training loss of an interpolating model is 1e-28
HIGH, FULL = 0.8, 1.008  # above HIGH, an error axis extends to 100 %, including its tick
TITLES = {
    "P": "parameters P",
    "P/n": "parameters per sample P/n",
    "P/(nK)": "parameters per target value P/(nK)",
    "N": "features N",
    "N/n": "features per sample N/n",
    "n": "training samples n",
    "steps": "training steps",
}


def y_range(data: CurveData, overlays: Sequence[CurveLine]) -> tuple[float, float]:
    """The range of the y axis: errors from 0; losses as log10 of the test values, so that a
    training loss near 0 may leave the chart.
    """
    drawn = [line for line in (data.main, *overlays) if line]
    values = [v for line in drawn for v in (*line.test, *line.ensemble) if v]
    values += [v for _, v in data.pending if v]
    if data.view.measure == "test_error":
        values += [v for v in (data.main.train if data.main else ()) if v]
        top = 1.12 * max(values, default=0.9)
        return 0.0, max(top, FULL) if top > 1.12 * HIGH else top
    bottom = max(MIN_LOSS, min(values, default=0.1) / 8)
    return log10(bottom), log10(max(values, default=10.0) * 2)


def draw_axes(
    figure: go.Figure,
    data: CurveData,
    x_reach: tuple[float, float],
    visible_y: tuple[float, float],
) -> None:
    """Set the log x axis, which extends to the last planned point, and the y axis (`y_range`)."""
    view = data.view
    title = TITLES[view.unit]
    n = data.main.points[0].samples if data.main else view.samples
    if n and view.over == "width":
        title += f" (n = {whole(n)} samples, K = {view.classes} classes)"
    draw_x_axis(figure, view, x_reach, title)
    if view.measure == "test_error":
        figure.update_layout(yaxis={"range": visible_y, "tickformat": ",.2~%"})
    else:
        axis, tables = log_axis(view.loss)
        figure.update_layout(yaxis=axis | ticks(tables, *visible_y) | {"range": visible_y})


def draw_x_axis(
    figure: go.Figure, view: View, x_reach: tuple[float, float], title: str, *, max_ticks: int = 9
) -> None:
    """Set the log axis of sizes, samples or steps, with at most `max_ticks` ticks."""
    low, high = (log10(value) for value in x_reach)
    pad = 0.02 * (high - low) or 0.5
    axis, tables = log_axis(title)
    axis |= thin_out(ticks(tables, low, high), x_reach, max_ticks)
    axis["tickangle"] = 0
    axis["unifiedhovertitle"] = {"text": f"{view.unit} = %{{x:,.3~s}}"}
    figure.update_layout(xaxis=axis | {"range": [low - pad, high + pad]})


def thin_out(axis: dict, x_reach: tuple[float, float], max_ticks: int) -> dict:
    """Keep the ticks within reach, and of too many only every second or third one."""
    if "tickvals" not in axis:
        return axis
    pairs = zip(axis["tickvals"], axis["ticktext"], strict=True)
    within = [pair for pair in pairs if x_reach[0] / 1.2 <= pair[0] <= x_reach[1] * 1.2]
    thinned = within[:: -(-len(within) // max_ticks) or 1]
    return axis | {
        "tickvals": [x for x, _ in thinned],
        "ticktext": [label for _, label in thinned],
    }
