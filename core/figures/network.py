"""A network drawn as volumes: side = image size, depth = number of feature maps, colour = position
in the network. A shortcut is an arc over its block, branches are boxes one behind the other.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from core.figures.columns import MANY
from core.figures.drawing import WIDE, Drawing
from core.figures.template import PALETTES, Mode, layer_colours
from core.network.layers import Shape

if TYPE_CHECKING:
    from core.network.build import LayerFacts

HEIGHT, MIDDLE, TALLEST = 178, 78, 104  # px of a row of volumes
ARC, GAP = 16, 34  # px from a block to its shortcut, and the least between volumes, …
MORE = 40  # … and how many more where there is room
LETTER = 7.2  # px that a bold letter of 12 px takes


class Volume(NamedTuple):
    """Name, shape without batch (() where it does not fit), index of the layer with weights that it
    belongs to (−1: input), whether its input is added, number of branches, and how many equal
    volumes it stands for.
    """

    name: str
    shape: Shape
    weights: int
    shortcut: bool = False
    lanes: int = 1
    times: int = 1


def rows(facts: Sequence["LayerFacts"], shape: Shape) -> list[Volume]:
    """Return the input, and each layer whose output has another shape or new weights. Where there
    are many, equal neighbours become one.
    """
    volumes = [Volume("input", shape, -1)]
    weights = -1
    for fact in facts:
        weights += bool(fact.parameters)
        block = (fact.layer.adds_input, max(1, len(fact.chains)))
        if fact.output is None:
            volumes.append(Volume(fact.name, (), max(weights, 0), *block))
            break
        changes = fact.output != fact.input and len(fact.output) == len(fact.input or ())
        if changes or fact.chains or fact.has_weights:
            volumes.append(Volume(fact.name, fact.output, max(weights, 0), *block))
    return _fold(volumes) if len(volumes) > MANY else volumes


def _fold(volumes: Sequence[Volume]) -> list[Volume]:
    folded: list[Volume] = []
    for volume in volumes:
        last = folded[-1] if folded else None
        if last and volume.shape and _key(last) == _key(volume):
            folded[-1] = last._replace(times=last.times + 1)
        else:
            folded.append(volume)
    return folded


def _key(volume: Volume) -> tuple:
    return (volume.name.rstrip("0123456789"), volume.shape, volume.shortcut, volume.lanes)


def figure(volumes: Sequence[Volume], mode: Mode, wide: int = WIDE) -> go.Figure:
    """Draw boxes from left to right with arrows between them, in rows of at most `wide` px; a layer
    that does not fit is a dashed box and the last one.
    """
    palette = PALETTES[mode]
    colours = layer_colours(max((volume.weights for volume in volumes), default=0) + 1, mode)
    drawn = Drawing()
    least = [
        max(_whole_width(volume) + GAP, LETTER * max(map(len, _caption(volume))) + 10)
        for volume in volumes
    ]
    more = min(MORE, max(0.0, wide - sum(least)) / len(volumes))  # one row fills its card
    x, top, end = 0.0, 0, 0.0
    for volume, slot in zip(volumes, (width + more for width in least), strict=True):
        colour = palette.muted if volume.weights < 0 else colours[volume.weights]
        colour = colour if volume.shape else palette.warning
        width, height, lean = size(volume.shape)
        back, whole = _lanes_width(volume), _whole_width(volume)
        if x and x + slot > wide:
            x, top, end = 0.0, top + HEIGHT, 0.0
        left = x + (slot - whole) / 2
        if end:
            drawn.arrow(end + 3, left - 4, top + MIDDLE, palette.line)
        for lane in reversed(range(back // 5 + 1)):
            corner = (left + 5 * lane, top - 5 * lane)
            draw_box(drawn, corner, (width, height, lean), colour, whole=bool(volume.shape))
        if volume.shortcut and volume.shape:
            _draw_arc(drawn, left, left + whole, top + MIDDLE - height / 2 - lean, colour)
        _write_caption(drawn, volume, x + slot / 2, top, mode)
        x, end = x + slot, left + whole
    high = top + HEIGHT
    return drawn.figure(mode, [0, wide], [high, 0], high)


def _lanes_width(volume: Volume) -> int:
    """Return how far the boxes of its branches extend behind the first one, in px."""
    return 5 * (min(volume.lanes, 3) - 1)


def _whole_width(volume: Volume) -> float:
    width, _, lean = size(volume.shape)
    return width + lean + _lanes_width(volume)


def _write_caption(drawn: Drawing, volume: Volume, middle: float, top: float, mode: Mode) -> None:
    name, shape = _caption(volume)
    muted = PALETTES[mode].muted
    drawn.add_annotation(
        x=middle,
        y=top + 148,
        yanchor="top",
        showarrow=False,
        font={"size": 12},
        text=f"<b>{name}</b><br><span style='color:{muted}'>{shape}</span>",
    )


def _caption(volume: Volume) -> tuple[str, str]:
    """Return the two lines below a volume: name and shape."""
    name = f"{volume.name} (× {volume.times})" if volume.times > 1 else volume.name
    return name, "×".join(map(str, volume.shape)) or "does not fit"


def _draw_arc(drawn: Drawing, left: float, right: float, top: float, colour: str) -> None:
    """Draw the shortcut from the front of the block over it to its back."""
    high = max(top - ARC, 2.0)
    path = f"M{left - 14:.1f},{top + 24:.1f} C{left - 12:.1f},{high:.1f} "
    path += f"{right + 12:.1f},{high:.1f} {right + 14:.1f},{top + 24:.1f}"
    drawn.add_shape(type="path", path=path, line={"color": colour, "width": 2})


def size(shape: Shape) -> tuple[float, float, float]:
    """Return width, height and lean in px, by square roots so that small and large sizes show."""
    if len(shape) == 3:
        side = min(TALLEST, 16 * max(shape[1:]) ** 0.5)
        return 0.34 * side, side, 0.42 * min(40.0, 5 * shape[0] ** 0.5)
    return 9, min(TALLEST, 10 * (shape[0] if shape else 16) ** 0.5), 4


def draw_box(
    drawn: Drawing,
    corner: tuple[float, float],
    measures: tuple[float, float, float],
    colour: str,
    *,
    whole: bool,
) -> None:
    """Draw a front, a top and a side; only a dashed front where the shape is not known. `corner` is
    x and the upper edge of the row.
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
