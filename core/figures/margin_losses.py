"""Losses against the margin y·f."""

import numpy as np
import plotly.graph_objects as go

from core.concepts.margin_losses import MARGIN_LOSSES
from core.figures.template import PALETTES, Mode, blank

HEIGHT = 330  # px
RANGE = (-2.5, 2.5)
DASHES = ("3px,3px", "solid", "8px,4px", "10px,3px,2px,3px", "2px,2px")


def losses(margin: float, mode: Mode) -> go.Figure:
    """Draw every loss over the margin; the selected margin is marked."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"b": 40})
    m = np.linspace(*RANGE, 251)
    colours = (p.muted, p.train, p.validation, p.test, p.best)
    for loss, colour, dash in zip(MARGIN_LOSSES, colours, DASHES, strict=True):
        drawn.add_scatter(
            x=m.tolist(), y=loss.value(m).round(5).tolist(), mode="lines", name=loss.label,
            line={"color": colour, "width": 2.25, "dash": dash}, hovertemplate="%{y:.3g}",
        )  # fmt: skip
    drawn.add_vline(margin, line={"color": p.text, "width": 1, "dash": "dot"})
    drawn.update_xaxes(title="margin m = y·f", range=list(RANGE), hoverformat=".2f")
    drawn.update_yaxes(title="loss", range=[0, 4.2])
    return drawn
