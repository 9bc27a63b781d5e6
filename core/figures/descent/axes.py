"""Axes of the curve and of its reasons: sizes, samples or steps on a log axis that reaches to the
last planned point, and as much of errors or losses as the test needs.
"""

from collections.abc import Sequence
from math import log10

import plotly.graph_objects as go

from core.base.numbers import whole
from core.figures.binding import ticks
from core.figures.descent.lines import Line, Lines, View
from core.figures.template import log_axis

LEAST = 1e-3  # lowest loss that is drawn: an interpolating model's training loss is 1e-28
HIGH, FULL = 0.8, 1.008  # an error above HIGH is seen against all of 100 %, with its tick
TITLES = {
    "P": "parameters P",
    "P/n": "parameters per sample P/n",
    "P/(nK)": "parameters per number to fit P/(nK)",
    "N": "features N",
    "N/n": "features per sample N/n",
    "n": "training samples n",
    "steps": "training steps",
}


def span(lines: Lines, further: Sequence[Line]) -> tuple[float, float]:
    """What the y axis shows: shares from 0 up, of losses log10 of the test values, with which the
    training loss falls out of sight.
    """
    drawn = [line for line in (lines.main, *further) if line]
    values = [v for line in drawn for v in (*line.test, *line.ensemble) if v]
    values += [v for _, v in lines.coming if v]
    if lines.view.measure == "test_error":
        values += [v for v in (lines.main.train if lines.main else ()) if v]
        top = 1.12 * max(values, default=0.9)
        return 0.0, max(top, FULL) if top > 1.12 * HIGH else top
    bottom = max(LEAST, min(values, default=0.1) / 8)
    return log10(bottom), log10(max(values, default=10.0) * 2)


def both(
    figure: go.Figure, lines: Lines, reach: tuple[float, float], shown: tuple[float, float]
) -> None:
    """x on a log axis that reaches to the last planned point; y as `span` says."""
    view = lines.view
    title = TITLES[view.unit]
    n = lines.main.points[0].samples if lines.main else view.samples
    if n and view.over == "width":
        title += f" (n = {whole(n)} samples, K = {view.classes} classes)"
    x_axis(figure, view, reach, title)
    if view.measure == "test_error":
        figure.update_layout(yaxis={"range": shown, "tickformat": ",.2~%"})
    else:
        axis, tables = log_axis(view.loss)
        figure.update_layout(yaxis=axis | ticks(tables, *shown) | {"range": shown})


def x_axis(
    figure: go.Figure, view: View, reach: tuple[float, float], title: str, most: int = 9
) -> None:
    """The log axis of sizes, samples or steps, with at most so many ticks."""
    low, high = (log10(value) for value in reach)
    pad = 0.02 * (high - low) or 0.5
    axis, tables = log_axis(title)
    axis |= fewer(ticks(tables, low, high), reach, most)
    axis["tickangle"] = 0
    axis["unifiedhovertitle"] = {"text": f"{view.unit} = %{{x:,.3~s}}"}
    figure.update_layout(xaxis=axis | {"range": [low - pad, high + pad]})


def fewer(marks: dict, reach: tuple[float, float], most: int) -> dict:
    """The ticks within reach, every second or third one where they are too many."""
    if "tickvals" not in marks:
        return marks
    pairs = zip(marks["tickvals"], marks["ticktext"], strict=True)
    within = [pair for pair in pairs if reach[0] / 1.2 <= pair[0] <= reach[1] * 1.2]
    kept = within[:: -(-len(within) // most) or 1]
    return marks | {"tickvals": [x for x, _ in kept], "ticktext": [word for _, word in kept]}
