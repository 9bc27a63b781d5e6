"""Bias and variance as two gaps between three errors, with the 95 % intervals of what was measured.
`rows` computes, `figure` draws.
"""

from typing import NamedTuple

import plotly.graph_objects as go

from core.advice.bias_variance import BiasVarianceVerdict, Gap, describe_size
from core.base.rates import Rate
from core.figures.template import PALETTES, SYMBOL, Mode, blank
from core.runs.measured import NAMES, describe_rate

HEIGHT = 190  # of two rows


class ErrorRow(NamedTuple):
    """One error: its name, the value with its interval, its part, and the gap below it, which
    begins at `start`.
    """

    name: str
    interval: Rate
    part: str
    start: float | None = None
    gap: str = ""


def rows(verdict: BiasVarianceVerdict) -> list[ErrorRow]:
    """Return the human error if it is known, the training and the validation error."""
    train, held = verdict.train, verdict.validation

    def words(gap: Gap) -> str:
        return f"{gap.name} {describe_size(gap, train)}: {gap.state}"

    human = [] if verdict.human is None else [ErrorRow("Human", [verdict.human] * 3, "best")]
    bias = "bias unknown" if verdict.bias.state == "unknown" else words(verdict.bias)
    return [
        *human,
        ErrorRow("Training", train.interval, "train", verdict.human, bias),
        ErrorRow(
            NAMES[verdict.held].capitalize(),
            held.interval,
            verdict.held,
            train.error,
            words(verdict.variance),
        ),
    ]


def height(entries: list[ErrorRow]) -> int:
    """Return the height in px: each row has room for the text above its bar."""
    return HEIGHT + 60 * (len(entries) - 2)


def figure(entries: list[ErrorRow], mode: Mode, *, percent: bool) -> go.Figure:
    """Draw a dot with its interval for each error, and a bar for the gap to the one above it."""
    p = PALETTES[mode]
    drawn = blank(mode, height(entries), hovermode="closest", showlegend=False, bargap=0.5)
    top = max(row.interval[2] for row in entries) or 1.0
    for row in entries:
        value, low, high = row.interval
        colour = getattr(p, row.part)
        if row.start is not None:
            drawn.add_bar(
                y=[row.name], base=[row.start], x=[value - row.start], orientation="h",
                marker={"color": colour, "opacity": 0.25}, hoverinfo="skip",
            )  # fmt: skip
        drawn.add_scatter(
            x=[value],
            y=[row.name],
            mode="markers",
            marker={"color": colour, "symbol": SYMBOL[row.part], "size": 11},
            error_x={
                "array": [high - value],
                "arrayminus": [value - low],
                "color": colour,
                "thickness": 2,
            },
            hovertemplate=f"{describe_rate(row.interval, percent=percent)}<extra></extra>",
        )
        drawn.add_annotation(
            x=0, y=row.name, text=row.gap, showarrow=False, xanchor="left", xshift=4, yshift=25,
            font={"color": p.muted, "size": 12},  # above its bar: on a phone none fits beside it
        )  # fmt: skip
    drawn.update_layout(margin={"l": 76, "b": 40, "t": 32})  # room for the first text
    drawn.update_yaxes(autorange="reversed", type="category", showgrid=False)
    drawn.update_xaxes(
        range=[-0.03 * top, 1.1 * top],
        tickformat=".3~%" if percent else "",
        title="error" if percent else "RMSE, unit of the target",
        showgrid=True,
    )
    return drawn
