"""Batch normalization: the values of one batch before and after, and the running averages."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.concepts.batch_norm import MEAN, STD, Running
from core.figures.template import DASH, PALETTES, SYMBOL, Mode, blank

HEIGHT = 255  # px


def values(batch: np.ndarray, training: np.ndarray, inference: np.ndarray, mode: Mode) -> go.Figure:
    """Draw the values of a batch (B,), and what the layer returns in training and at inference."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"b": 40, "t": 30}, hovermode="closest")
    for name, outputs, colour, part in (
        ("input", batch, p.muted, "test"),
        ("training output", training, p.train, "train"),
        ("inference output", inference, p.validation, "validation"),
    ):
        symbol = "circle-open" if part == "test" else SYMBOL[part]
        drawn.add_scatter(
            x=list(range(1, len(batch) + 1)), y=outputs.round(4).tolist(), mode="markers",
            name=name, marker={"color": colour, "symbol": symbol, "size": 10},
            hovertemplate=f"{name}: %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
    drawn.add_hline(0, line={"color": p.line, "width": 1})
    drawn.update_xaxes(title="sample of the batch", dtick=max(1, len(batch) // 8))
    drawn.update_layout(legend={"x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"})
    return drawn


def running(states: Sequence[Running], selected: int, mode: Mode) -> go.Figure:
    """Draw the running mean and standard deviation after each batch, and the true ones; the
    `selected` number of batches is marked.
    """
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"b": 40, "t": 30})
    for name, numbers, true, part in (
        ("running mean", [s.mean for s in states], MEAN, "train"),
        ("√ running variance", [s.variance**0.5 for s in states], STD, "validation"),
    ):
        colour = getattr(p, part)
        drawn.add_scatter(
            y=[round(v, 4) for v in numbers], x=list(range(len(numbers))), mode="lines", name=name,
            line={"color": colour, "width": 2.25, "dash": DASH[part]}, hovertemplate="%{y:.3f}",
        )  # fmt: skip
        drawn.add_hline(true, line={"color": colour, "width": 1, "dash": "dot"})
    drawn.add_vline(selected, line={"color": p.text, "width": 1, "dash": "dot"})
    drawn.update_xaxes(title="batches seen")
    drawn.update_yaxes(range=[0, 4.2])
    drawn.update_layout(legend={"x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"})
    return drawn
