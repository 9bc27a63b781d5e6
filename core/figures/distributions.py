"""How weights, gradients or outputs of each layer are distributed over the training: one strip for
each layer, with the middle half of the values dark and 90 % of them light.

`rows(history, …)` computes what the figure shows. Knows plotly, no torch and no page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.base.cells import csv_text
from core.base.events import QUANTILES
from core.base.numbers import short
from core.figures.images import plain
from core.figures.template import AXIS_TITLES, COUNTS, PALETTES, Mode, blank, layer_colours
from core.figures.training import Against
from core.runs.history import History

LABELS = {"weight": "Weights", "gradient": "Gradients", "output": "Outputs"}
SHOWN = 16  # strips; of more layers, so many are chosen evenly
STRIP, HIGH, ALL = 50, 90, 360  # px of a strip: at least, at most, and of all together
FOOT = 52  # px of the x-axis below the last strip
GAP = 0.24  # of a strip, between two
LONGEST = 26  # letters of a layer's name


@dataclass(frozen=True)
class Strip:
    """One layer: its QUANTILES at each x. A value that is not finite is None."""

    layer: str
    x: tuple[float, ...]
    quantiles: tuple[tuple[float | None, ...], ...]  # one tuple for each of QUANTILES

    @property
    def reach(self) -> float:
        """The largest distance of a value from 0."""
        values = [abs(v) for row in self.quantiles for v in row if v is not None]
        return max(values, default=0.0) or 1.0


def rows(history: History, quantity: str, against: Against = "step") -> list[Strip]:
    """Return the strip of every layer; none for a run that did not record them."""
    events = history.distributions
    steps = [event.step for event in events]
    x = [*map(history.scale.epoch_at, steps)] if against == "epoch" else steps
    if against == "time":
        x = [history.seconds_at(step) for step in steps]
    strips = []
    for layer in history.layers:
        pairs = [
            (at, getattr(event, quantity)[layer])
            for at, event in zip(x, events, strict=True)
            if layer in getattr(event, quantity)
        ]
        if pairs:
            columns = zip(*(values for _, values in pairs), strict=True)
            finite = tuple(tuple(map(_finite, column)) for column in columns)
            strips.append(Strip(layer, tuple(at for at, _ in pairs), finite))
    return strips


def csv(strips: Sequence[Strip], against: Against = "step") -> str:
    """Return one line for each layer and time."""
    rows = (
        [strip.layer, *(None if v is None else f"{v:.6g}" for v in (at, *values))]
        for strip in strips
        for at, *values in zip(strip.x, *strip.quantiles, strict=True)
    )
    return csv_text(["layer", against, *(f"q{round(100 * q):02d}" for q in QUANTILES)], rows)


def chosen(strips: Sequence[Strip]) -> list[Strip]:
    """Return at most SHOWN strips, evenly spaced from the first to the last."""
    if len(strips) <= SHOWN:
        return list(strips)
    return [strips[i * (len(strips) - 1) // (SHOWN - 1)] for i in range(SHOWN)]


def height(strips: Sequence[Strip]) -> int:
    """Return the height in px of the figure of these strips."""
    each = max(STRIP, min(HIGH, ALL // max(1, len(strips))))
    return each * len(strips) + FOOT


def figure(strips: Sequence[Strip], mode: Mode, against: Against = "step") -> go.Figure:
    """Draw one strip below the other, from input to output, each on its own scale around 0."""
    p, count = PALETTES[mode], len(strips)
    drawn = blank(mode, height(strips), showlegend=False, hovermode="x")
    drawn.update_layout(margin={"l": 8, "r": 8, "t": 4, "b": 40})
    colours = layer_colours(count, mode)
    low, q1, middle, q3, high = range(len(QUANTILES))
    for number, (strip, colour) in enumerate(zip(strips, colours, strict=True), 1):
        suffix = str(number) if number > 1 else ""
        axis, x, q = f"y{suffix}", list(strip.x), strip.quantiles
        rgb = ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
        for (a, b), alpha in (((low, high), 0.22), ((q1, q3), 0.5)):
            quiet = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "yaxis": axis}
            drawn.add_scatter(x=x, y=q[a], **quiet)
            drawn.add_scatter(
                x=x, y=q[b], fill="tonexty", fillcolor=f"rgba({rgb},{alpha})", **quiet
            )
        text = [
            f"{_text(q[middle][i])}; middle half {_text(q[q1][i])} to {_text(q[q3][i])}; "
            f"90{chr(0x202F)}% {_text(q[low][i])} to {_text(q[high][i])}"
            for i in range(len(x))
        ]
        drawn.add_scatter(
            x=x, y=q[middle], mode="lines", line={"color": colour, "width": 1.75}, yaxis=axis,
            name=plain(strip.layer, LONGEST), text=text, hovertemplate="%{text}",
        )  # fmt: skip
        top, bottom = 1 - (number - 1 + GAP) / count, 1 - number / count
        reach = 1.08 * strip.reach
        drawn.update_layout({f"yaxis{suffix}": {
            "domain": [max(0, bottom), top], "range": [-reach, reach], "tickvals": [0],
            "ticktext": [""], "gridcolor": p.line, "anchor": "x", "fixedrange": True,
        }})  # fmt: skip
        drawn.add_annotation(
            text=f"<b>{plain(strip.layer, LONGEST)}</b>  ±{short(strip.reach)}", x=0, y=top,
            xref="paper", yref="paper", xanchor="left", yanchor="bottom", yshift=-3,
            showarrow=False, font={"size": 12, "color": p.muted},
        )  # fmt: skip
    title = AXIS_TITLES["seconds" if against == "time" else against]
    last = f"y{count}" if count > 1 else "y"
    drawn.update_xaxes(title=title, tickformat=COUNTS, anchor=last, rangemode="tozero")
    return drawn


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def _text(value: float | None) -> str:
    return short(value, 2)
