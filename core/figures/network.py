"""A network drawn as volumes: side = picture size, depth = maps, colour = how deep in the network
(N1). A shortcut is an arc over its block, branches are boxes one behind the other.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from core.figures.columns import MANY
from core.figures.drawing import WIDE, Drawing
from core.figures.template import PALETTES, Mode, layer_colours
from core.network.layers import Layer, Residual, Shape

if TYPE_CHECKING:
    from core.network.build import LayerFacts

HEIGHT, MIDDLE, TALLEST = 178, 78, 104  # px of a row of volumes
ARC, GAP = 16, 34  # px from a block to its shortcut, and between volumes at the least, …
MORE = 40  # … and so many more where there is room
LETTER = 7.2  # px that a bold letter of 12 px takes


class Volume(NamedTuple):
    """Name, shape without batch (() where it does not fit), layer with weights it belongs to (−1:
    input), whether its input is added, how many branches it has, how many such stand in a row.
    """

    name: str
    shape: Shape
    weights: int
    around: bool = False
    lanes: int = 1
    times: int = 1


def rows(layers: Sequence[Layer], facts: Sequence["LayerFacts"], shape: Shape) -> list[Volume]:
    """The input, and each layer whose output has another shape or new weights. Equal neighbours are
    one where there are many.
    """
    drawn = [Volume("input", shape, -1)]
    weights = -1
    for layer, fact in zip(layers, facts, strict=True):
        weights += bool(fact.parameters)
        around = isinstance(layer, Residual) and layer.shortcut
        more = (around, max(1, len(fact.inside)))
        if fact.output is None:
            drawn.append(Volume(fact.name, (), max(weights, 0), *more))
            break
        changes = fact.output != fact.input and len(fact.output) == len(fact.input or ())
        if changes or fact.inside or (fact.parameters and not fact.name.startswith("norm")):
            drawn.append(Volume(fact.name, fact.output, max(weights, 0), *more))
    return _folded(drawn) if len(drawn) > MANY else drawn


def _folded(volumes: Sequence[Volume]) -> list[Volume]:
    result: list[Volume] = []
    for one in volumes:
        last = result[-1] if result else None
        if last and one.shape and _key(last) == _key(one):
            result[-1] = last._replace(times=last.times + 1)
        else:
            result.append(one)
    return result


def _key(one: Volume) -> tuple:
    return (one.name.rstrip("0123456789"), one.shape, one.around, one.lanes)


def figure(volumes: Sequence[Volume], mode: Mode, wide: int = WIDE) -> go.Figure:
    """Boxes from left to right with arrows between, in rows of at most `wide` px; a layer that does
    not fit is a dashed box, the last one.
    """
    palette = PALETTES[mode]
    colours = layer_colours(max((one.weights for one in volumes), default=0) + 1, mode)
    drawn = Drawing()
    least = [max(_whole(one) + GAP, LETTER * max(map(len, _told(one))) + 10) for one in volumes]
    more = min(MORE, max(0.0, wide - sum(least)) / len(volumes))  # one row fills its card
    x, top, end = 0.0, 0, 0.0
    for one, slot in zip(volumes, (width + more for width in least), strict=True):
        colour = palette.muted if one.weights < 0 else colours[one.weights]
        colour = colour if one.shape else palette.warning
        width, height, lean = size(one.shape)
        back, whole = _back(one), _whole(one)
        if x and x + slot > wide:
            x, top, end = 0.0, top + HEIGHT, 0.0
        left = x + (slot - whole) / 2
        if end:
            drawn.arrow(end + 3, left - 4, top + MIDDLE, palette.line)
        for lane in reversed(range(back // 5 + 1)):
            corner = (left + 5 * lane, top - 5 * lane)
            box(drawn, corner, (width, height, lean), colour, whole=bool(one.shape))
        if one.around and one.shape:
            _arc(drawn, left, left + whole, top + MIDDLE - height / 2 - lean, colour)
        _words(drawn, one, x + slot / 2, top, mode)
        x, end = x + slot, left + whole
    high = top + HEIGHT
    return drawn.figure(mode, [0, wide], [high, 0], high)


def _back(one: Volume) -> int:
    """How far the boxes of its branches stand behind the first one, in px."""
    return 5 * (min(one.lanes, 3) - 1)


def _whole(one: Volume) -> float:
    """How wide it is drawn."""
    width, _, lean = size(one.shape)
    return width + lean + _back(one)


def _words(drawn: Drawing, one: Volume, middle: float, top: float, mode: Mode) -> None:
    name, shape = _told(one)
    muted = PALETTES[mode].muted
    drawn.add_annotation(
        x=middle,
        y=top + 148,
        yanchor="top",
        showarrow=False,
        font={"size": 12},
        text=f"<b>{name}</b><br><span style='color:{muted}'>{shape}</span>",
    )


def _told(one: Volume) -> tuple[str, str]:
    """Name and shape as they stand below a volume."""
    name = f"{one.name} (× {one.times})" if one.times > 1 else one.name
    return name, "×".join(map(str, one.shape)) or "does not fit"


def _arc(drawn: Drawing, left: float, right: float, top: float, colour: str) -> None:
    """The shortcut: from before the block over it to behind it."""
    high = max(top - ARC, 2.0)
    path = f"M{left - 14:.1f},{top + 24:.1f} C{left - 12:.1f},{high:.1f} "
    path += f"{right + 12:.1f},{high:.1f} {right + 14:.1f},{top + 24:.1f}"
    drawn.add_shape(type="path", path=path, line={"color": colour, "width": 2})


def size(shape: Shape) -> tuple[float, float, float]:
    """Width, height and lean in px; by square roots, so that small and large both show."""
    if len(shape) == 3:
        side = min(TALLEST, 16 * max(shape[1:]) ** 0.5)
        return 0.34 * side, side, 0.42 * min(40.0, 5 * shape[0] ** 0.5)
    return 9, min(TALLEST, 10 * (shape[0] if shape else 16) ** 0.5), 4


def box(
    drawn: Drawing,
    corner: tuple[float, float],
    measures: tuple[float, float, float],
    colour: str,
    *,
    whole: bool,
) -> None:
    """A front, a top and a side; only a dashed front where the shape is not known. `corner`: x, and
    how far down the row begins.
    """
    (x, down), (width, height, lean) = corner, measures
    top, bottom = down + MIDDLE - height / 2, down + MIDDLE + height / 2
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
        drawn.path(corners, end="Z", fillcolor=colour, opacity=opacity, line={"width": 0})
