"""The calibration curve: accuracy against confidence, and the diagonal of a calibrated network.
Knows plotly only.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.base.numbers import whole
from core.figures.template import PALETTES, Mode, blank

HEIGHT = 300


def figure(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], mode: Mode
) -> go.Figure:
    """Draw the bins of the network as trained, with their intervals, and with the temperature if
    there are any.
    """
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, hovermode="closest", margin={"b": 44})
    drawn.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": p.muted, "width": 1.5, "dash": "dot"},
        name="Calibrated", hoverinfo="skip", showlegend=False, meta={"take": "diagonal"},
    )  # fmt: skip
    if after:
        drawn.add_scatter(
            **_points(after), name="With temperature", mode="lines+markers",
            line={"color": p.best, "dash": "8px,4px"}, marker={"symbol": "diamond", "size": 7},
        )  # fmt: skip
    ends = [bin["accuracy"] for bin in before]
    spread = {
        "type": "data", "symmetric": False, "thickness": 1, "width": 3,
        "array": [high - value for value, _, high in ends],
        "arrayminus": [value - low for value, low, _ in ends],
    }  # fmt: skip
    drawn.add_scatter(
        **_points(before), name="As trained", mode="lines+markers", error_y=spread,
        line={"color": p.test}, marker={"size": 7},
    )  # fmt: skip
    drawn.update_xaxes(title="confidence (probability of the predicted class)", range=[0, 1.02])
    drawn.update_yaxes(title="accuracy", range=[0, 1.04])
    drawn.update_layout(legend={"y": 1.01, "yanchor": "bottom"})  # no curve can cross it
    return drawn


def _points(bins: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "x": [bin["confidence"] for bin in bins],
        "y": [bin["accuracy"][0] for bin in bins],
        "text": [whole(bin["count"]) for bin in bins],
        "hovertemplate": "confidence %{x:.3f}, accuracy %{y:.3f}, samples: %{text}<extra></extra>",
    }
