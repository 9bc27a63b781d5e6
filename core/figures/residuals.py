"""Residuals against predicted values: a good model has a band around 0 without a pattern. Knows
plotly only.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.figures.template import PALETTES, SYMBOL, Mode, blank

HEIGHT = 300


def rows(true: Sequence[float], predicted: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return predicted values and residuals, true − predicted, sorted by the predicted value."""
    pairs = sorted((p, t - p) for t, p in zip(true, predicted, strict=True))
    return [p for p, _ in pairs], [r for _, r in pairs]


def figure(predicted: Sequence[float], residuals: Sequence[float], mode: Mode) -> go.Figure:
    """Draw one point per sample, and the line of no error."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, hovermode="closest", showlegend=False, margin={"b": 44})
    drawn.add_scatter(
        x=[min(predicted), max(predicted)], y=[0, 0], mode="lines", hoverinfo="skip",
        line={"color": p.muted, "width": 1.5, "dash": "dot"}, name="no error",
    )  # fmt: skip
    drawn.add_scatter(
        x=predicted, y=residuals, mode="markers", name="sample", text=["sample"] * len(residuals),
        marker={"color": p.test, "symbol": SYMBOL["test"], "size": 6, "opacity": 0.6},
        hovertemplate="predicted %{x:.4g}, residual %{y:.4g}<extra></extra>",
        meta={"as": "points"},
    )  # fmt: skip
    drawn.update_xaxes(title="predicted value")
    drawn.update_yaxes(title="residual (true − predicted)")
    return drawn
