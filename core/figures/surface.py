"""Predictions over the whole input range during training: the decision boundary of two inputs, or
the fitted curve of one input, with the samples.

`rows` selects the points, `figure` draws; the predictions are columns of the run's history
(binding.py). Class colours and symbols are those of the Data page. Knows plotly, no torch, no page.
"""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.data.parts import Parts
from core.data.samples import Samples
from core.figures.images import plain
from core.figures.points import SYMBOLS, colour
from core.figures.template import PALETTES, Mode, blank
from core.training.surface import SIDE, Area, area, centres

MOST = 500  # points drawn of each set; more hide each other and the boundary
PALE, FULL = 0.08, 0.55  # opacity of a class's colour at low and high probability
ROUND = 4  # digits of a coordinate: more than a screen shows
STRETCHED = 3  # ratio of the ranges up to which both axes have one scale


@dataclass(frozen=True)
class SurfaceData:
    """The points to draw: inputs (n, F) and targets (n,) of the training and validation sets."""

    area: Area
    columns: tuple[str, ...]
    classes: tuple[str, ...]
    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]


def rows(data: Samples, parts: Parts) -> SurfaceData:
    """Return at most MOST random points of each set, always the same ones."""
    draw, picked = np.random.default_rng(0), []
    for part in (parts.train, parts.validation):
        some = np.sort(draw.choice(part, min(MOST, len(part)), replace=False))
        picked.append((data.inputs[some].round(ROUND), data.targets[some]))
    names = data.columns or tuple(f"x{k + 1}" for k in range(data.shape[0]))
    return SurfaceData(area(data.inputs), names, data.classes, *picked)


def figure(shown: SurfaceData, mode: Mode, height: int = 420) -> go.Figure:
    """Draw the figure without the predictions; `binding.fill` or the browser adds them."""
    narrow = {"legend": {"y": -0.16}}
    drawn = blank(mode, height, hovermode="closest", meta={"narrow": narrow}, uirevision="keep")
    below = {"orientation": "h", "x": 0, "y": -0.12, "xanchor": "left", "yanchor": "top"}
    drawn.update_layout(legend={**below, "bgcolor": "rgba(0,0,0,0)"}, margin={"b": 64})
    (_plane if shown.classes else _curve)(drawn, shown, mode)
    low, high = shown.area
    drawn.update_xaxes(title=plain(shown.columns[0], 24), range=[low[0], high[0]])
    return drawn


def _plane(drawn: go.Figure, shown: SurfaceData, mode: Mode) -> None:
    """Draw the predicted class of each cell, paler at lower probability, under the points."""
    (left, bottom), (right, top) = shown.area
    count = len(shown.classes)
    cells = {"x": "surface.x", "z": [f"surface.{k}" for k in range(SIDE)], "log": False}
    scale = {"colorscale": tints(count, mode), "zmin": 0, "zmax": count, "showscale": False}
    y = centres(bottom, top, SIDE).tolist()
    drawn.add_heatmap(y=y, meta=cells, hoverinfo="skip", name="predicted class", **scale)
    for index, name in enumerate(shown.classes):
        for part, filled in ((shown.train, True), (shown.validation, False)):
            own = part[0][part[1] == index]
            marker = _marker(index, mode, filled)
            words = f"{plain(name, 24)}, {'training' if filled else 'validation'}"
            drawn.add_scatter(
                x=own[:, 0].tolist(), y=own[:, 1].tolist(), mode="markers", marker=marker,
                name=plain(name), legendgroup=str(index), showlegend=filled,
                hovertemplate=f"{words}<br>%{{x:.3g}}, %{{y:.3g}}<extra></extra>",
            )  # fmt: skip
    _key(drawn, mode, "hollow: validation")
    square = 1 / STRETCHED < (right - left) / (top - bottom) < STRETCHED
    drawn.update_yaxes(
        title=plain(shown.columns[1], 24),
        range=[bottom, top],
        showgrid=False,
        scaleanchor="x" if square else None,
        constrain="domain",
    )
    drawn.update_xaxes(constrain="domain", showline=False)


def _curve(drawn: go.Figure, shown: SurfaceData, mode: Mode) -> None:
    """Draw the predicted value along the one input, over the points."""
    p = PALETTES[mode]
    dots = {"size": 6, "symbol": "circle", "color": p.train, "opacity": 0.55}
    hollow = {"size": 7, "symbol": "diamond-open", "color": p.validation, "line": {"width": 1.5}}
    parts = (("Training", shown.train, dots), ("Validation", shown.validation, hollow))
    for name, (inputs, targets), marker in parts:
        x, y = inputs[:, 0].tolist(), targets.round(ROUND).tolist()
        hover = f"{name}<br>%{{x:.3g}}: %{{y:.3g}}<extra></extra>"
        drawn.add_scatter(x=x, y=y, mode="markers", name=name, marker=marker, hovertemplate=hover)
    drawn.add_scatter(
        mode="lines", name="Model", line={"color": p.text, "width": 2.75},
        meta={"x": "surface.x", "y": "surface.y"}, hovertemplate="%{x:.3g}: %{y:.3g}",
    )  # fmt: skip
    drawn.update_yaxes(title="target value")


def _marker(index: int, mode: Mode, filled: bool) -> dict:
    symbol, own = SYMBOLS[index % len(SYMBOLS)], colour(index, mode)
    if not filled:
        return {"symbol": f"{symbol}-open", "size": 7, "color": own, "line": {"width": 1.5}}
    edge = {"width": 0.75, "color": PALETTES[mode].page}  # a point on its own colour stays seen
    return {"symbol": symbol, "size": 7, "color": own, "line": edge}


def _key(drawn: go.Figure, mode: Mode, words: str) -> None:
    """Add a legend entry without points."""
    marker = {"symbol": "circle-open", "size": 7, "color": PALETTES[mode].muted}
    drawn.add_scatter(x=[None], y=[None], mode="markers", name=words, marker=marker)


def tints(count: int, mode: Mode) -> list[list]:
    """Return a colour scale for class and probability: class c fills c/count … (c + 1)/count, from
    PALE to FULL opacity of its colour.
    """
    page, stops = PALETTES[mode].page, []
    for c in range(count):
        own = colour(c, mode)
        stops += [
            [c / count, mixed(page, own, PALE)],
            [(c + 1) / count, mixed(page, own, FULL)],
        ]
    return stops


def mixed(below: str, above: str, fraction: float) -> str:
    """Blend two colours; `fraction` is the weight of the upper one.

    >>> mixed("#FFFFFF", "#000000", 0.5)
    '#808080'
    """
    pairs = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (below, above)]
    return "#" + "".join(
        f"{round(a + fraction * (b - a)):02X}" for a, b in zip(*pairs, strict=True)
    )
