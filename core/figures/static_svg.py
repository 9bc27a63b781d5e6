"""A chart as static SVG text, for a page without scripts: the lines, markers and texts of a plotly
figure with numeric axes. Names and labels are escaped, whatever they contain.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import Any

import plotly.graph_objects as go

from core.base.numbers import percent, short, whole
from core.figures.template import PALETTES

WIDTH = 640  # units of the view box unless another width is asked for
FONT, LETTER, ROW = 12, 8.4, 18  # size of text, room for a letter of it, height of a legend's row
TICKS = 5  # of a linear axis, about
PAD = 0.04  # of the range of an axis, beyond the data
P = PALETTES["light"]


@dataclass(frozen=True)
class _Axis:
    """An axis from `low` to `high`, log10 of the values if `log`, drawn from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool
    ticks: list[tuple[float, str]]
    title: str

    def place(self, value: Any) -> float | None:
        """Return the position of a value; None if the axis cannot show it."""
        if value is None or not isfinite(value) or (self.log and value <= 0):
            return None
        at = log10(value) if self.log else value
        return self.start + (at - self.low) / (self.high - self.low) * (self.end - self.start)


def svg(figure: go.Figure, alt: str, width: int = WIDTH) -> str:
    """Return the figure as an SVG element; both axes must have numbers. A chart that is drawn at
    half of the page needs a smaller `width`, so that its text stays legible.
    """
    traces = [trace for trace in figure.data if trace.x is not None and len(trace.x)]
    named = [t for t in traces if t.name and t.showlegend is not False and t.mode != "text"]
    legend, rows = _legend(named, width) if figure.layout.showlegend is not False else ("", 0)
    left, right = 64, width - (figure.layout.margin.r or 16)
    top = 6 + ROW * rows
    bottom = top + (figure.layout.height or 236) - 52
    main = [trace for trace in traces if trace.yaxis != "y2"]
    x = _axis(figure.layout.xaxis, [trace.x for trace in main], left, right)
    y = _axis(figure.layout.yaxis, [trace.y for trace in main], bottom, top)
    upright = _Axis(0, 1, bottom, top, False, [], "")  # of lines over the whole height
    shapes = [_frame(x, y)]
    for trace in traces:
        shapes += _trace(trace, x, upright if trace.yaxis == "y2" else y)
    box = f'viewBox="0 0 {width} {bottom + 40:.0f}"'
    font = f'font-family="Source Sans 3, Source Sans Pro, sans-serif" font-size="{FONT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} {font} role="img" aria-label="'
    return f'{head}{html.escape(alt)}">{legend}{"".join(shapes)}</svg>'


# --- axes


def _axis(layout: Any, series: Sequence[Sequence], start: float, end: float) -> _Axis:
    """Return the axis of the layout, with the range of the data unless it has one."""
    log = layout.type == "log"
    values = [log10(v) if log else v for part in series for v in part if _visible(v, log=log)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if layout.rangemode == "tozero" and not log:
        low, high = min(low, 0.0), max(high, 0.0)
    pad = PAD * (high - low) or 0.5
    low, high = (low if layout.rangemode == "tozero" and low == 0 else low - pad), high + pad
    if layout.range:
        low, high = layout.range
    shares = "%" in (layout.tickformat or "")
    if log and layout.tickvals:
        named = list(zip(layout.tickvals, layout.ticktext or layout.tickvals, strict=True))
        ticks = [(v, str(text)) for v, text in named if low <= log10(v) <= high]
    else:
        ticks = [(v, _tick(v, shares=shares)) for v in _steps(low, high, log=log)]
    return _Axis(low, high, start, end, log, ticks, layout.title.text or "")


def _steps(low: float, high: float, *, log: bool) -> list[float]:
    """Return about TICKS round numbers from `low` to `high`, of which they are logarithms if
    `log`.
    """
    first, last = (10**low, 10**high) if log else (low, high)
    raw = (last - first) / TICKS
    unit = 10 ** floor(log10(raw)) if raw > 0 else 1.0
    step = next(unit * k for k in (1, 2, 5, 10) if unit * k >= raw * (1 - 1e-9))
    return [step * k for k in range(ceil(first / step - 1e-9), floor(last / step + 1e-9) + 1)]


def _tick(value: float, *, shares: bool) -> str:
    value = 0.0 if abs(value) < 1e-12 else value
    if shares:
        return percent(value)
    text = whole(value) if value == round(value) and abs(value) < 1e6 else short(value, 3)
    return text.replace("-", "−", 1) if value < 0 else text


def _frame(x: _Axis, y: _Axis) -> str:
    """Draw the grid, the ticks and the titles."""
    parts = []
    for value, text in y.ticks:
        at = y.place(value)
        parts.append(_line(x.start, at, x.end, at, P.hair))
        parts.append(_text(x.start - 6, at + 4, text, P.muted, "end"))
    for value, text in x.ticks:
        parts.append(_text(x.place(value), y.start + 16, text, P.muted, "middle"))
    parts.append(_line(x.start, y.start, x.end, y.start, P.line))
    middle = (x.start + x.end) / 2
    parts.append(_text(middle, y.start + 33, x.title, P.muted, "middle"))
    turned = f'transform="rotate(-90 14 {(y.start + y.end) / 2:.1f})"'
    parts.append(_text(14, (y.start + y.end) / 2, y.title, P.muted, "middle", turned))
    return "".join(parts)


# --- traces


def _trace(trace: Any, x: _Axis, y: _Axis) -> Iterator[str]:
    """Yield the shapes of a trace; what is beyond the y-axis is drawn at its end."""
    mode = trace.mode or "lines"
    opacity = f' opacity="{trace.marker.opacity}"' if trace.marker.opacity else ""
    points = [(x.place(a), y.place(b)) for a, b in zip(trace.x, trace.y, strict=True)]
    shown = [
        None if a is None or b is None else (a, min(max(b, y.end), y.start)) for a, b in points
    ]
    if "lines" in mode:
        path = "".join(_path(shown))
        width, dash = trace.line.width or 2, _dash(trace.line.dash)
        yield f'<path d="{path}" fill="none" stroke="{_colour(trace.line.color)}" '
        yield f'stroke-width="{width}" stroke-linejoin="round"{dash}/>'
    if "markers" in mode:
        most = trace.marker.maxdisplayed or 0
        every = max(1, ceil(len(shown) / most)) if most else 1
        colour, size = _colour(trace.marker.color or trace.line.color), trace.marker.size or 6
        for at in filter(None, shown[::every]):
            yield _marker(trace.marker.symbol or "circle", *at, size / 2, colour, opacity)
    if "text" in mode:
        colours = trace.textfont.color
        for k, (at, text) in enumerate(zip(shown, _ends(trace), strict=True)):
            if at and text:
                colour = colours if isinstance(colours, str) or not colours else colours[k]
                position = trace.textposition or "middle center"
                position = position if isinstance(position, str) else position[k]
                anchor = {"right": "start", "left": "end"}.get(position.split()[-1], "middle")
                halo = f'paint-order="stroke" stroke="{P.page}" stroke-width="3"'
                yield _text(at[0], at[1] + 4, _plain(text), colour or P.text, anchor, halo)


def _path(points: Sequence[tuple[float, float] | None]) -> Iterator[str]:
    """Yield the commands of a path with gaps where there is no point."""
    pen = "M"
    for point in points:
        if point is None:
            pen = "M"
        else:
            yield f"{pen}{point[0]:.1f} {point[1]:.1f}"
            pen = "L"


def _marker(symbol: str, x: float, y: float, r: float, colour: str, more: str) -> str:
    """Draw one of the symbols of the template."""
    stroke = f'fill="none" stroke="{colour}" stroke-width="2"'
    fill = f'fill="{colour}"'
    shapes = {
        "circle": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:g}" {fill}{more}/>',
        "diamond": _polygon(x, y, [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)], r, fill),
        "square": _polygon(x, y, [(-1, -1), (1, -1), (1, 1), (-1, 1)], r, fill),
        "triangle-up": _polygon(x, y, [(0, -1.2), (1.2, 1), (-1.2, 1)], r, fill),
        "star": _polygon(x, y, _STAR, r, f'{fill} stroke="{P.page}"'),
        "octagon-open": _polygon(x, y, _OCTAGON, r, stroke),
        "cross": f'<path d="M{x:.1f} {y:.1f}m0-{r:g}v{2 * r:g}m-{r:g}-{r:g}h{2 * r:g}" {stroke}/>',
        "x": f'<path d="M{x - r:.1f} {y - r:.1f}l{2 * r:g} {2 * r:g}m0-{2 * r:g}l-{2 * r:g} '
        f'{2 * r:g}" {stroke}/>',
    }
    return shapes.get(symbol, shapes["circle"])


_STAR = [
    (0, -1.3), (0.32, -0.42), (1.24, -0.4), (0.52, 0.17), (0.76, 1.05),
    (0, 0.54), (-0.76, 1.05), (-0.52, 0.17), (-1.24, -0.4), (-0.32, -0.42),
]  # fmt: skip
_OCTAGON = [(0.4, -1), (1, -0.4), (1, 0.4), (0.4, 1), (-0.4, 1), (-1, 0.4), (-1, -0.4), (-0.4, -1)]


def _polygon(x: float, y: float, corners: Sequence[tuple], r: float, more: str) -> str:
    points = " ".join(f"{x + r * a:.1f},{y + r * b:.1f}" for a, b in corners)
    return f'<polygon points="{points}" {more}/>'


def _legend(traces: Sequence[Any], width: int) -> tuple[str, int]:
    """Draw the names with their lines, as many in a row as fit. Return it with its rows."""
    parts, at, row = [], 64.0, 0
    for trace in traces:
        name = _plain(trace.name)
        length = 40 + LETTER * len(name)
        if at > 64 and at + length > width:
            at, row = 64.0, row + 1
        y = 9 + ROW * row
        colour = _colour(trace.line.color or trace.marker.color)
        if "lines" in (trace.mode or ""):
            line = f'stroke-width="{trace.line.width or 2}"{_dash(trace.line.dash)}'
            parts.append(_line(at, y, at + 24, y, colour, line))
        if "markers" in (trace.mode or ""):
            parts.append(_marker(trace.marker.symbol or "circle", at + 12, y, 3.5, colour, ""))
        parts.append(_text(at + 29, y + 4, name, P.text, "start"))
        at += length
    return "".join(parts), row + 1 if traces else 0


# --- primitives


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" {more}/>'


def _text(x: float, y: float, text: str, colour: str, anchor: str, more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {place} {more}>{html.escape(text)}</text>"


def _dash(dash: str | None) -> str:
    lengths = {None: "", "solid": "", "dot": "2 3"}.get(dash, str(dash).replace("px", ""))
    return f' stroke-dasharray="{lengths}"' if lengths else ""


def _colour(colour: Any) -> str:
    return html.escape(colour) if isinstance(colour, str) else P.muted


def _ends(trace: Any) -> list[str]:
    """Return the texts of a trace; none if it draws no text."""
    if "text" not in (trace.mode or "") or trace.text is None:
        return []
    return [trace.text] * len(trace.x) if isinstance(trace.text, str) else list(trace.text)


def _plain(text: Any) -> str:
    """Return a plotly label as text: without markup, entities as characters."""
    return html.unescape(re.sub(r"</?(b|i|br|sub|sup)>", "", str(text)))


def _visible(value: Any, *, log: bool) -> bool:
    return value is not None and isfinite(value) and (value > 0 or not log)
