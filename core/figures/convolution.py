"""The image, and what a convolution or pooling makes of it, as cells with numbers."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.base.numbers import short
from core.figures.template import PALETTES, Mode, blank, scale

HEIGHT = 330  # px
GAP = 1  # empty rows and columns between two maps
MOST_NUMBERS = 12  # rows and columns up to which the cells show their values
Box = tuple[int, int]  # row, column


def cells(values: np.ndarray, boxes: Sequence[Box], mode: Mode, *, edge: int = 0) -> go.Figure:
    """Draw a matrix (H, W), the first row on top, without its NaNs; `boxes` are outlined, and
    `edge` rows and columns on each side are padding. Negative values get the other side of a
    diverging scale.
    """
    p = PALETTES[mode]
    rows, columns = values.shape
    drawn = blank(mode, HEIGHT, showlegend=False, hovermode="closest")
    signed = bool(np.nanmin(values) < 0)
    most = float(np.nanmax(np.abs(values))) or 1.0
    limits = {"zmin": -most, "zmax": most} if signed else {"zmin": 0.0, "zmax": most}
    numbers = max(rows, columns) <= MOST_NUMBERS
    drawn.add_heatmap(
        z=[[None if np.isnan(v) else round(v, 6) for v in row] for row in values.tolist()],
        colorscale=scale(p.diverging if signed else p.sequential),
        showscale=False, xgap=1, ygap=1, name="values", **limits,
        hovertemplate="row %{y}, column %{x}: %{z:.3g}<extra></extra>",
        text=[["" if np.isnan(v) else cell(v) for v in row] for row in values] if numbers else None,
        texttemplate="%{text}" if numbers else None, textfont={"size": 11},
    )  # fmt: skip
    for row, column in boxes:
        drawn.add_shape(
            type="rect", x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5,
            line={"color": p.validation, "width": 2.5},
        )  # fmt: skip
    if edge:
        drawn.add_shape(
            type="rect", x0=edge - 0.5, x1=columns - edge - 0.5, y0=edge - 0.5,
            y1=rows - edge - 0.5, line={"color": p.muted, "width": 1.5, "dash": "dot"},
        )  # fmt: skip
    drawn.update_layout(margin={"l": 8, "r": 8, "t": 4, "b": 26})
    drawn.update_xaxes(visible=False, range=[-0.6, columns - 0.4], constrain="domain")
    drawn.update_yaxes(visible=False, range=[rows - 0.4, -0.6], scaleanchor="x", constrain="domain")
    return drawn


def place_maps(maps: np.ndarray) -> tuple[np.ndarray, list[Box]]:
    """Return the maps (K, H, W) beside each other as one matrix, with empty rows and columns
    between them, and the upper left corner of each: up to two in a row.
    """
    count, rows, columns = maps.shape
    across = min(count, 2)
    corners = [((rows + GAP) * (k // across), (columns + GAP) * (k % across)) for k in range(count)]
    shape = (corners[-1][0] + rows, (columns + GAP) * (across - 1) + columns)
    placed = np.full(shape, np.nan)
    for (row, column), values in zip(corners, maps, strict=True):
        placed[row : row + rows, column : column + columns] = values
    return placed, corners


def find_pixel(maps: np.ndarray, place: Box) -> tuple[int, int, int] | None:
    """Return map, row and column of a place in the matrix of `place_maps`; None for a gap."""
    for number, (row, column) in enumerate(place_maps(maps)[1]):
        inside = place[0] - row, place[1] - column
        if 0 <= inside[0] < maps.shape[1] and 0 <= inside[1] < maps.shape[2]:
            return number, *inside
    return None


def cell(value: float) -> str:
    """Return a value as a cell shows it."""
    return short(round(value, 9) + 0.0, 2).replace("-", "−")
