"""The three sources of error and the rest, as bars with their intervals. Knows plotly only."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from core.figures.template import PALETTES, Mode, blank

HEIGHT = 220
NAMES = {
    "optimization": "Optimization",
    "approximation": "Approximation",
    "generalization": "Generalization",
    "rest": "Rest",
}


def figure(result: Mapping[str, Any], mode: Mode) -> go.Figure:
    """Draw the parts of an error (core/analysis/verdict/error_sources.py), in percentage points,
    or of values in percent of the variance.
    """
    p = PALETTES[mode]
    values = {label: [100 * v for v in result[name]] for name, label in NAMES.items()}
    drawn = blank(mode, HEIGHT, hovermode="closest", showlegend=False, margin={"b": 44, "l": 110})
    drawn.add_bar(
        x=[value for value, _, _ in values.values()],
        y=list(values),
        orientation="h",
        marker={"color": [p.train, p.validation, p.test, p.muted]},
        error_x={
            "type": "data", "symmetric": False, "color": p.text, "thickness": 1.5,
            "array": [high - value for value, _, high in values.values()],
            "arrayminus": [value - low for value, low, _ in values.values()],
        },
        hovertemplate="%{y}: %{x:.3g}<extra></extra>",
        name="Part of the error",
    )  # fmt: skip
    unit = "percent of the variance" if result["is_value"] else "percentage points of the error"
    drawn.update_xaxes(title=unit, showgrid=True, zeroline=True, zerolinecolor=p.line)
    drawn.update_yaxes(autorange="reversed")
    return drawn
