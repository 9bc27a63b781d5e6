"""A network drawn as a graph: every layer a box, blocks framed, branches side by side, the shortcut
a line around (N1, N6).
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.base.text import format_shape
from core.figures.columns import Column
from core.figures.drawing import WIDE, Drawing
from core.figures.template import PALETTES, Mode, layer_colours
from core.network.layers import Shape

BOX, STEP, GAP, PAD, HEAD = 20, 25, 22, 8, 22  # px: a box's height, from box to box, …
LETTER = 6.6  # px that a letter of 11 px takes
Place = tuple[float, float, float, float]  # x, y, width, height in px


def rows(all: Sequence[Column], wide: int = WIDE) -> tuple[list[Place], float]:
    """Where each column stands, from left to right and then in the next row of at most `wide` px;
    the height of all.
    """
    places: list[Place] = []
    x, y, tallest = 0.0, 0.0, 0.0
    sizes = [_size(one) for one in all]
    for width, height in sizes:
        if x and x + width > wide:
            x, y, tallest = 0.0, y + tallest + GAP, 0.0
        places.append((x, y, width, height))
        x, tallest = x + width + GAP, max(tallest, height)
    return places, y + tallest


def figure(all: Sequence[Column], shape: Shape, mode: Mode, wide: int = WIDE) -> go.Figure:
    """Columns with arrows between; a layer that does not fit has a dashed frame, and there it
    ends. `shape` is that of the input.
    """
    source = Column("input", (("input",),), shape, -1)
    shown = [source, *all]
    places, height = rows(shown, wide)
    drawn = Drawing()
    colours = layer_colours(max((one.weights for one in all), default=0) + 1, mode)
    for i, (one, place) in enumerate(zip(shown, places, strict=True)):
        colour = PALETTES[mode].muted if one.weights < 0 else colours[one.weights]
        if i:
            _link(drawn, places[i - 1], place, mode)
        _draw(drawn, one, place, colour, mode)
    widest = max(wide, *(x + width for x, _, width, _ in places))
    return drawn.figure(mode, [-2, widest + 2], [height + 4, -4], int(height) + 8)


def _size(one: Column) -> tuple[float, float]:
    lanes = sum(_lane_width(lane) for lane in one.lanes) + PAD * (len(one.lanes) - 1)
    after = max((LETTER * len(name) + 12 for name in one.after), default=0)
    inner = max(lanes, after, LETTER * len(_foot(one)), LETTER * len(_head(one)))
    width = inner + (2 * PAD + 10 * one.around if _framed(one) else 0)
    deep = max(len(lane) for lane in one.lanes) + bool(one.joined) + len(one.after)
    return width, STEP * max(deep, 1) + HEAD + HEAD * bool(_head(one)) + (
        PAD if _framed(one) else 0
    )


def _lane_width(lane: Sequence[str]) -> float:
    return max((LETTER * len(name) + 12 for name in lane), default=22)


def _framed(one: Column) -> bool:
    return bool(one.joined) or len(one.lanes[0]) != 1 or one.times > 1


def _head(one: Column) -> str:
    named = one.name if len(one.lanes) > 1 or len(one.lanes[0]) != 1 else ""
    return " ".join(filter(None, [named, f"× {one.times}" if one.times > 1 else ""]))


def _foot(one: Column) -> str:
    return format_shape(one.shape).replace(" ", "") if one.shape else "does not fit"


def _draw(drawn: Drawing, one: Column, place: Place, colour: str, mode: Mode) -> None:
    palette = PALETTES[mode]
    x, y, width, height = place
    middle, top = x + width / 2, y
    if head := _head(one):
        _say(drawn, middle, y + HEAD / 2, f"<b>{head}</b>", palette.text)
        top += HEAD
    if _framed(one):
        frame = {"color": palette.line, "width": 1}
        if one.wrong:
            frame = {"color": palette.warning, "width": 2, "dash": "dash"}
        drawn.add_shape(
            type="rect", x0=x, x1=x + width, y0=top - 2, y1=y + height - HEAD + 2, line=frame,
            fillcolor=palette.second, layer="below",
        )  # fmt: skip
        top += PAD / 2
    lanes = sum(map(_lane_width, one.lanes)) + PAD * (len(one.lanes) - 1)
    left, end = middle - lanes / 2 + 5 * one.around, top
    joint = top + STEP * max(len(lane) for lane in one.lanes)
    for lane in one.lanes:
        wide = _lane_width(lane)
        centre = left + wide / 2
        for k, name in enumerate(lane):
            _box(drawn, (left, top + STEP * k, wide, BOX), name, colour, mode)
        if one.joined:
            low = top + STEP * len(lane) - STEP + BOX if lane else top - PAD / 2
            thin = {"color": palette.line, "width": 1.2}
            drawn.path([(centre, low), (centre, joint - 3), (middle, joint - 3)], line=thin)
        left, end = left + wide + PAD, max(end, top + STEP * len(lane))
    if one.around:
        side = x + 7
        way = [(middle, top - 3), (side, top - 3), (side, joint + 9), (middle - 9, joint + 9)]
        drawn.path(way, line={"color": colour, "width": 2})
    if one.joined:
        _say(drawn, middle, joint + 9, f"<b>{one.joined}</b>", palette.text, size=15)
        end = joint + STEP
    for k, name in enumerate(one.after):
        wide = LETTER * len(name) + 12
        _box(drawn, (middle - wide / 2, end + STEP * k, wide, BOX), name, "", mode)
    colour = palette.muted if one.shape else palette.warning
    _say(drawn, middle, y + height - HEAD / 2 + 3, _foot(one), colour)


def _box(drawn: Drawing, place: Place, name: str, colour: str, mode: Mode) -> None:
    palette = PALETTES[mode]
    x, y, width, height = place
    wrong = " " in name
    weighty = bool(colour) and not name.startswith(_LIGHT)
    line = {
        "color": palette.warning if wrong else colour or palette.line,
        "width": 2 if wrong else 1,
    }
    drawn.add_shape(
        type="rect", x0=x, x1=x + width, y0=y, y1=y + height,
        line=line | ({"dash": "dash"} if wrong else {}),
        fillcolor=colour if weighty and not wrong else palette.page,
    )  # fmt: skip
    written = palette.page if weighty and not wrong else palette.text
    _say(drawn, x + width / 2, y + height / 2, name, written, size=11)


_LIGHT = (
    "relu", "tanh", "sigmoid", "elu", "gelu", "swish", "softplus", "leaky", "step", "norm", "pool",
    "dropout", "flatten", "global", "input",
)  # fmt: skip


def _say(drawn: Drawing, x: float, y: float, text: str, colour: str, *, size: int = 11) -> None:
    drawn.add_annotation(x=x, y=y, text=text, showarrow=False, font={"size": size, "color": colour})


def _link(drawn: Drawing, before: Place, after: Place, mode: Mode) -> None:
    """An arrow from column to column; the next row begins without one."""
    if after[1] == before[1]:
        level = after[1] + HEAD + BOX / 2
        drawn.arrow(before[0] + before[2] + 2, after[0] - 2, level, PALETTES[mode].line)
