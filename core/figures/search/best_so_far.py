"""The best result so far against the number of trials or the time, all trials as points, and the
band in which random search would be.

How many more trials another strategy needs is read off horizontally, what it gains vertically
(Dodge et al. 2019, expected validation performance).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import plotly.graph_objects as go

from core.figures.search import trial_marks as marks
from core.figures.template import COUNTS, PALETTES, Mode, blank, with_opacity

if TYPE_CHECKING:
    from core.studies.search.records import SearchTrial

HEIGHT = 340  # px
Against = Literal["trials", "seconds"]
Band = Sequence[tuple[float, float, float, float]]  # x, low, middle and high of random search


@dataclass(frozen=True)
class TrialPoint:
    """One trial: where it is drawn, its result, its state and the text beside the pointer."""

    x: float
    value: float
    state: str
    number: int
    text: str = ""


@dataclass(frozen=True)
class BestSoFar:
    """What the chart shows: `points` in the order in which trials ended, the best result after each
    of them, the `band` of random search, and the last x that is planned (0: unknown).
    """

    against: Against
    points: tuple[TrialPoint, ...]
    best: tuple[float, ...]
    band: tuple[tuple[float, float, float, float], ...]
    reach: float
    unit: str = ""

    @property
    def star(self) -> TrialPoint | None:
        """The best trial."""
        done = [point for point in self.points if point.state == "done"]
        return min(done, key=lambda point: point.value, default=None)


def rows(
    trials: Sequence["SearchTrial"],
    against: Against = "trials",
    *,
    band: Band = (),
    reach: float = 0.0,
    texts: dict[int, str] | None = None,
) -> BestSoFar:
    """Compute the chart. `reach` is the planned number of trials or seconds; `texts` are shown
    beside the pointer, by the number of the trial.
    """
    ended = marks.results(trials)
    ended.sort(key=lambda trial: trial.finished_at)
    last = max([reach if against == "seconds" else 0.0, *(t.finished_at for t in ended)])
    size, unit = marks.units(last) if against == "seconds" else (1.0, "")
    points, best = [], []
    for count, trial in enumerate(ended, 1):
        x = count if against == "trials" else trial.finished_at / size
        text = (texts or {}).get(trial.number, "")
        points.append(TrialPoint(x, trial.value, trial.state, trial.number, text))
        lowest = best[-1] if best else float("inf")
        best.append(min(lowest, trial.value) if trial.state == "done" else lowest)
    return BestSoFar(
        against=against,
        points=tuple(points),
        best=tuple(best),
        band=tuple((x / size, *rest) for x, *rest in band),
        reach=reach / size,
        unit=unit,
    )


def figure(data: BestSoFar, mode: Mode, *, title: str, share: bool) -> go.Figure:
    """Draw the band, the trials, the best result as a staircase, and a star at the best trial."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, hovermode="closest", margin={"l": 44, "r": 16, "t": 8, "b": 64})
    axis, ends = marks.score_axis([point.value for point in data.points], title, share=share)
    if data.band:
        _add_band(drawn, data, mode, ends)
    for state in ("pruned", "stopped", "done"):
        group = [point for point in data.points if point.state == state]
        if group:
            drawn.add_scatter(
                x=[point.x for point in group],
                y=[marks.within(point.value, ends) for point in group],
                mode="markers",
                marker=marks.marker(state, p),
                name=f"{marks.STATES[state].capitalize()} trial",
                text=[point.text for point in group],
                customdata=[point.number for point in group],
                hovertemplate="%{text}<extra></extra>",
            )
    steps = [
        (point.x, best)
        for point, best in zip(data.points, data.best, strict=True)
        if best < float("inf")
    ]
    if steps:
        x, y = map(list, zip(*steps, strict=True))
        end = max(x[-1], data.points[-1].x)
        drawn.add_scatter(
            x=[*x, end], y=[*y, y[-1]], mode="lines", name="Best so far", hoverinfo="skip",
            line={"color": p.best, "width": 2.75, "shape": "hv"},
        )  # fmt: skip
    if best := data.star:
        drawn.add_scatter(
            x=[best.x], y=[best.value], mode="markers", marker=marks.star(p), showlegend=False,
            text=[best.text], customdata=[best.number], hovertemplate="%{text}<extra></extra>",
            name="Best",
        )  # fmt: skip
    drawn.update_layout(
        legend={"x": 0, "xanchor": "left", "y": -0.19, "yanchor": "top", "orientation": "h"},
        xaxis=_x_axis(data),
        yaxis=axis,
    )
    return drawn


def _x_axis(data: BestSoFar) -> dict:
    end = max([data.reach, 1.0, *(point.x for point in data.points)])
    low = 0.4 if data.against == "trials" else 0.0
    title = "finished trials" if data.against == "trials" else f"time in {data.unit}"
    return {"title": title, "range": [low, end + 0.02 * end + 0.4 * low], "tickformat": COUNTS}


def _add_band(drawn: go.Figure, data: BestSoFar, mode: Mode, ends: tuple[float, float]) -> None:
    """Draw where the best of as many random trials is expected, and its mean."""
    p = PALETTES[mode]
    x, low, middle, high = map(list, zip(*data.band, strict=True))
    quiet = {"mode": "lines", "hoverinfo": "skip", "line": {"width": 0}}
    drawn.add_scatter(x=x, y=[marks.within(v, ends) for v in high], showlegend=False, **quiet)
    drawn.add_scatter(
        x=x, y=[marks.within(v, ends) for v in low], fill="tonexty", name="Random search",
        fillcolor=with_opacity(p.muted, 0.18), legendgroup="random", showlegend=False, **quiet,
    )  # fmt: skip
    drawn.add_scatter(
        x=x, y=[marks.within(v, ends) for v in middle], mode="lines", hoverinfo="skip",
        name="Random search, 10 % to 90 %", legendgroup="random",
        line={"color": p.muted, "width": 1.5, "dash": "dot"},
    )  # fmt: skip


def _example() -> BestSoFar:
    """Return a made-up search of 30 trials, for an empty page."""
    results = (
        .52, .81, .44, .63, .95, .38, .71, .49, .58, .35, .33, .4, .31, .47, .29, .36, .27, .3,
        .28, .42, .25, .27, .33, .24, .26, .25, .29, .235, .24, .25,
    )  # fmt: skip
    pruned = {1, 4, 6, 13, 19}
    points = [
        TrialPoint(k + 1, value, "pruned" if k in pruned else "done", k, "Example")
        for k, value in enumerate(results)
    ]
    best = [min(r for j, r in enumerate(results[: k + 1]) if j not in pruned) for k in range(30)]
    middle = [0.3 + 0.3 * (n**-0.7) for n in range(1, 31)]
    band = [(n, 0.85 * m, m, 1.2 * m) for n, m in enumerate(middle, 1)]
    return BestSoFar("trials", tuple(points), tuple(best), tuple(band), 30)


EXAMPLE = _example()
