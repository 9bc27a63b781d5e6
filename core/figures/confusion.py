"""The confusion matrix as a heat map: true classes from top to bottom, predicted ones from left to
right. Knows plotly only.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.base.numbers import THIN, whole
from core.figures.images import plain
from core.figures.template import PALETTES, Mode, blank, scale

MOST = 20  # classes that are drawn unless all are asked for, and up to which cells have text
CELL, LEAST, HIGHEST, AROUND = 30, 200, 640, 76  # px: a cell, the plane, the axis with its names


def shown_classes(counts: Sequence[Sequence[int]], most: int = MOST) -> list[int]:
    """Return the classes to draw, in order: those with the most confusions if there are many."""
    matrix = np.array(counts)
    np.fill_diagonal(matrix, 0)
    confusions = matrix.sum(0) + matrix.sum(1)
    return sorted(np.argsort(-confusions, kind="stable")[:most].tolist())


def height(classes: int) -> int:
    """Return the height of the figure in px."""
    return int(np.clip(CELL * classes, LEAST, HIGHEST)) + AROUND


def figure(
    counts: Sequence[Sequence[int]],
    names: Sequence[str],
    mode: Mode,
    *,
    classes: Sequence[int],
    fractions: bool = False,
) -> go.Figure:
    """Draw the cells of these classes. The colour is the fraction of the true class, stretched so
    that rare confusions are visible; the text is the count, or the fraction in percent.
    """
    matrix = np.array(counts)
    rows = matrix.sum(1, keepdims=True)
    share = (matrix / np.maximum(rows, 1))[np.ix_(classes, classes)]
    shown = matrix[np.ix_(classes, classes)]
    labels = [plain(names[c], 14) for c in classes]
    places = list(range(len(classes)))
    hover = [["0"] * len(classes) for _ in classes]
    full = [plain(names[c], 30) for c in classes]
    for a, b in zip(*np.nonzero(shown), strict=True):  # most cells of many classes are empty
        of = f"{whole(shown[a, b])} of {whole(rows[classes[a], 0])}"
        hover[a][b] = f"{full[a]} → {full[b]}: {of} ({_percent(share[a, b])})"
    drawn = blank(mode, height(len(classes)), hovermode="closest", dragmode=False)
    drawn.add_heatmap(
        x=places,
        y=places,
        z=np.sqrt(share).tolist(),
        zmin=0,
        zmax=1,
        colorscale=scale(PALETTES[mode].sequential),
        showscale=False,
        xgap=1 if len(classes) <= 60 else 0,
        ygap=1 if len(classes) <= 60 else 0,
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
    )
    if len(classes) <= MOST:
        written = [(a, b) for a in places for b in places if shown[a, b]]
        drawn.add_scatter(
            x=[b for _, b in written],
            y=[a for a, _ in written],
            mode="text",
            text=[_percent(share[at]) if fractions else whole(shown[at]) for at in written],
            textfont={"size": 13, "color": [ink(np.sqrt(share[at]), mode) for at in written]},
            hoverinfo="skip",
            showlegend=False,
        )
    every = max(1, -(-len(classes) // 40))  # names that fit below each other
    ticks = {"tickvals": places[::every], "ticktext": labels[::every], "showgrid": False}
    drawn.update_xaxes(title="predicted class", showline=False, **ticks)
    drawn.update_yaxes(title="true class", autorange="reversed", **ticks)
    return drawn


def ink(level: float, mode: Mode) -> str:
    """Return the colour of text on a cell of this level, 0 to 1: of the lightest and the darkest
    colour, the one with more contrast (WCAG 2).
    """
    palette = PALETTES[mode]
    steps = np.array([_linear(colour) for colour in palette.sequential])
    position = level * (len(steps) - 1)
    cell = [np.interp(position, range(len(steps)), steps[:, k]) for k in range(3)]
    dark, light = sorted((palette.text, palette.page), key=lambda c: _luminance(_linear(c)))
    low, middle, high = (_luminance(c) + 0.05 for c in (_linear(dark), cell, _linear(light)))
    return light if high / middle > middle / low else dark


def _linear(colour: str) -> np.ndarray:
    """Return the linear red, green and blue of "#RRGGBB"."""
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _luminance(linear: Sequence[float]) -> float:
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def _percent(fraction: float) -> str:
    digits = 1 if 0 < fraction < 0.0995 else 0
    return f"{100 * fraction:.{digits}f}{THIN}%"
