"""Figure of the learning-rate range test: loss against learning rate, and the suggestion."""

from collections.abc import Sequence
from math import log10
from typing import Any

import plotly.graph_objects as go

from core.base.numbers import short
from core.figures.template import PALETTES, SYMBOL, Mode, blank
from core.runs.smoothing import smoothed

LOW, HIGH = 1e-6, 10.0  # learning rates of the whole test
MIDDLE = (LOW * HIGH) ** 0.5
DECADES = {  # one form for all ticks
    "tickvals": [float(f"1e{exponent}") for exponent in range(-6, 2)],
    "ticktext": [*(f"1e{exponent}" for exponent in range(-6, 0)), "1", "10"],
}
ROOM = 1.6  # times the first loss: higher losses are cut off, they all mean "too large"


def rows(points: Sequence[tuple[float, float]], reach: int) -> dict[str, list[float]]:
    """Return learning rates, losses, and the losses smoothed over `reach` neighbours."""
    losses = [loss for _, loss in points]
    rates = [rate for rate, _ in points]
    return {"rate": rates, "loss": losses, "smoothed": smoothed(losses, reach)}


def figure(
    shown: dict[str, list[float]],
    suggested: dict[str, Any] | None,
    *,
    mode: Mode,
    height: int = 168,
) -> go.Figure:
    """Draw the curve; `suggested` holds the fields of a `Suggestion`, None while unknown."""
    p = PALETTES[mode]
    drawn = blank(mode, height, showlegend=False, margin={"l": 44, "r": 12, "t": 8, "b": 34})
    drawn.add_scatter(
        x=shown["rate"], y=shown["loss"], mode="lines", line={"color": p.raw, "width": 1},
        hoverinfo="skip", name="Loss of each mini-batch",
    )  # fmt: skip
    drawn.add_scatter(
        x=shown["rate"], y=shown["smoothed"], mode="lines",
        line={"color": p.train, "width": 2.25}, name="Mean of neighbours",
        hovertemplate="learning rate %{x:.2g}: loss %{y:.3g}<extra></extra>",
    )  # fmt: skip
    span = {"range": [log10(LOW), log10(HIGH)], "hoverformat": ".2g"}
    drawn.update_xaxes(type="log", title="learning rate η", **DECADES | span)
    means = shown["smoothed"] or [1.0]
    top, low = ROOM * max(means[: len(means) // 4 + 1]), min(means)
    drawn.update_yaxes(title="loss", range=[low - 0.1 * (top - low), top])
    if suggested:
        _mark(drawn, mode, shown, suggested["rate"])
    return drawn


def _mark(drawn: go.Figure, mode: Mode, shown: dict[str, list[float]], rate: float) -> None:
    """Draw a dotted line, a star and a label at the suggested learning rate."""
    p = PALETTES[mode]
    at = min(range(len(shown["rate"])), key=lambda k: abs(shown["rate"][k] / rate - 1))
    drawn.add_vline(x=rate, line={"color": p.best, "width": 1.5, "dash": "dot"})
    drawn.add_annotation(
        x=log10(rate), y=1, yref="paper", text=f" suggested: {short(rate)} ", showarrow=False,
        xanchor="left" if rate < MIDDLE else "right", yanchor="top",
        font={"color": p.best, "size": 12},
    )  # fmt: skip
    star = {"symbol": SYMBOL["best"], "size": 14, "color": p.best}
    drawn.add_scatter(
        x=[rate], y=[shown["smoothed"][at]], mode="markers", name="Suggested",
        marker=star | {"line": {"color": p.page, "width": 1}}, hoverinfo="skip",
    )  # fmt: skip
