"""The outputs of one layer with dropout: one mask, and the mean over many."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.template import PALETTES, SYMBOL, Mode, blank

HEIGHT = 330  # px


def outputs(
    values: Sequence[float],
    output: np.ndarray,
    mean: np.ndarray,
    deviation: np.ndarray,
    mode: Mode,
) -> go.Figure:
    """Draw each unit's output at inference and in training, and the mean over all masks with one
    standard deviation.
    """
    p = PALETTES[mode]
    units = list(range(1, len(values) + 1))
    drawn = blank(mode, HEIGHT, barmode="group", bargap=0.3, margin={"b": 40, "t": 30})
    for name, heights, colour in (
        ("inference: x", values, p.line),
        ("training: this mask", output, p.train),
    ):
        drawn.add_bar(
            x=units, y=[round(float(v), 4) for v in heights], name=name, marker_color=colour,
            hovertemplate="%{y:.3g}",
        )  # fmt: skip
    drawn.add_scatter(
        x=units, y=mean.round(4).tolist(), mode="markers", name="mean ± 1 std. dev. over all masks",
        marker={"color": p.validation, "symbol": SYMBOL["validation"], "size": 9},
        error_y={"array": deviation.round(4).tolist(), "color": p.validation, "thickness": 1.5},
        hovertemplate="%{y:.3g}",
    )  # fmt: skip
    drawn.update_xaxes(title="unit", dtick=1)
    drawn.update_yaxes(title="output", range=[-2.2, 5])
    drawn.update_layout(legend={"x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"})
    return drawn
