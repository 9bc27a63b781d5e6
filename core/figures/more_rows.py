"""The error against the number of training rows, with the fitted power law and its 90 % interval up
to the largest number of rows for which it is used. `rows` computes, `figure` draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.advice.power_law import REACH, RowsAnswer
from core.base.rates import Rate
from core.figures.template import COUNTS, DASH, PALETTES, SYMBOL, Mode, blank

HEIGHT = 300
POINTS = 60  # of the drawn law


@dataclass(frozen=True)
class LearningCurve:
    """The mean error of every size with the errors of its seeds, and the law at more numbers of
    rows; without a law `at` is empty.
    """

    sizes: list[int]
    errors: list[list[float]]
    at: list[float]
    law: list[Rate]


def rows(
    sizes: Sequence[int], errors: Sequence[Sequence[float]], answer: RowsAnswer
) -> LearningCurve:
    """Return the measured points and, unless it was refused, the law."""
    at: list[float] = []
    if answer.law:
        at = np.geomspace(answer.first, REACH * sizes[-1], POINTS).tolist()
    return LearningCurve(
        list(sizes), [list(e) for e in errors], at, [answer.law.predict(n) for n in at]
    )


def figure(curve: LearningCurve, mode: Mode, *, percent: bool) -> go.Figure:
    """Draw the seeds, their means, the law and its interval; a line marks the present data."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, hovermode="closest")
    hover = "%{x:,} rows: %{y:.2%}" if percent else "%{x:,} rows: %{y:.3g}"
    if curve.at:
        low, high = ([rate[i] for rate in curve.law] for i in (1, 2))
        drawn.add_scatter(
            x=[*curve.at, *reversed(curve.at)], y=[*high, *reversed(low)], fill="toself",
            fillcolor=p.validation, opacity=0.18, line={"width": 0}, hoverinfo="skip",
            name="90 % interval",
        )  # fmt: skip
        drawn.add_scatter(
            x=curve.at, y=[rate[0] for rate in curve.law], mode="lines", name="Power law",
            line={"color": p.validation, "width": 2, "dash": DASH["validation"]},
            hovertemplate=f"{hover}<extra></extra>",
        )  # fmt: skip
    seeds = [(n, e) for n, errors in zip(curve.sizes, curve.errors, strict=True) for e in errors]
    drawn.add_scatter(
        x=[n for n, _ in seeds], y=[e for _, e in seeds], mode="markers", name="Seeds",
        marker={"color": p.muted, "size": 5, "opacity": 0.7},
        hovertemplate=f"{hover}<extra></extra>",
    )  # fmt: skip
    drawn.add_scatter(
        x=curve.sizes, y=[float(np.mean(e)) for e in curve.errors], mode="markers", name="Mean",
        marker={"color": p.validation, "size": 9, "symbol": SYMBOL["validation"]},
        hovertemplate=f"{hover}<extra></extra>",
    )  # fmt: skip
    drawn.add_vline(x=curve.sizes[-1], line={"color": p.line, "width": 1.5})
    drawn.add_annotation(
        x=np.log10(curve.sizes[-1]), y=0.6, yref="paper", text="your data", showarrow=False,
        xanchor="right", xshift=-4, font={"color": p.muted, "size": 12},
    )  # fmt: skip
    drawn.update_layout(margin={"b": 44})
    ticks = [*curve.sizes[-1::-2], REACH * curve.sizes[-1]]
    drawn.update_xaxes(title="training rows", type="log", tickvals=ticks, tickformat=COUNTS)
    drawn.update_yaxes(
        title="validation error" if percent else "validation RMSE, unit of the target",
        tickformat=".3~%" if percent else "",
        rangemode="tozero",
    )
    return drawn
