"""The histogram of one layer's initial weights with their expected standard deviation."""

from math import floor, log10
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.base.numbers import short
from core.figures.template import PALETTES, Mode, blank

if TYPE_CHECKING:
    from core.advice.first_step import WeightHistogram

HEIGHT = 108


def rows(weights: "WeightHistogram") -> tuple[list[float], list[float]]:
    """Return the middle of each bin and the fraction of the weights in it."""
    count, total = len(weights.counts), max(sum(weights.counts), 1)
    width = 2 * weights.reach / count
    middles = [-weights.reach + (i + 0.5) * width for i in range(count)]
    return middles, [n / total for n in weights.counts]


def figure(weights: "WeightHistogram", mode: Mode) -> go.Figure:
    """Draw the bins; where it is known, the expected mean ± standard deviation as two dashed lines
    with a tint between them.
    """
    palette = PALETTES[mode]
    middles, fractions = rows(weights)
    drawn = blank(
        mode, HEIGHT, margin={"l": 4, "r": 4, "t": 4, "b": 20}, showlegend=False, bargap=0
    )
    drawn.add_bar(
        x=middles, y=fractions, marker={"color": palette.train, "line": {"width": 0}},
        hovertemplate="w = %{x:.2g}: %{y:.1%}<extra></extra>",
    )  # fmt: skip
    reach = weights.reach
    if weights.expected:
        mean, std = weights.expected
        reach = max(reach, 1.15 * (abs(mean) + std))
        for side in (mean - std, mean + std):
            drawn.add_vline(
                side, line={"color": palette.validation, "width": 1.75, "dash": "4px,3px"}
            )
        drawn.add_vrect(
            mean - std, mean + std, fillcolor=palette.validation, opacity=0.1, line_width=0
        )
    tick = _round(0.85 * reach)
    ticks = [-tick, 0, tick]
    drawn.update_xaxes(
        range=[-1.05 * reach, 1.05 * reach], tickvals=ticks, ticktext=[short(t) for t in ticks]
    )
    drawn.update_yaxes(visible=False)
    drawn.update_layout(hovermode="closest")
    return drawn


def _round(value: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not above the value."""
    power = 10.0 ** floor(log10(value))
    return max(digit * power for digit in (1, 2, 5) if digit * power <= value * 1.000001)


def describe(weights: "WeightHistogram") -> str:
    """Return the measured and the expected standard deviation in words."""
    measured = f"σ {short(weights.std)}"
    if weights.expected is None:
        return f"{measured}, set by the data"
    return f"{measured}, expected {short(weights.expected[1])}"
