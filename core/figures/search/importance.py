"""How much each setting of a search matters, as bars: the part of the variation of the results that
it explains among good settings (PED-ANOVA, Watanabe, Bansal & Hutter 2023).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.base.numbers import percent
from core.figures.effects import wrap
from core.figures.search.scale import DimensionScale
from core.figures.template import PALETTES, Mode, blank

ROW = 40  # px of a bar


class ImportanceBar(NamedTuple):
    """One setting with its importance, a fraction of the sum over all settings."""

    title: str
    fraction: float


def rows(importances: Mapping[str, float], scales: Sequence[DimensionScale]) -> list[ImportanceBar]:
    """Return the settings, the most important one first."""
    titles = {scale.path: scale.title for scale in scales}
    total = sum(importances.values()) or 1.0
    bars = [
        ImportanceBar(titles[path], value / total)
        for path, value in importances.items()
        if path in titles
    ]
    return sorted(bars, key=lambda bar: -bar.fraction)


def chart_height(count: int) -> int:
    """Return the height in px of this many bars."""
    return ROW * max(1, count) + 16


def figure(bars: Sequence[ImportanceBar], mode: Mode) -> go.Figure:
    """Draw a bar with its percentage for each setting."""
    p = PALETTES[mode]
    drawn = blank(mode, chart_height(len(bars)), showlegend=False, hovermode=False, bargap=0.35)
    drawn.add_bar(
        x=[bar.fraction for bar in bars],
        y=[wrap(bar.title) for bar in bars],
        orientation="h",
        marker={"color": p.best, "cornerradius": 3},
        text=[percent(bar.fraction) for bar in bars],
        textposition="outside",
        textfont={"color": p.text, "size": 12},
        cliponaxis=False,
        name="Importance",
    )
    drawn.update_layout(margin={"l": 8, "r": 48, "t": 4, "b": 4}, dragmode=False)
    drawn.update_xaxes(visible=False, range=[0, max((bar.fraction for bar in bars), default=1)])
    drawn.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return drawn
