"""Points: samples in a plane, values over one input, class sizes and the distribution of values.

Samples are drawn as they are, before normalization.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.base.numbers import whole
from core.figures.images import plain
from core.figures.template import PALETTES, Mode, blank, scale

MAX_POINTS = 2000  # more would hide each other
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "pentagon")


def colour(index: int, mode: Mode) -> str:
    """Return the colour of a class; its symbol also distinguishes it without colour."""
    p = PALETTES[mode]
    colours = (p.train, p.validation, p.best, p.test, p.warning, *p.runs)
    return colours[index % len(colours)]


def sample_points(count: int, seed: int = 0) -> np.ndarray:
    """Draw at most MAX_POINTS of `count` rows at random, in order."""
    draw = np.random.default_rng(seed)
    return np.sort(draw.choice(count, min(MAX_POINTS, count), replace=False))


def plane(
    inputs: np.ndarray,
    targets: np.ndarray,
    classes: Sequence[str],
    columns: Sequence[str],
    *,
    mode: Mode,
    height: int = 420,
) -> go.Figure:
    """Draw rows of two numbers (n, 2) as points, with the class or the value (n,) as colour.

    Rows of one number (n, 1) are drawn with their value on the vertical axis.
    """
    names = [plain(name, 24) for name in columns] or [f"x{i + 1}" for i in range(inputs.shape[1])]
    if inputs.shape[1] == 1:
        figure = blank(mode, height, showlegend=False, hovermode="closest")
        figure.add_scatter(x=inputs[:, 0], y=targets, **_dots(PALETTES[mode].train, "circle"))
        figure.update_xaxes(title=names[0])
        figure.update_yaxes(title="value")
        return figure
    figure = blank(mode, height, showlegend=bool(classes), hovermode="closest")
    if not classes:
        marker = {"color": targets, "colorscale": scale(PALETTES[mode].sequential), "size": 6}
        shade = {"thickness": 10, "title": {"text": "value"}}
        figure.add_scatter(
            x=inputs[:, 0], y=inputs[:, 1], mode="markers", marker=marker | {"colorbar": shade}
        )
    for index, name in enumerate(classes):
        own = inputs[targets == index]
        symbol = SYMBOLS[index % len(SYMBOLS)]
        figure.add_scatter(
            x=own[:, 0], y=own[:, 1], name=plain(name), **_dots(colour(index, mode), symbol)
        )
    figure.update_xaxes(title=names[0])
    figure.update_yaxes(title=names[1], scaleanchor="x" if len(classes) else None)
    return figure


def _dots(colour: str, symbol: str) -> dict:
    return {"mode": "markers", "marker": {"color": colour, "symbol": symbol, "size": 6}}


def class_bars(sizes: Sequence[int], classes: Sequence[str], *, mode: Mode) -> go.Figure:
    """Draw a bar per class with its number of samples."""
    palette = PALETTES[mode]
    figure = blank(mode, 26 * len(classes) + 12, showlegend=False, hovermode=False, bargap=0.3)
    figure.add_bar(
        y=[f"<b>{plain(name)}</b>" for name in classes],
        x=list(sizes),
        orientation="h",
        marker={"color": palette.line, "cornerradius": 3},
        text=[whole(int(n)) for n in sizes],
        textangle=0,
        textposition="inside",
        insidetextanchor="start",
        textfont={"color": palette.text, "size": 12},
        constraintext="none",
    )
    figure.update_layout(margin={"l": 36, "r": 8, "t": 4, "b": 4}, dragmode=False)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return figure


def histogram(values: np.ndarray, *, title: str, mode: Mode, height: int = 180) -> go.Figure:
    """Draw a histogram of values (n,)."""
    counts, edges = np.histogram(values, bins=40)
    figure = blank(mode, height, showlegend=False, bargap=0.05)
    figure.add_bar(x=(edges[:-1] + edges[1:]) / 2, y=counts, marker={"color": PALETTES[mode].train})
    figure.update_layout(margin={"b": 34})
    figure.update_xaxes(title=title)
    figure.update_yaxes(title="samples")
    return figure
