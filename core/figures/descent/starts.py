"""Many starts: the same experiment from several seeds, or each value of an axis from several seeds.
How far results differ by chance, their mean, and the best.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean, stdev

import plotly.graph_objects as go

from core.data.wording import counted
from core.descent.point import Point
from core.descent.verdict import Measure
from core.figures.template import PALETTES, SYMBOL, Mode, blank
from core.numbers import percent, short

HEIGHT = 392  # px
WIDE = 0.5  # of a column that its points take


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
        """Mean ± standard deviation over n seeds, lowest and highest; of several the best."""
        said = percent if self.measure == "test_error" else short
        what = "test error" if self.measure == "test_error" else "test loss"
        filled = [k for k, each in enumerate(self.values) if each]
        if not filled:
            return "No start is done yet."
        best = min(filled, key=lambda k: fmean(self.values[k]))
        each = self.values[best]
        where = f"{self.names[best]} is best: " if len(self.names) > 1 else ""
        spread = f" ± {said(stdev(each))}" if len(each) > 1 else ""
        return (
            f"{where}{counted(len(each), 'start')}: {what} {said(fmean(each))}{spread}, "
            f"from {said(min(each))} to {said(max(each))}."
        )


def rows(points: Sequence[Point], measure: Measure, control: str = "") -> Starts:
    """A column for each control; one column alone has no name."""
    points = sorted(points, key=lambda point: point.control)
    seeds = [getattr(point, measure) for point in points]
    finite = tuple(tuple(v for v in each if isfinite(v)) for each in seeds)
    several = len(points) > 1
    names = tuple(f"{control} {short(p.control)}".strip() if several else "" for p in points)
    return Starts(names, finite, measure, sum(map(len, seeds)) - sum(map(len, finite)))


def figure(starts: Starts, mode: Mode, height: int = HEIGHT) -> go.Figure:
    """A point for each start, side by side by rank, a line at the mean, a star at the best."""
    p = PALETTES[mode]
    figure = blank(mode, height, showlegend=False, hovermode="closest")
    hover = (
        "%{y:.3~%}<extra></extra>" if starts.measure == "test_error" else "%{y:.3g}<extra></extra>"
    )
    best = min((v for each in starts.values for v in each), default=None)
    for k, each in enumerate(starts.values):
        count = len(each)
        x = [k + WIDE * ((i + 0.5) / count - 0.5) for i in range(count)]
        y = sorted(each)
        marker = {"symbol": SYMBOL["test"], "size": 9, "color": p.test}
        figure.add_scatter(
            x=x, y=y, mode="markers", marker=marker, hovertemplate=hover, name="starts"
        )
        if count:
            figure.add_scatter(
                x=[k - WIDE / 2, k + WIDE / 2], y=[fmean(each)] * 2, mode="lines", name="mean",
                line={"color": p.text, "width": 1.5}, hoverinfo="skip",
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
    figure.update_yaxes(title="test error" if error else "test loss", rangemode="tozero")
    figure.update_yaxes(tickformat=",.2~%" if error else "")
    figure.update_layout(margin={"t": 10, "b": 40})
    return figure
