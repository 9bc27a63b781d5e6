"""Signals and gradients through the layers of a network, and the powers of one weight."""

from collections.abc import Sequence
from math import inf, log10

import plotly.graph_objects as go

from core.concepts.signals import LayerSignals
from core.figures.template import DASH, PALETTES, SYMBOL, Mode, blank, log_axis

HEIGHT = 300  # px
LOWEST = 1e-20  # a log axis cannot show 0


def layers(shown: LayerSignals, mode: Mode) -> go.Figure:
    """Draw the standard deviation of the activations of each layer, and the gradient by them."""
    drawn = _blank(mode, "standard deviation, gradient", shown.activations + shown.gradients)
    p = PALETTES[mode]
    numbers = list(range(1, len(shown.activations) + 1))
    for name, values, colour, part in (
        ("Activations (standard deviation)", shown.activations, p.train, "train"),
        ("Gradient (root mean square)", shown.gradients, p.validation, "validation"),
    ):
        drawn.add_scatter(
            x=numbers, y=[max(value, LOWEST) for value in values], mode="lines+markers", name=name,
            line={"color": colour, "width": 2.25, "dash": DASH[part]},
            marker={"symbol": SYMBOL[part], "size": 7, "color": colour},
            customdata=values, hovertemplate="%{customdata:.2g}",
        )  # fmt: skip
    drawn.update_xaxes(title="layer", range=[0.7, len(numbers) + 0.3], dtick=2, tick0=1)
    return drawn


def powers(values: Sequence[float], mode: Mode) -> go.Figure:
    """Draw w⁰, w¹, …, w¹⁵."""
    drawn = _blank(mode, "remaining signal wᵏ", values)
    p = PALETTES[mode]
    drawn.add_scatter(
        x=list(range(len(values))), y=[max(value, LOWEST) for value in values], name="wᵏ",
        mode="lines+markers", line={"color": p.train, "width": 2.25},
        marker={"size": 7, "color": p.train}, hovertemplate="%{y:.3g}", showlegend=False,
    )  # fmt: skip
    drawn.update_xaxes(title="number of layers k", range=[-0.3, len(values) - 0.7])
    return drawn


def _blank(mode: Mode, title: str, values: Sequence[float]) -> go.Figure:
    drawn = blank(mode, HEIGHT, margin={"b": 40, "t": 34})
    axis, tables = log_axis(title)
    span = log10(max(1.0, *values)) - log10(max(LOWEST, min(1.0, *values)))
    for most, name in ((3, "thirds"), (8, "decades"), (inf, "triples")):
        if span <= most:
            drawn.update_yaxes(**axis | tables[name])
            break
    drawn.add_hline(1.0, line={"color": PALETTES[mode].line, "width": 1, "dash": "dot"})
    drawn.update_layout(legend={"x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"})
    return drawn
