"""A network drawn as a graph: every layer is a box, blocks are framed, branches are drawn side by
side, and a shortcut is a line around its block.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.base.text import format_shape
from core.figures.columns import Cell, Column
from core.figures.drawing import WIDE, Drawing
from core.figures.template import PALETTES, Mode, layer_colours
from core.network.layers import Shape

BOX, STEP, GAP, PAD, HEAD = 20, 25, 22, 8, 22  # px: a box's height, from box to box, …
LETTER = 6.6  # px that a letter of 11 px takes
Frame = tuple[float, float, float, float]  # x, y, width, height in px


def rows(columns: Sequence[Column], wide: int = WIDE) -> tuple[list[Frame], float]:
    """Return the frame of each column, from left to right in rows of at most `wide` px, and the
    height of all rows.
    """
    frames: list[Frame] = []
    x, y, tallest = 0.0, 0.0, 0.0
    for width, height in map(_size, columns):
        if x and x + width > wide:
            x, y, tallest = 0.0, y + tallest + GAP, 0.0
        frames.append((x, y, width, height))
        x, tallest = x + width + GAP, max(tallest, height)
    return frames, y + tallest


def figure(columns: Sequence[Column], shape: Shape, mode: Mode, wide: int = WIDE) -> go.Figure:
    """Draw the columns with arrows between them; a layer that does not fit has a dashed frame and
    is the last one. `shape` is that of the input.
    """
    source = Column("input", ((Cell("input"),),), shape, -1)
    shown = [source, *columns]
    frames, height = rows(shown, wide)
    drawn = Drawing()
    colours = layer_colours(max((column.weights for column in columns), default=0) + 1, mode)
    for i, (column, frame) in enumerate(zip(shown, frames, strict=True)):
        colour = PALETTES[mode].muted if column.weights < 0 else colours[column.weights]
        if i:
            _draw_arrow(drawn, frames[i - 1], frame, mode)
        _draw_column(drawn, column, frame, colour, mode)
    widest = max(wide, *(x + width for x, _, width, _ in frames))
    return drawn.figure(mode, [-2, widest + 2], [height + 4, -4], int(height) + 8)


def _size(column: Column) -> tuple[float, float]:
    lanes = sum(map(_lane_width, column.lanes)) + PAD * (len(column.lanes) - 1)
    after = max((_box_width(cell) for cell in column.after), default=0)
    inner = max(lanes, after, LETTER * len(_foot(column)), LETTER * len(_head(column)))
    width = inner + (2 * PAD + 10 * column.shortcut if _is_framed(column) else 0)
    deep = max(map(len, column.lanes)) + bool(column.joined) + len(column.after)
    height = STEP * max(deep, 1) + HEAD + HEAD * bool(_head(column))
    return width, height + (PAD if _is_framed(column) else 0)


def _box_width(cell: Cell) -> float:
    return LETTER * len(cell.name) + 12


def _lane_width(lane: Sequence[Cell]) -> float:
    return max(map(_box_width, lane), default=22)


def _is_framed(column: Column) -> bool:
    return bool(column.joined) or len(column.lanes[0]) != 1 or column.times > 1


def _head(column: Column) -> str:
    is_block = len(column.lanes) > 1 or len(column.lanes[0]) != 1
    parts = [column.name * is_block, f"× {column.times}" * (column.times > 1)]
    return " ".join(filter(None, parts))


def _foot(column: Column) -> str:
    return format_shape(column.shape).replace(" ", "") if column.shape else "does not fit"


def _draw_column(drawn: Drawing, column: Column, frame: Frame, colour: str, mode: Mode) -> None:
    palette = PALETTES[mode]
    x, y, width, height = frame
    middle, top = x + width / 2, y
    if head := _head(column):
        _write(drawn, middle, y + HEAD / 2, f"<b>{head}</b>", palette.text)
        top += HEAD
    if _is_framed(column):
        line = {"color": palette.line, "width": 1}
        if column.has_misfit:
            line = {"color": palette.warning, "width": 2, "dash": "dash"}
        drawn.add_shape(
            type="rect", x0=x, x1=x + width, y0=top - 2, y1=y + height - HEAD + 2, line=line,
            fillcolor=palette.second, layer="below",
        )  # fmt: skip
        top += PAD / 2
    lanes = sum(map(_lane_width, column.lanes)) + PAD * (len(column.lanes) - 1)
    left, end = middle - lanes / 2 + 5 * column.shortcut, top
    joint = top + STEP * max(map(len, column.lanes))
    for lane in column.lanes:
        wide = _lane_width(lane)
        centre = left + wide / 2
        for k, cell in enumerate(lane):
            _draw_box(drawn, (left, top + STEP * k, wide, BOX), cell, colour, mode)
        if column.joined:
            low = top + STEP * len(lane) - STEP + BOX if lane else top - PAD / 2
            thin = {"color": palette.line, "width": 1.2}
            drawn.path([(centre, low), (centre, joint - 3), (middle, joint - 3)], line=thin)
        left, end = left + wide + PAD, max(end, top + STEP * len(lane))
    if column.shortcut:
        side = x + 7
        path = [(middle, top - 3), (side, top - 3), (side, joint + 9), (middle - 9, joint + 9)]
        drawn.path(path, line={"color": colour, "width": 2})
    if column.joined:
        _write(drawn, middle, joint + 9, f"<b>{column.joined}</b>", palette.text, size=15)
        end = joint + STEP
    for k, cell in enumerate(column.after):
        wide = _box_width(cell)
        _draw_box(drawn, (middle - wide / 2, end + STEP * k, wide, BOX), cell, "", mode)
    colour = palette.muted if column.shape else palette.warning
    _write(drawn, middle, y + height - HEAD / 2 + 3, _foot(column), colour)


def _draw_box(drawn: Drawing, frame: Frame, cell: Cell, colour: str, mode: Mode) -> None:
    palette = PALETTES[mode]
    x, y, width, height = frame
    is_filled = bool(colour) and cell.has_weights and cell.fits
    line: dict[str, object] = {"color": colour or palette.line, "width": 1}
    if not cell.fits:
        line = {"color": palette.warning, "width": 2, "dash": "dash"}
    drawn.add_shape(
        type="rect", x0=x, x1=x + width, y0=y, y1=y + height, line=line,
        fillcolor=colour if is_filled else palette.page,
    )  # fmt: skip
    written = palette.page if is_filled else palette.text
    _write(drawn, x + width / 2, y + height / 2, cell.name, written, size=11)


def _write(drawn: Drawing, x: float, y: float, text: str, colour: str, *, size: int = 11) -> None:
    drawn.add_annotation(x=x, y=y, text=text, showarrow=False, font={"size": size, "color": colour})


def _draw_arrow(drawn: Drawing, before: Frame, after: Frame, mode: Mode) -> None:
    """Draw an arrow from column to column; the first one of a row has none before it."""
    if after[1] == before[1]:
        level = after[1] + HEAD + BOX / 2
        drawn.arrow(before[0] + before[2] + 2, after[0] - 2, level, PALETTES[mode].line)
