"""Predicted against true values of a regression: a perfect model is on the diagonal. Knows plotly
only.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.figures.template import PALETTES, SYMBOL, Mode, blank

HEIGHT, WIDTH = 380, 420  # px: a square, in which the diagonal is at 45°, and its labels


def figure(pairs: Sequence[tuple[float, float]], mode: Mode) -> go.Figure:
    """Draw (true, predicted) pairs, both in the unit of the target, and the diagonal."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, hovermode="closest", showlegend=False, margin={"b": 44})
    ends = [min(map(min, pairs)), max(map(max, pairs))]
    drawn.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": p.muted, "width": 1.5, "dash": "dot"},
        name="Predicted = true", hoverinfo="skip",
    )  # fmt: skip
    drawn.add_scatter(
        x=[true for true, _ in pairs],
        y=[predicted for _, predicted in pairs],
        mode="markers",
        marker={"color": p.test, "symbol": SYMBOL["test"], "size": 6, "opacity": 0.6},
        name="Sample",
        hovertemplate="true %{x:.4g}, predicted %{y:.4g}<extra></extra>",
    )
    drawn.update_xaxes(title="true value", constrain="domain")
    drawn.update_yaxes(title="predicted value", constrain="domain", scaleanchor="x")
    return drawn
