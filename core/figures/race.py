"""Paths of optimizers over a loss surface, and the loss along them."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import plotly.graph_objects as go

from core.concepts.surfaces import LossSurface
from core.figures.template import PALETTES, SYMBOL, Mode, blank, log_axis, scale

HEIGHT = 328  # px
CELLS = (61, 45)  # of the drawn surface, across and down
LEVELS = 16  # contour lines
MOST_NAMED = 8  # paths in a legend
FLOOR = 1e-12  # a log axis cannot show 0
DASHES = ("solid", "8px,4px", "3px,3px", "10px,3px,2px,3px")


def grid(surface: LossSurface) -> tuple[np.ndarray, np.ndarray]:
    """Return the x and y values at which the surface is drawn, and clicked."""
    left, right, bottom, top = surface.area
    return np.linspace(left, right, CELLS[0]), np.linspace(bottom, top, CELLS[1])


def height(surface: LossSurface, places: np.ndarray) -> np.ndarray:
    """Return the loss above that of the global minimum at places (…, 2)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return surface.value(places[..., 0], places[..., 1]) - surface.value(*surface.minima[0])


def paths(
    surface: LossSurface, named: Mapping[str, np.ndarray], colours: Sequence[int], mode: Mode
) -> go.Figure:
    """Draw contours of the surface and the path of each optimizer by name (steps + 1, 2), in the
    colour of its number. A click on the surface is reported as row and column of `grid`.
    """
    p = PALETTES[mode]
    x, y = grid(surface)
    levels = np.log10(0.02 + height(surface, np.stack(np.meshgrid(x, y), axis=-1)).clip(min=0))
    drawn = blank(mode, HEIGHT, showlegend=False, hovermode="closest", hoverdistance=5)
    drawn.update_layout(margin={"l": 40, "r": 8, "t": 6, "b": 40})
    drawn.add_contour(
        x=x.tolist(), y=y.tolist(), z=levels.round(4).tolist(), ncontours=LEVELS, showscale=False,
        colorscale=scale(p.sequential[:4]), line={"width": 0.5, "color": p.line}, name="loss",
        hovertemplate="start here: %{x:.2f}, %{y:.2f}<extra></extra>",
    )  # fmt: skip
    for (name, path), number in zip(named.items(), colours, strict=True):
        line = _line(number, mode)
        drawn.add_scatter(
            x=_numbers(path[:, 0]), y=_numbers(path[:, 1]), mode="lines+markers", name=name,
            line=line, marker={"size": 4, "color": line["color"]},
            customdata=list(range(len(path))),
            hovertemplate=f"{name}, step %{{customdata}}<br>%{{x:.3g}}, %{{y:.3g}}<extra></extra>",
        )  # fmt: skip
    for marker, places in (
        ({"symbol": SYMBOL["best"], "size": 13, "color": p.best}, surface.minima),
        ({"symbol": "circle-open", "size": 11, "color": p.text}, _starts(named)),
    ):
        drawn.add_scatter(
            x=[place[0] for place in places], y=[place[1] for place in places], mode="markers",
            marker=marker | {"line": {"width": 2, "color": p.text}}, hoverinfo="skip",
        )  # fmt: skip
    left, right, bottom, top = surface.area
    drawn.update_xaxes(title="x", range=[left, right], showline=False)
    drawn.update_yaxes(title="y", range=[bottom, top], showgrid=False)
    return drawn


def losses(
    surface: LossSurface, named: Mapping[str, np.ndarray], colours: Sequence[int], mode: Mode
) -> go.Figure:
    """Draw the loss above the minimum at every step, on a log axis."""
    drawn = blank(mode, HEIGHT)
    lowest = 1.0
    for (name, path), number in zip(named.items(), colours, strict=True):
        above = height(surface, path)
        lowest = min(lowest, float(np.nanmin(above)))
        drawn.add_scatter(
            y=_numbers(np.maximum(above, FLOOR)), x=list(range(len(path))), mode="lines", name=name,
            line=_line(number, mode), hovertemplate="%{y:.2g}",
        )  # fmt: skip
    first = max(float(height(surface, path)[0]) for path in named.values())
    axis, tables = log_axis("loss above the minimum")
    low = np.log10(max(lowest, 1e-8)) - 0.2
    drawn.update_yaxes(**axis | tables["decades"] | {"range": [low, np.log10(10 * first)]})
    drawn.update_xaxes(title="step")
    drawn.update_layout(
        margin={"b": 40, "t": 8},
        legend={"x": 0, "xanchor": "left", "y": -0.16, "yanchor": "top"},
        showlegend=len(named) <= MOST_NAMED,
    )
    return drawn


def _line(number: int, mode: Mode) -> dict:
    p = PALETTES[mode]
    colours = (p.train, p.validation, p.test, p.best, p.warning, *p.runs)
    dashes = dict(zip(range(len(colours)), cycle(DASHES)))
    return {"color": colours[number % len(colours)], "width": 2.25, "dash": dashes[number % 8]}


def _starts(named: Mapping[str, np.ndarray]) -> list[tuple[float, float]]:
    return list(dict.fromkeys(tuple(path[0].tolist()) for path in named.values()))


def _numbers(values: np.ndarray) -> list[float | None]:
    return [float(f"{v:.5g}") if np.isfinite(v) else None for v in values]
