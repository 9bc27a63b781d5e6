"""Slices: the result of each trial against each setting, one small chart for a setting. Trials
outside the brushed ranges are pale.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.figures.images import plain
from core.figures.search import trial_marks as marks
from core.figures.search.best_so_far import TrialPoint
from core.figures.search.scale import Brush, DimensionScale, Tick, is_lit
from core.figures.template import PALETTES, Mode, blank

if TYPE_CHECKING:
    from core.studies.search.records import SearchTrial

ROW = 210  # px of a row of charts
GAP, MARGIN = 0.05, 0.04  # of the width: between two charts, and at the ends of their x-axis
TITLE = 46  # px below a chart, for its ticks and its title


@dataclass(frozen=True)
class Slice:
    """One chart: its title, the ticks of its x-axis, and the trials that have the setting, first
    those that are lit.
    """

    title: str
    ticks: tuple[Tick, ...]
    points: tuple[TrialPoint, ...]
    pale: tuple[TrialPoint, ...]


def rows(
    trials: Sequence["SearchTrial"],
    scales: Sequence[DimensionScale],
    brushes: Mapping[str, Brush],
    texts: Mapping[int, str] | None = None,
) -> list[Slice]:
    """Compute the chart of each setting."""
    shown = marks.results(trials)
    slices = []
    for scale in scales:
        lit, pale = [], []
        for trial in shown:
            place = scale.position(trial.values.get(scale.path))
            if place is None:
                continue
            text = (texts or {}).get(trial.number, "")
            point = TrialPoint(place, trial.value, trial.state, trial.number, text)
            (lit if is_lit(trial.values, scales, brushes) else pale).append(point)
        slices.append(Slice(scale.title, tuple(_few(scale)), tuple(lit), tuple(pale)))
    return slices


def _few(scale: DimensionScale) -> list[Tick]:
    """Return the ticks of a small chart: every option, or the ends and the middle of a range."""
    return scale.ticks if scale.options else scale.ticks[::2]


def chart_height(count: int, columns: int) -> int:
    """Return the height in px of this many charts."""
    return ROW * max(1, ceil(count / columns)) + 10


def figure(
    slices: Sequence[Slice], mode: Mode, *, title: str, share: bool, columns: int
) -> go.Figure:
    """Draw the charts in rows of so many `columns`, all with the same y-axis."""
    p = PALETTES[mode]
    height = chart_height(len(slices), columns)
    drawn = blank(
        mode, height, hovermode="closest", showlegend=False, dragmode=False,
        margin={"l": 48, "r": 8, "t": 8, "b": 4},
    )  # fmt: skip
    values = [point.value for each in slices for point in (*each.points, *each.pale)]
    axis, ends = marks.score_axis(values, "", share=share)
    lowest = min((q for each in slices for q in each.points if q.state == "done"),
                 key=lambda q: q.value, default=None)  # fmt: skip
    for index, one in enumerate(slices):
        row, column = divmod(index, columns)
        suffix = str(index + 1) if index else ""
        on = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        for points, lit in ((one.pale, False), (one.points, True)):
            for state in ("pruned", "stopped", "done"):
                group = [point for point in points if point.state == state]
                if group:
                    drawn.add_scatter(
                        x=[point.x for point in group],
                        y=[marks.within(point.value, ends) for point in group],
                        mode="markers", marker=marks.marker(state, p, lit=lit) | {"size": 7},
                        name=plain(one.title, 40), text=[point.text for point in group],
                        customdata=[point.number for point in group],
                        hovertemplate="%{text}<extra></extra>", **on,
                    )  # fmt: skip
        best = next((q for q in one.points if lowest and q.number == lowest.number), None)
        if best:
            drawn.add_scatter(
                x=[best.x], y=[best.value], mode="markers", marker=marks.star(p), text=[best.text],
                name="Best", hovertemplate="%{text}<extra></extra>", **on,
            )  # fmt: skip
        width = (1 - GAP * (columns - 1)) / columns
        left, top = column * (width + GAP), 1 - row * ROW / (height - 12)
        ticks = {"tickvals": [x for x, _ in one.ticks], "ticktext": [t for _, t in one.ticks]}
        drawn.update_layout({
            f"xaxis{suffix}": ticks | {
                "domain": [left, left + width], "anchor": f"y{suffix}", "tickangle": 0,
                "range": [-MARGIN, 1 + MARGIN], "title": plain(one.title, 34),
            },
            f"yaxis{suffix}": axis | {
                "domain": [top - (ROW - TITLE) / (height - 12), top], "anchor": f"x{suffix}",
                "showticklabels": column == 0, "title": plain(title, 40) if column == 0 else "",
            },
        })  # fmt: skip
    return drawn
