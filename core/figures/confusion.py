"""The confusion matrix as a heat map: true classes from top to bottom, predicted ones from left to
right. Knows plotly only.
"""

from collections.abc import Sequence
from typing import Any

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
    hover = [
        [f"{plain(names[i], 30)} → {plain(names[j], 30)}: {whole(matrix[i, j])} of "
         f"{whole(rows[i, 0])} ({_percent(share[a, b])})" for b, j in enumerate(classes)]
        for a, i in enumerate(classes)
    ]  # fmt: skip
    drawn = blank(mode, height(len(classes)), hovermode="closest", dragmode=False)
    cells: dict[str, Any] = {}
    if len(classes) <= MOST:
        texts = [[_percent(f) if fractions else whole(n) for f, n in zip(*row, strict=True)]
                 for row in zip(share, shown, strict=True)]  # fmt: skip
        texts = [[t if n else "" for t, n in zip(*row, strict=True)]
                 for row in zip(texts, shown, strict=True)]  # fmt: skip
        cells = {"text": texts, "texttemplate": "%{text}", "textfont": {"size": 12}}
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
        meta={"table": {"y": [names[c] for c in classes], "x": [names[c] for c in classes],
                        "z": shown.tolist()}},
        **cells,
    )  # fmt: skip
    every = max(1, -(-len(classes) // 40))  # names that fit below each other
    ticks = {"tickvals": places[::every], "ticktext": labels[::every], "showgrid": False}
    drawn.update_xaxes(title="predicted class", showline=False, **ticks)
    drawn.update_yaxes(title="true class", autorange="reversed", **ticks)
    return drawn


def _percent(fraction: float) -> str:
    digits = 1 if 0 < fraction < 0.0995 else 0
    return f"{100 * fraction:.{digits}f}{THIN}%"
