"""Validation losses of the complete training loop and of one with missing lines."""

import numpy as np
import plotly.graph_objects as go

from core.concepts.training_loop import MeasuredLoop
from core.figures.template import DASH, PALETTES, SYMBOL, Mode, blank, log_axis

HEIGHT = 290  # px
RANGE = (0.2, 100.0)  # of the drawn losses


def losses(complete: MeasuredLoop, changed: MeasuredLoop | None, mode: Mode) -> go.Figure:
    """Draw the validation loss of every seed after each epoch."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"b": 40, "t": 30}, hovermode="closest")
    for name, measured, part in (
        ("complete loop", complete, "train"),
        ("missing lines", changed, "validation"),
    ):
        for number, row in enumerate(measured.losses if measured else ()):
            drawn.add_scatter(
                x=list(range(1, len(row) + 1)), mode="lines+markers", name=name,
                y=[round(float(v), 4) if np.isfinite(v) else None for v in row],
                line={"color": getattr(p, part), "width": 1.75, "dash": DASH[part]},
                marker={"symbol": SYMBOL[part], "size": 5}, showlegend=not number,
                hovertemplate=f"{name}, seed {number}, epoch %{{x}}: %{{y:.3g}}<extra></extra>",
            )  # fmt: skip
    axis, tables = log_axis("validation loss")
    highest = [np.nanmax(shown.losses, initial=5.0) for shown in (complete, changed) if shown]
    high = min(1.3 * float(max(highest)), RANGE[1])
    drawn.update_yaxes(**axis | tables["thirds"] | {"range": [np.log10(RANGE[0]), np.log10(high)]})
    drawn.update_xaxes(title="epoch", dtick=2)
    drawn.update_layout(legend={"x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"})
    return drawn
