"""An activation and its slope over its input (N3)."""

from itertools import pairwise

import plotly.graph_objects as go

from core.figures.template import DASH, PALETTES, Mode, blank
from core.network.activation import Activation, Point

HEIGHT = 208


def rows(activation: Activation) -> tuple[Point, ...]:
    """(a, z, dz/da) from −5 to 5. A jump has two points at one place, with none between."""
    return activation.curve()


def figure(points: tuple[Point, ...], mode: Mode) -> go.Figure:
    """The value as a line, the slope dashed, both named at the line's end."""
    palette = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"l": 36, "r": 74, "t": 8, "b": 34}, showlegend=False)
    at = [a for a, _, _ in points]
    jumps = max(abs(z - y) for (_, y, _), (_, z, _) in pairwise(points)) > 0.5
    for name, colour, dash, values in (
        ("value z", palette.train, DASH["train"], [z for _, z, _ in points]),
        ("slope dz/da", palette.validation, DASH["validation"], [s for *_, s in points]),
    ):
        shape = "hv" if jumps and name == "value z" else "linear"
        drawn.add_scatter(
            x=at,
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
    drawn.update_xaxes(title="input a", zeroline=True, zerolinecolor=palette.hair)
    drawn.update_yaxes(range=[max(low, -2.5) - 0.15, min(high, 2.5) + 0.15])
    ends = [points[-1][1], points[-1][2]]
    top = drawn.layout.yaxis.range[1]
    for note, end in zip(drawn.layout.annotations, ends, strict=True):
        note.y = min(end, top)
    if abs(drawn.layout.annotations[0].y - drawn.layout.annotations[1].y) < 0.12 * (
        top - drawn.layout.yaxis.range[0]
    ):
        upper, lower = (0, 1) if ends[0] >= ends[1] else (1, 0)
        drawn.layout.annotations[upper].yshift = 8
        drawn.layout.annotations[lower].yshift = -8
    return drawn
