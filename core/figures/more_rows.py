"""The error against the number of training rows, with the fitted power law and its 90 % interval up
to the largest number of rows for which it is used; beyond the present rows both start from the
error that was measured with them. `rows` computes, `figure` draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    rows; without a law `at` is empty. The law from the `ahead`-th number of rows on is that ahead
    of the present ones, the first of which it repeats.
    """

    sizes: list[int]
    errors: list[list[float]]
    at: list[float]
    law: list[Rate]
    ahead: int = 0


def rows(
    sizes: Sequence[int], errors: Sequence[Sequence[float]], answer: RowsAnswer
) -> LearningCurve:
    """Return the measured points and, unless it was refused, the law."""
    curve = LearningCurve(list(sizes), [list(e) for e in errors], [], [])
    if not answer.law or not answer.ahead:
        return curve
    measured = np.geomspace(answer.first, sizes[-1], POINTS).tolist()
    beyond = np.geomspace(sizes[-1], REACH * sizes[-1], POINTS // 2).tolist()
    law = [answer.law.predict(n) for n in measured] + [answer.ahead.predict(n) for n in beyond]
    return replace(curve, at=[*measured, *beyond], law=law, ahead=len(measured))


def figure(curve: LearningCurve, mode: Mode, *, percent: bool) -> go.Figure:
    """Draw the seeds, their means, the law and its interval; a line marks the present data."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, hovermode="closest")
    hover = "%{x:,} rows: %{y:.2%}" if percent else "%{x:,} rows: %{y:.3g}"
    for part in (slice(curve.ahead), slice(curve.ahead, None)) if curve.at else ():
        at, law = curve.at[part], curve.law[part]
        low, high = ([rate[i] for rate in law] for i in (1, 2))
        first = part.start is None
        drawn.add_scatter(
            x=[*at, *reversed(at)], y=[*high, *reversed(low)], fill="toself",
            fillcolor=p.validation, opacity=0.18, line={"width": 0}, hoverinfo="skip",
            name="90 % interval", legendgroup="interval", showlegend=first,
        )  # fmt: skip
        drawn.add_scatter(
            x=at, y=[rate[0] for rate in law], mode="lines", name="Power law",
            line={"color": p.validation, "width": 2, "dash": DASH["validation"]},
            legendgroup="law", showlegend=first, hovertemplate=f"{hover}<extra></extra>",
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
