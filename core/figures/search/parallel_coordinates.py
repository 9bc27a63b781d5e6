"""Parallel coordinates (Inselberg 1985): an axis for each setting of a search and one for the
result, and each trial as a line across them. The trials within the brushed ranges are lit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log10
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.figures.effects import wrap
from core.figures.images import plain
from core.figures.search import trial_marks as marks
from core.figures.search.scale import Brush, DimensionScale, Tick, is_lit
from core.figures.template import PALETTES, Mode, Palette, blank, with_opacity

if TYPE_CHECKING:
    from core.studies.search.records import SearchTrial

HEIGHT = 380  # px
TOP = 58  # px of the titles above the axes
BEST = 0.25  # fraction of the finished trials that is drawn as the best ones
EDGE = 0.35  # of the distance of two axes, left and right of them
BRUSH = 0.07  # half of the width of a brushed range, of the distance of two axes
GROUPS = ("unlit", "others", "best")  # in the order in which they are drawn


@dataclass(frozen=True)
class TrialLine:
    """One trial: its position on each axis (None: it does not have the setting), the result last,
    and the group in which it is drawn.
    """

    number: int
    positions: tuple[float | None, ...]
    group: str
    text: str
    result: float


@dataclass(frozen=True)
class Coordinates:
    """What the chart shows: titles and ticks of the axes, the lines, and the brushed ranges as
    positions by the number of their axis.
    """

    titles: tuple[str, ...]
    ticks: tuple[tuple[Tick, ...], ...]
    lines: tuple[TrialLine, ...]
    brushes: tuple[tuple[int, float, float], ...]

    @property
    def lit(self) -> int:
        """The number of trials within all brushed ranges."""
        return sum(line.group != "unlit" for line in self.lines)


def rows(
    trials: Sequence["SearchTrial"],
    scales: Sequence[DimensionScale],
    brushes: Mapping[str, Brush],
    *,
    title: str,
    share: bool,
    texts: Mapping[int, str] | None = None,
) -> Coordinates:
    """Compute the lines of all trials with a result. The lowest result is at the top."""
    shown = marks.results(trials)
    place, result_ticks = _result_axis([trial.value for trial in shown], share=share)
    ranked = sorted(trial.value for trial in shown if trial.state == "done")
    limit = ranked[ceil(BEST * len(ranked)) - 1] if ranked else 0.0
    lines = []
    for trial in shown:
        positions = [scale.position(trial.values.get(scale.path)) for scale in scales]
        is_best = trial.state == "done" and trial.value <= limit
        group = "best" if is_best else "others"
        if brushes and not is_lit(trial.values, scales, brushes):
            group = "unlit"
        text = (texts or {}).get(trial.number, "")
        line = (*positions, place(trial.value))
        lines.append(TrialLine(trial.number, line, group, text, trial.value))
    return Coordinates(
        titles=(*(scale.title for scale in scales), title),
        ticks=(*(tuple(scale.ticks) for scale in scales), result_ticks),
        lines=tuple(lines),
        brushes=tuple(_brushed(scales, brushes)),
    )


def figure(data: Coordinates, mode: Mode) -> go.Figure:
    """Draw the lines of each group, then the axes with their ticks, and the brushed ranges."""
    p, last = PALETTES[mode], len(data.titles) - 1
    drawn = blank(
        mode, HEIGHT, hovermode="closest", showlegend=False, dragmode="select",
        margin={"l": 4, "r": 4, "t": TOP, "b": 10},
    )  # fmt: skip
    for group in GROUPS:
        _add_lines(drawn, [line for line in data.lines if line.group == group], group, p)
    edges = [EDGE, EDGE]
    drawn.update_xaxes(visible=False, range=[-edges[0], last + edges[1]], fixedrange=True)
    drawn.update_yaxes(visible=False, range=[-0.04, 1.04], fixedrange=True)
    shapes = [
        {"type": "line", "x0": k, "x1": k, "y0": 0, "y1": 1, "line": {"color": p.muted, "width": 1}}
        for k in range(last + 1)
    ]
    shapes += [
        {"type": "rect", "x0": k - BRUSH, "x1": k + BRUSH, "y0": low, "y1": high,
         "line": {"color": p.best, "width": 1.5}, "fillcolor": with_opacity(p.best, 0.25)}
        for k, low, high in data.brushes
    ]  # fmt: skip
    notes = [
        {"x": k, "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 6, "showarrow": False,
         "text": wrap(plain(title, 40), 12), "font": {"size": 12, "color": p.text}}
        for k, title in enumerate(data.titles)
    ]  # fmt: skip
    notes += [
        {"x": k, "y": place, "text": plain(text, 14), "showarrow": False, "xanchor": "left",
         "xshift": 3, "bgcolor": with_opacity(p.page, 0.75), "borderpad": 0,
         "font": {"size": 11, "color": p.muted}}
        for k, ticks in enumerate(data.ticks)
        for place, text in ticks
    ]  # fmt: skip
    drawn.update_layout(shapes=shapes, annotations=notes)
    return drawn


def _add_lines(drawn: go.Figure, lines: Sequence[TrialLine], group: str, p: Palette) -> None:
    """Draw the lines of a group as one trace, with gaps between the trials."""
    if not lines:
        return
    colour, width, name = {
        "unlit": (p.line, 0.75, "Outside the ranges"),
        "others": (with_opacity(p.validation, 0.5), 1.0, "Other trials"),
        "best": (p.best, 2.0, "Best quarter"),
    }[group]
    x: list[float | None] = []
    y: list[float | None] = []
    numbers, texts = [], []
    for line in lines:
        for k, place in enumerate(line.positions):
            x.append(k)
            y.append(place)
            numbers.append(line.number)
            texts.append(line.text)
        x.append(None)
        y.append(None)
        numbers.append(None)
        texts.append("")
    hover = (
        {"hoverinfo": "skip"} if group == "unlit" else {"hovertemplate": "%{text}<extra></extra>"}
    )
    drawn.add_scatter(
        x=x, y=y, mode="lines+markers", name=name, text=texts, customdata=numbers,
        line={"color": colour, "width": width}, marker={"size": 3.5, "color": colour},
        connectgaps=False, **hover,
    )  # fmt: skip


def _result_axis(values: Sequence[float], *, share: bool) -> tuple:
    """Return the function from a result to its position, the best at 1, and the ticks."""
    axis, ends = marks.score_axis(values, "", share=share)
    log = axis.get("type") == "log"
    low, high = (log10(end) if log else end for end in ends)

    def place(value: float) -> float:
        inside = marks.within(value, ends)
        return 1 - ((log10(inside) if log else inside) - low) / (high - low)

    steps = [low + (high - low) * k / 4 for k in range(5)]
    numbers = [10**step if log else step for step in steps]
    return place, tuple(
        (place(v), marks.describe_result(v, share=share, digits=2)) for v in numbers
    )


def _brushed(scales: Sequence[DimensionScale], brushes: Mapping[str, Brush]) -> list[tuple]:
    found = []
    for number, scale in enumerate(scales):
        places = [scale.dimension.fraction(value) for value in brushes.get(scale.path, ())]
        if not places:
            continue
        if not scale.options:
            found.append((number, places[0], places[-1]))
            continue
        half = 0.4 / len(scale.options)
        found += [(number, place - half, place + half) for place in places]
    return found


def brushed_axis(data_titles: int, x: Sequence[float]) -> int | None:
    """Return the number of the axis that a box from x[0] to x[1] selects: the one closest to its
    middle; None beside all axes, and for that of the result.
    """
    number = round((x[0] + x[1]) / 2)
    inside = x[0] - EDGE <= number <= x[1] + EDGE
    return number if inside and 0 <= number < data_titles - 1 else None
