"""Many starts: the same experiment from several seeds, or each value of an axis from several seeds.
How far results differ by chance, their mean, and the best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean, stdev

import plotly.graph_objects as go

from core.advice.study_verdict import WHAT, Measure
from core.base.numbers import percent, short
from core.base.text import counted
from core.descent.point import Point
from core.figures.template import PALETTES, SYMBOL, Mode, blank

HEIGHT = 432  # px
WIDE, ALONE = 0.5, 0.9  # of a column that its points take, and of the only one


@dataclass(frozen=True)
class Starts:
    """`values` of each column by seed, finite ones only; `names` of the columns; `lost` were no
    number.
    """

    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    measure: Measure
    lost: int

    @property
    def sentence(self) -> str:
        """Of one column how far its starts differ by chance; of several which is best, and whether
        by more than chance.
        """
        filled = [k for k, each in enumerate(self.values) if each]
        if not filled:
            return "No start is done yet."
        order = sorted(filled, key=lambda k: fmean(self.values[k]))
        if len(self.names) > 1:
            return self._best(order)
        each = self.values[order[0]]
        if len(each) < 2:
            return f"One start: {self._mean(order[0])}."
        return (
            f"By chance alone the starts differ: {self._mean(order[0])} over "
            f"{counted(len(each), 'start')}, the best {self.said(min(each))}, the worst "
            f"{self.said(max(each))}."
        )

    def _best(self, order: Sequence[int]) -> str:
        first, last = order[0], order[-1]
        text = f"{self.names[first]} is best so far: {self._mean(first)}"
        if first == last:
            return f"{text}."
        text = f"{text.replace(' so far', '')}; {self.names[last]} is worst: {self._mean(last)}"
        spreads = [stdev(self.values[k]) if len(self.values[k]) > 1 else 0.0 for k in order[:2]]
        ahead = fmean(self.values[order[1]]) - fmean(self.values[first])
        near = ahead <= (spreads[0] ** 2 + spreads[1] ** 2) ** 0.5
        chance = f"; {self.names[order[1]]} is as good within chance" if near else ""
        text = f"{text}{chance} ({counted(len(self.values[first]), 'start')} each)."
        return text[:1].upper() + text[1:]

    def _mean(self, column: int) -> str:
        each = self.values[column]
        spread = f" ± {self.said(stdev(each))}" if len(each) > 1 else ""
        return f"{WHAT[self.measure]} {self.said(fmean(each))}{spread}"

    def said(self, value: float) -> str:
        """A value of the measure, 3.5 % or 0.083."""
        return (percent if self.measure == "test_error" else short)(value)


def rows(
    points: Sequence[Point],
    measure: Measure,
    control: str = "",
    words: Mapping[float, str] | None = None,
) -> Starts:
    """A column for each control, `words` where it is no number; one column alone has no name."""
    points = sorted(points, key=lambda point: point.control)
    seeds = [getattr(point, measure) for point in points]
    finite = tuple(tuple(v for v in each if isfinite(v)) for each in seeds)
    several = len(points) > 1
    words = words or {}
    names = [words.get(p.control) or f"{control} {short(p.control)}".strip() for p in points]
    names = tuple(names) if several else ("",) * len(points)
    return Starts(names, finite, measure, sum(map(len, seeds)) - sum(map(len, finite)))


def figure(starts: Starts, mode: Mode, height: int = HEIGHT) -> go.Figure:
    """A point for each start, side by side by rank, a line at the mean, a star at the best."""
    p = PALETTES[mode]
    figure = blank(mode, height, showlegend=False, hovermode="closest")
    hover = (
        "%{y:.3~%}<extra></extra>" if starts.measure == "test_error" else "%{y:.3g}<extra></extra>"
    )
    best = min((v for each in starts.values for v in each), default=None)
    wide = WIDE if len(starts.values) > 1 else ALONE
    for k, each in enumerate(starts.values):
        count = len(each)
        x = [k + wide * ((i + 0.5) / count - 0.5) for i in range(count)]
        y = sorted(each)
        marker = {"symbol": SYMBOL["test"], "size": 9, "color": p.test}
        figure.add_scatter(
            x=x, y=y, mode="markers", marker=marker, hovertemplate=hover, name="starts"
        )
        if count:
            ends = [k - wide / 2, k + wide / 2]
            figure.add_scatter(
                x=ends, y=[fmean(each)] * 2, mode="lines", name="mean",
                line={"color": p.text, "width": 1.5}, hoverinfo="skip",
            )  # fmt: skip
            figure.add_annotation(
                x=ends[1], y=fmean(each), text=f"mean {starts.said(fmean(each))}",
                showarrow=False, xanchor="left", yanchor="middle", xshift=2,
                font={"size": 12, "color": p.muted},
            )  # fmt: skip
        if best in each:
            star = {"symbol": SYMBOL["best"], "size": 14, "color": p.best}
            figure.add_scatter(
                x=x[:1], y=y[:1], mode="markers", marker=star, hoverinfo="skip", name="best"
            )
    titled = {"tickvals": list(range(len(starts.names))), "ticktext": list(starts.names)}
    span = [-0.6, max(len(starts.names), 1) - 0.4]
    title = "starts, by rank" if len(starts.names) < 2 else ""
    figure.update_layout(xaxis=titled | {"range": span, "title": title})
    error = starts.measure == "test_error"
    figure.update_yaxes(title=WHAT[starts.measure], rangemode="tozero")
    if best is None:
        figure.update_yaxes(range=[0, 1])
    figure.update_yaxes(tickformat=",.2~%" if error else "")
    figure.update_layout(margin={"t": 10, "b": 40})
    return figure
