"""A network drawn as volumes: side = picture size, depth = maps, colour = how deep in the network
(N1).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.figures.template import PALETTES, Mode, blank, layer_colours
from core.network.layers import Shape

if TYPE_CHECKING:
    from core.network.build import LayerFacts

HEIGHT, MIDDLE, TALLEST = 178, 78, 104
Volume = tuple[
    str, Shape, int
]  # name, shape without batch, layer with weights it belongs to (−1: input)


def rows(facts: Sequence["LayerFacts"], shape: Shape) -> list[Volume]:
    """The input, and each layer whose output has another shape or new weights."""
    drawn: list[Volume] = [("input", shape, -1)]
    weights = -1
    for fact in facts:
        weights += bool(fact.parameters)
        if fact.output is None:
            drawn.append((fact.name, (), max(weights, 0)))
            break
        changes = fact.output != fact.input and len(fact.output) == len(fact.input or ())
        if changes or (fact.parameters and not fact.name.startswith("norm")):
            drawn.append((fact.name, fact.output, max(weights, 0)))
    return drawn


def figure(volumes: Sequence[Volume], mode: Mode) -> go.Figure:
    """Boxes from left to right with arrows between; a layer that does not fit is a dashed box, the
    last one.
    """
    palette = PALETTES[mode]
    colours = layer_colours(max((layer for *_, layer in volumes), default=0) + 1, mode)
    drawn = blank(
        mode, HEIGHT, margin={"l": 0, "r": 0, "t": 0, "b": 0}, dragmode=False, hovermode=False
    )
    x, end = 14.0, None
    for name, shape, layer in volumes:
        colour = palette.muted if layer < 0 else colours[layer]
        width, height, lean = size(shape)
        if end is not None:
            drawn.add_annotation(
                x=x - 4,
                y=MIDDLE,
                ax=end,
                ay=MIDDLE,
                axref="x",
                ayref="y",
                text="",
                arrowhead=2,
                arrowsize=0.8,
                arrowwidth=1.4,
                arrowcolor=palette.line,
            )
        box(drawn, x, width, height, lean, colour, whole=bool(shape))
        words = "×".join(map(str, shape)) or "does not fit"
        drawn.add_annotation(
            x=x + (width + lean) / 2,
            y=148,
            yanchor="top",
            showarrow=False,
            font={"size": 12},
            text=f"<b>{name}</b><br><span style='color:{palette.muted}'>{words}</span>",
        )
        end = x + width + lean + 3
        x = end + max(30.0, 52 - width)
    drawn.update_xaxes(visible=False, range=[0, max(x, 420)])
    drawn.update_yaxes(visible=False, range=[HEIGHT, 0])
    return drawn


def size(shape: Shape) -> tuple[float, float, float]:
    """Width, height and lean in px; by square roots, so that small and large both show."""
    if len(shape) == 3:
        side = min(TALLEST, 16 * max(shape[1:]) ** 0.5)
        return 0.34 * side, side, 0.42 * min(40.0, 5 * shape[0] ** 0.5)
    return 9, min(TALLEST, 10 * (shape[0] if shape else 16) ** 0.5), 4


def box(
    drawn: go.Figure,
    x: float,
    width: float,
    height: float,
    lean: float,
    colour: str,
    *,
    whole: bool,
) -> None:
    """A front, a top and a side; only a dashed front where the shape is not known."""
    top, bottom = MIDDLE - height / 2, MIDDLE + height / 2
    right, back = x + width, x + width + lean
    if not whole:
        drawn.add_shape(
            type="rect", x0=x, x1=right, y0=top, y1=bottom, line={"color": colour, "dash": "dash"}
        )
        return
    faces = [
        ([(x, top), (right, top), (right, bottom), (x, bottom)], 0.92),
        ([(x, top), (x + lean, top - lean), (back, top - lean), (right, top)], 0.4),
        ([(right, top), (back, top - lean), (back, bottom - lean), (right, bottom)], 0.62),
    ]
    for corners, opacity in faces:
        path = "M" + " L".join(f"{a:.1f},{b:.1f}" for a, b in corners) + " Z"
        drawn.add_shape(type="path", path=path, fillcolor=colour, opacity=opacity, line_width=0)
