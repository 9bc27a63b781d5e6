"""Maps as tiles side by side: filters of a layer, the feature maps of each layer, and attributions
over the input. Values are coloured, never inverted; each figure has its values as CSV text too.

Knows plotly, no torch and no page.
"""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.base.cells import csv_text
from core.base.text import format_shape
from core.figures.images import plain, png
from core.figures.template import PALETTES, Mode, blank, scale

UNITS = 64  # units in a row
TILE, NAME, GAP = 56, 20, 10  # px of a row of tiles, of its name above, and between two rows
FILTER, TALLEST = 76, 420  # px of a filter, and of all of them
FINE = 16  # cells of a tile at least, so that the lines between tiles are thin
SIDE = 210  # px of one map
LONGEST = 40  # letters of a name
MENU = 22  # px below a chart, where its download menu is
TABLE = ("name", "row", "column", "value")


def mosaic(maps: np.ndarray, across: int) -> np.ndarray:
    """Return maps (n, h, w) side by side in rows of `across`, separated by one line of NaN.

    >>> mosaic(np.ones((3, 1, 1)), 2).tolist()
    [[1.0, nan, 1.0], [nan, nan, nan], [1.0, nan, nan]]
    """
    n, h, w = maps.shape
    columns = min(n, across)
    rows = -(-n // columns)
    canvas = np.full((rows * (h + 1) - 1, columns * (w + 1) - 1), np.nan)
    for i, values in enumerate(maps):
        top, left = i // columns * (h + 1), i % columns * (w + 1)
        canvas[top : top + h, left : left + w] = values
    return canvas


def fine(maps: np.ndarray) -> np.ndarray:
    """Return maps (n, h, w) with every cell repeated until a side has at least FINE cells."""
    times = max(1, FINE // max(maps.shape[1:]))
    return maps.repeat(times, 1).repeat(times, 2)


def strip(units: np.ndarray) -> np.ndarray:
    """Return units (K,) in rows of UNITS, (rows, min(K, UNITS)); missing ones are NaN."""
    columns = min(len(units), UNITS)
    canvas = np.full((-(-len(units) // columns), columns), np.nan)
    canvas.flat[: len(units)] = units
    return canvas


def colours(values: np.ndarray, mode: Mode) -> dict[str, Any]:
    """Return the colour scale of a heat map: around 0 if some values are below it, else from 0."""
    p, largest = PALETTES[mode], float(np.nanmax(np.abs(values), initial=0)) or 1.0
    signed = bool((values < 0).any())
    colour = p.diverging if signed else p.sequential
    return {"colorscale": scale(colour), "zmin": -largest if signed else 0, "zmax": largest}


def csv(named: Sequence[tuple[str, np.ndarray]]) -> str:
    """Return one line for each value of maps (H, W) or vectors (K,), with the name of the map."""
    rows = (
        [name, i, k, f"{value:.6g}"]
        for name, values in named
        for i, row in enumerate(np.atleast_2d(values))
        for k, value in enumerate(row)
    )
    return csv_text(TABLE, rows)


def filters_height(count: int) -> int:
    """Return the height in px of `count` filters."""
    return min(TALLEST, FILTER * -(-count // _across(count))) + 4 + MENU


def _across(count: int) -> int:
    """Return how many of `count` filters are in a row: they form a square."""
    return max(5, ceil(sqrt(count)))


def filters(found: np.ndarray, mode: Mode) -> go.Figure:
    """Draw filters (n, 1, h, w) as heat maps around 0, or (n, 3, h, w) as colours, each from its
    smallest to its largest weight.
    """
    figure = blank(mode, filters_height(len(found)), hovermode="closest", showlegend=False)
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": MENU}, dragmode=False)
    if found.shape[1] == 3:
        low, high = found.min((1, 2, 3), keepdims=True), found.max((1, 2, 3), keepdims=True)
        grey = 255 * (found - low) / np.where(high > low, high - low, 1)
        canvas = np.stack([mosaic(fine(grey[:, c]), _across(len(grey))) for c in range(3)], -1)
        alpha = np.where(np.isnan(canvas[..., :1]), 0, 255)
        pixels = np.concatenate([np.nan_to_num(canvas), alpha], -1).astype(np.uint8)
        figure.add_image(source=png(pixels), hoverinfo="skip")
        height, width = canvas.shape[:2]
    else:
        canvas = mosaic(fine(found[:, 0]), _across(len(found)))
        figure.add_trace(_heat(canvas, mode, found))
        height, width = canvas.shape
    figure.update_layout(_square(height, width))
    return figure


def weights_by_column(found: np.ndarray, columns: Sequence[str], mode: Mode) -> go.Figure:
    """Draw the weights of units (n, F) as a heat map, one row for each unit."""
    names = [plain(name, 18) for name in columns] or [f"x{i + 1}" for i in range(found.shape[1])]
    figure = blank(mode, rows_height(len(found)), hovermode="closest")
    x, y = list(range(len(names))), list(range(len(found)))
    figure.add_heatmap(
        z=found.tolist(), x=x, y=y, colorbar={"thickness": 10, "outlinewidth": 0},
        customdata=[names] * len(found),
        hovertemplate="unit %{y}, %{customdata}: %{z:.3g}<extra></extra>", **colours(found, mode),
    )  # fmt: skip
    every = -(-len(names) // 24)
    figure.update_xaxes(tickvals=x[::every], ticktext=names[::every], showline=False)
    figure.update_yaxes(autorange="reversed", title="unit", showgrid=False)
    return figure


def rows_height(count: int) -> int:
    """Return the height in px of a heat map with `count` rows."""
    return min(420, 14 * count + 60)


def layers_height(layers: Sequence[dict[str, Any]]) -> int:
    """Return the height in px of the maps of these layers."""
    return sum(NAME + GAP + _height(layer) for layer in layers) + 4 + MENU


def layers(found: Sequence[dict[str, Any]], mode: Mode) -> go.Figure:
    """Draw the outputs of each layer in one row: maps side by side, or units as cells."""
    height = layers_height(found)
    inner, top = height - 4 - MENU, 0.0
    traces, axes, notes = [], {}, []
    for number, layer in enumerate(found, 1):
        values = np.array(layer["maps"], np.float64)
        canvas = mosaic(fine(values), len(values)) if values.ndim == 3 else strip(values)
        suffix = str(number) if number > 1 else ""
        traces.append(_heat(canvas, mode, values, xaxis=f"x{suffix}", yaxis=f"y{suffix}"))
        shown = f"{len(values)} of " if values.ndim == 3 and len(values) < layer["shape"][0] else ""
        size = f"{shown}{format_shape(layer['shape'])}"
        notes.append({
            "text": f"<b>{plain(layer['layer'], LONGEST)}</b>  {size}",
            "x": 0, "y": 1 - top / inner, "xref": "paper", "yref": "paper", "showarrow": False,
            "xanchor": "left", "yanchor": "top",
            "font": {"size": 12, "color": PALETTES[mode].muted},
        })  # fmt: skip
        bottom = top + NAME + _height(layer)
        pair = _square(*canvas.shape, suffix)
        pair[f"xaxis{suffix}"] |= {"anchor": f"y{suffix}"}
        domain = [max(0, 1 - bottom / inner), 1 - (top + NAME) / inner]
        pair[f"yaxis{suffix}"] |= {"anchor": f"x{suffix}", "domain": domain}
        axes |= pair
        top = bottom + GAP
    figure = blank(mode, height, hovermode="closest", showlegend=False)
    figure.add_traces(traces)  # in one go, and so the layout: each call takes milliseconds
    margin = {"l": 4, "r": 4, "t": 4, "b": MENU}
    figure.update_layout(axes, annotations=notes, margin=margin, dragmode=False)
    return figure


def one_map(values: np.ndarray, mode: Mode) -> go.Figure:
    """Draw one map (H, W)."""
    figure = _single(mode)
    figure.add_trace(_heat(values, mode, values))
    figure.update_layout(_square(*values.shape, centred=True))
    return figure


def one_image(pixels: np.ndarray, mode: Mode) -> go.Figure:
    """Draw an image (C, H, W) with values from 0 (black) to 255 (white)."""
    grey = np.clip(pixels, 0, 255).astype(np.uint8)
    coloured = np.moveaxis(grey[:3] if len(grey) > 2 else np.repeat(grey[:1], 3, 0), 0, 2)
    figure = _single(mode)
    figure.add_image(source=png(coloured), hoverinfo="skip")
    figure.update_layout(_square(*coloured.shape[:2], centred=True))
    return figure


def columns_height(count: int) -> int:
    """Return the height in px of the bars of `count` columns."""
    return 24 * count + 50


def columns(
    names: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], mode: Mode
) -> go.Figure:
    """Draw attributions of a table's columns as bars, one colour for each series."""
    p = PALETTES[mode]
    figure = blank(mode, columns_height(len(names)), barmode="group", hovermode="closest")
    for (label, values), colour in zip(series, (p.train, p.validation), strict=False):
        figure.add_bar(
            y=list(range(len(names))), x=list(values), orientation="h", name=label,
            marker={"color": colour}, hovertemplate="%{x:.3g}<extra>" + label + "</extra>",
        )  # fmt: skip
    figure.update_layout(legend={"y": 1.0, "yanchor": "bottom"}, margin={"t": 24})
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=[plain(name, 18) for name in names],
        autorange="reversed", showgrid=False,
    )  # fmt: skip
    figure.update_xaxes(zeroline=True, zerolinecolor=p.line, showline=False, showgrid=True)
    return figure


def _single(mode: Mode) -> go.Figure:
    figure = blank(mode, SIDE, hovermode="closest", showlegend=False)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": MENU}, dragmode=False)
    return figure


def _height(layer: dict[str, Any]) -> int:
    """Return the height in px of a layer's row: units need less than maps."""
    if len(layer["shape"]) == 3:
        return TILE
    return min(TILE, 10 * -(-layer["shape"][0] // UNITS) + 4)


def _heat(canvas: np.ndarray, mode: Mode, values: np.ndarray, **axes: str) -> go.Heatmap:
    """Return a heat map of `canvas`, coloured over the range of `values`; NaN stays empty."""
    return go.Heatmap(
        z=canvas.astype(np.float32), showscale=False, hovertemplate="%{z:.3g}<extra></extra>",
        hoverongaps=False, **colours(values, mode), **axes,
    )  # fmt: skip


def _square(
    height: int, width: int, suffix: str = "", *, centred: bool = False
) -> dict[str, dict[str, Any]]:
    """Return a pair of hidden axes with square cells; the first row is at the top."""
    left, top = ({}, {}) if centred else ({"constraintoward": "left"}, {"constraintoward": "top"})
    common = {"visible": False, "constrain": "domain", "fixedrange": True}
    return {
        f"xaxis{suffix}": {"range": [-0.5, width - 0.5], **common, **left},
        f"yaxis{suffix}": {
            "range": [height - 0.5, -0.5], "scaleanchor": f"x{suffix}", **common, **top,
        },
    }  # fmt: skip
