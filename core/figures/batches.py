"""Paths of gradient descent with batches of several sizes: the loss of all samples by epoch. The
paths themselves are drawn by `race`.
"""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from core.concepts.batches import SAMPLES, SampleLoss
from core.figures.race import FLOOR, height
from core.figures.template import DASH, PALETTES, Mode, blank, log_axis

HEIGHT = 250  # px
PARTS = ("train", "validation", "test")  # colour and dash of the three sizes


def losses(paths: Mapping[int, np.ndarray], mode: Mode) -> go.Figure:
    """Draw the loss above its minimum against the epochs, one line per batch size."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT)
    for (batch, path), part in zip(paths.items(), PARTS, strict=True):
        above = height(SampleLoss(), path)
        kept = np.isfinite(above)
        epochs = np.arange(len(path)) * batch / SAMPLES
        drawn.add_scatter(
            x=epochs[kept].round(4).tolist(), mode="lines", name=f"Batch {batch}",
            y=[float(f"{v:.4g}") for v in np.maximum(above[kept], FLOOR)],
            line={"color": getattr(p, part), "width": 2.25, "dash": DASH[part]},
            hovertemplate="%{y:.2g}",
        )  # fmt: skip
    axis, tables = log_axis("loss above the minimum")
    drawn.update_yaxes(**axis | tables["decades"] | {"range": [-5.2, 1.2]})
    drawn.update_xaxes(title="epoch", hoverformat=".3~f")
    drawn.update_layout(
        margin={"b": 40, "t": 8},
        legend={"x": 0, "xanchor": "left", "y": -0.2, "yanchor": "top"},
    )
    return drawn
