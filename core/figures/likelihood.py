"""The likelihood of a probability, and the cross-entropy with its gap to the entropy."""

import numpy as np
import plotly.graph_objects as go

from core.concepts.likelihood import cross_entropy, entropy, relative_likelihood
from core.figures.template import DASH, PALETTES, SYMBOL, Mode, blank

HEIGHT = 260  # px
GRID = np.linspace(0.005, 0.995, 199)
HIGHEST = 2.5  # of the drawn cross-entropies, in nats


def likelihoods(heads: int, tosses: int, p: float, mode: Mode) -> go.Figure:
    """Draw the likelihood relative to its maximum, and mark p."""
    colours = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"b": 40}, showlegend=False)
    drawn.add_scatter(
        x=GRID.round(4).tolist(), mode="lines", name="likelihood",
        y=[round(relative_likelihood(heads, tosses, value), 6) for value in GRID],
        line={"color": colours.train, "width": 2.25}, hovertemplate="%{y:.3g}",
    )  # fmt: skip
    _mark(drawn, p, relative_likelihood(heads, tosses, p), mode)
    drawn.update_yaxes(title="likelihood / largest likelihood", range=[0, 1.08])
    return drawn


def cross_entropies(heads: int, tosses: int, p: float, mode: Mode) -> go.Figure:
    """Draw H(q, p) over p, H(q), and the gap between them at p."""
    colours = PALETTES[mode]
    q = heads / tosses
    drawn = blank(mode, HEIGHT, margin={"b": 40, "t": 28})
    drawn.add_scatter(
        x=GRID.round(4).tolist(), y=[round(cross_entropy(q, value), 6) for value in GRID],
        mode="lines", name="cross-entropy H(q, p)",
        line={"color": colours.train, "width": 2.25}, hovertemplate="%{y:.3f}",
    )  # fmt: skip
    drawn.add_scatter(
        x=[0, 1], y=[entropy(q)] * 2, mode="lines", name="entropy H(q)",
        line={"color": colours.validation, "width": 2, "dash": DASH["validation"]},
        hoverinfo="skip",
    )  # fmt: skip
    drawn.add_scatter(
        x=[p, p], y=[entropy(q), cross_entropy(q, p)], mode="lines", name="gap KL(q‖p)",
        line={"color": colours.best, "width": 5}, hoverinfo="skip",
    )  # fmt: skip
    _mark(drawn, p, cross_entropy(q, p), mode)
    drawn.update_yaxes(title="nats", range=[0, HIGHEST])
    drawn.update_layout(legend={"x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"})
    return drawn


def _mark(drawn: go.Figure, p: float, value: float, mode: Mode) -> None:
    colours = PALETTES[mode]
    drawn.add_scatter(
        x=[p], y=[value], mode="markers", showlegend=False, hoverinfo="skip",
        marker={"symbol": SYMBOL["best"], "size": 14, "color": colours.best},
    )  # fmt: skip
    drawn.update_xaxes(title="probability p of heads", range=[0, 1], hoverformat=".2f")
