"""Two goals of a search: the result of each trial against its cost, and the Pareto front, the
trials that no other trial beats in both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.figures.search import trial_marks as marks
from core.figures.search.best_so_far import TrialPoint
from core.figures.template import PALETTES, Mode, blank, log_axis

if TYPE_CHECKING:
    from core.studies.search.records import SearchTrial

HEIGHT = 340  # px
TITLES = {
    "seconds": "training time in seconds", "parameters": "parameters",
    "multiply_adds": "multiply-adds per sample",
}  # fmt: skip


@dataclass(frozen=True)
class Front:
    """The finished trials that are beaten in both goals, and those that are not, by their cost."""

    beaten: tuple[TrialPoint, ...]
    front: tuple[TrialPoint, ...]
    goal: str


def rows(
    trials: Sequence["SearchTrial"],
    front: Sequence["SearchTrial"],
    goal: str,
    texts: dict[int, str] | None = None,
) -> Front:
    """Compute the chart of all trials with both results; `front` are those of the Pareto front."""
    best = {trial.number for trial in front}
    done = [t for t in marks.results(trials) if t.state == "done" and t.second is not None]
    points = [
        TrialPoint(t.second, t.value, t.state, t.number, (texts or {}).get(t.number, ""))
        for t in sorted(done, key=lambda trial: trial.second)
    ]
    return Front(
        beaten=tuple(point for point in points if point.number not in best),
        front=tuple(point for point in points if point.number in best),
        goal=goal,
    )


def figure(data: Front, mode: Mode, *, title: str, share: bool) -> go.Figure:
    """Draw the trials as points, and the front as a staircase with stars."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, hovermode="closest", margin={"l": 44, "r": 16, "t": 8, "b": 64})
    points = [*data.beaten, *data.front]
    axis, ends = marks.score_axis([point.value for point in points], title, share=share)
    shown = {"hovertemplate": "%{text}<extra></extra>"}
    if data.beaten:
        drawn.add_scatter(
            x=[point.x for point in data.beaten],
            y=[marks.within(point.value, ends) for point in data.beaten],
            mode="markers", name="Trials", marker=marks.marker("done", p),
            text=[point.text for point in data.beaten],
            customdata=[point.number for point in data.beaten], **shown,
        )  # fmt: skip
    if data.front:
        drawn.add_scatter(
            x=[point.x for point in data.front], y=[point.value for point in data.front],
            mode="lines+markers", name="Pareto front", marker=marks.star(p) | {"size": 13},
            line={"color": p.best, "width": 2, "shape": "hv"},
            text=[point.text for point in data.front],
            customdata=[point.number for point in data.front], **shown,
        )  # fmt: skip
    drawn.update_layout(
        legend={"x": 0, "xanchor": "left", "y": -0.19, "yanchor": "top", "orientation": "h"},
        xaxis=_cost_axis([point.x for point in points], TITLES.get(data.goal, data.goal)),
        yaxis=axis,
    )
    return drawn


def _cost_axis(costs: Sequence[float], title: str) -> dict:
    """Return the axis of the cost: logarithmic where the costs differ much."""
    low, high = min(costs, default=1.0), max(costs, default=1.0)
    if low > 0 and high > marks.LOG_FROM * low:
        axis, tables = log_axis(title)
        pad = marks.PAD * (log10(high) - log10(low))
        ends = log10(low) - pad, log10(high) + pad
        return axis | marks.fine_ticks(tables, *ends) | {"range": ends}
    pad = marks.PAD * (high - low) or 0.1 * high
    return {"title": title, "range": [max(0.0, low - pad), high + pad], "tickformat": ",.3~s"}
