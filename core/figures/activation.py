"""The curve of an activation and its slope."""

from itertools import pairwise

import plotly.graph_objects as go

from core.figures.template import DASH, PALETTES, Mode, blank
from core.network.activation import Activation, Point

HEIGHT = 208


def rows(activation: Activation) -> tuple[Point, ...]:
    """Return (a, z, dz/da) for inputs a from −5 to 5."""
    return activation.curve()


def figure(points: tuple[Point, ...], mode: Mode) -> go.Figure:
    """Draw the output as a line and the slope dashed, each labelled at the end of its line."""
    palette = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"l": 36, "r": 74, "t": 8, "b": 34}, showlegend=False)
    inputs = [a for a, _, _ in points]
    jumps = max(abs(z - y) for (_, y, _), (_, z, _) in pairwise(points)) > 0.5
    for name, colour, dash, values in (
        ("output z", palette.train, DASH["train"], [z for _, z, _ in points]),
        ("slope dz/da", palette.validation, DASH["validation"], [s for *_, s in points]),
    ):
        shape = "hv" if jumps and name == "output z" else "linear"
        drawn.add_scatter(
            x=inputs,
            y=values,
            mode="lines",
            name=name,
            line={"color": colour, "width": 2.25, "dash": dash, "shape": shape},
            hovertemplate="%{y:.3g}",
        )
        drawn.add_annotation(
            x=1, xref="paper", xanchor="left", y=values[-1], showarrow=False, text=name,
            xshift=4, font={"color": colour, "size": 12},
        )  # fmt: skip
    low, high = (f(min(z, s) if f is min else max(z, s) for _, z, s in points) for f in (min, max))
    drawn.update_xaxes(title="Input a", zeroline=True, zerolinecolor=palette.hair)
    room = 0.04 * (high - low)
    drawn.update_yaxes(range=[low - room, high + room])
    value, slope = drawn.layout.annotations
    if abs(value.y - slope.y) < 0.12 * (high - low):  # the two labels would overlap
        upper, lower = (value, slope) if value.y >= slope.y else (slope, value)
        upper.yshift, lower.yshift = 8, -8
    return drawn
