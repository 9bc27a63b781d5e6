"""Several runs in one picture: validation loss by epoch (S4). Colour means the run, the dash stays
that of validation.
"""

from collections.abc import Sequence
from math import isnan

import plotly.graph_objects as go

from core.events import Epoch
from core.figures.pictures import plain
from core.figures.template import DASH, PALETTES, Mode, blank, log_axis

MOST = 6
MARKS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
Curve = tuple[str, list[int], list[float], int]  # name, epochs, losses, place of the lowest


def rows(histories: Sequence[tuple[str, Sequence[Epoch]]]) -> list[Curve]:
    """A curve for each run that has measured its validation part."""
    curves = []
    for name, epochs in histories:
        measured = [epoch for epoch in epochs if epoch.validation]
        losses = [epoch.validation["loss"] for epoch in measured]
        if losses:
            best = min(range(len(losses)), key=lambda i: (isnan(losses[i]), losses[i]))
            curves.append((name, [epoch.epoch for epoch in measured], losses, best))
    return curves


def figure(curves: Sequence[Curve], mode: Mode) -> go.Figure:
    """Lines with a marker for each run, a star at its best epoch, its name at the line's end."""
    palette = PALETTES[mode]
    colours = [*palette.runs, palette.test, palette.best, palette.warning]
    drawn = blank(mode, 300, margin={"l": 44, "r": 112, "t": 8, "b": 34}, showlegend=False)
    for (name, epochs, losses, best), colour, mark in zip(curves, colours, MARKS, strict=False):
        line = {"color": colour, "width": 2.25, "dash": DASH["validation"]}
        drawn.add_scatter(
            x=epochs,
            y=losses,
            mode="lines+markers",
            line=line,
            marker={"symbol": mark, "size": 6},
            name=plain(name, 24),
        )
        star = {
            "symbol": "star",
            "size": 14,
            "color": colour,
            "line": {"color": palette.page, "width": 1},
        }
        drawn.add_scatter(
            x=[epochs[best]], y=[losses[best]], mode="markers", marker=star, hoverinfo="skip"
        )
        drawn.add_scatter(
            x=epochs[-1:],
            y=losses[-1:],
            mode="text",
            text=[f" {plain(name, 16)}"],
            textposition="middle right",
            textfont={"color": colour, "size": 12},
            cliponaxis=False,
            hoverinfo="skip",
        )
    axis, _ = log_axis("loss")
    drawn.update_layout(yaxis=axis)
    drawn.update_xaxes(title="epoch", rangemode="tozero")
    return drawn
