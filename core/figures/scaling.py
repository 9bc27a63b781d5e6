"""What a normalization does to the values of the training part: a histogram before and after (D7).

`rows` computes, `figure` draws.
"""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.data.normalization import Affine
from core.figures.template import PALETTES, Mode, template

BINS = 48
SAMPLED = 2**20  # values looked at: a histogram needs no more


@dataclass(frozen=True)
class Histogram:
    """Middles of the bins (BINS,) and the share of all values in each."""

    middles: np.ndarray
    shares: np.ndarray


def rows(inputs: np.ndarray, chosen: np.ndarray, affine: Affine) -> tuple[Histogram, Histogram]:
    """The values of the inputs (N, …) at `chosen` (n,) before and after; about SAMPLED of them."""
    each = max(1, int(np.prod(inputs.shape[1:])))
    step = max(1, len(chosen) * each // SAMPLED)
    raw = inputs[chosen[::step]].astype(np.float64)
    return _histogram(raw), _histogram(raw * affine.multiply + affine.add)


def _histogram(values: np.ndarray) -> Histogram:
    counts, edges = np.histogram(values, bins=BINS)
    return Histogram((edges[:-1] + edges[1:]) / 2, counts / max(values.size, 1))


def figure(before: Histogram, after: Histogram, *, mode: Mode, height: int = 190) -> go.Figure:
    """Side by side, on one log scale of shares: most pixels of a drawing are background."""
    palette = PALETTES[mode]
    drawn = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.06)
    drawn.update_layout(template=template(mode), height=height, showlegend=False, bargap=0.04)
    for column, (found, colour, title) in enumerate(
        ((before, palette.line, "before: x"), (after, palette.best, "after: x′")), 1
    ):
        drawn.add_bar(
            x=found.middles,
            y=found.shares,
            marker={"color": colour},
            hovertemplate="%{y:.2%}<extra></extra>",
            row=1,
            col=column,
        )
        drawn.update_xaxes(title=title, row=1, col=column)
    drawn.update_layout(margin={"l": 44, "r": 8, "t": 6, "b": 36}, hovermode="x")
    drawn.update_yaxes(type="log", tickvals=[1e-4, 1e-3, 1e-2, 0.1, 1], range=[-4.2, 0.1])
    drawn.update_yaxes(ticktext=["0.01 %", "0.1 %", "1 %", "10 %", "100 %"])
    return drawn
