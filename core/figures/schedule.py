"""The learning rate of a whole run, before it begins: the curve of a Schedule (O5)."""

import plotly.graph_objects as go

from core.figures.template import PALETTES, Mode, blank
from core.numbers import short, whole
from core.optim.schedules import Schedule

POINTS = 240


def rows(
    schedule: Schedule, base: float, *, steps: int, epoch_steps: int
) -> tuple[list[int], list[float]]:
    """Steps from 0 to `steps`, about POINTS of them, and the learning rate of each."""
    count = min(POINTS, steps)
    at = sorted({round(i * steps / count) for i in range(count + 1)})
    return at, [schedule.rate(base, k, steps=steps, epoch_steps=epoch_steps) for k in at]


def figure(at: list[int], rates: list[float], *, epoch_steps: int, mode: Mode) -> go.Figure:
    """One line over a tinted area; the axis says how many steps make an epoch."""
    palette, top = PALETTES[mode], max(rates)
    drawn = blank(mode, 104, margin={"l": 44, "r": 12, "t": 12, "b": 34}, showlegend=False)
    line = {"color": palette.best, "width": 2.25}
    drawn.add_scatter(
        x=at,
        y=rates,
        mode="lines",
        line=line,
        fill="tozeroy",
        fillcolor="rgba(18,133,122,.10)",
        hovertemplate="%{y:.3g}<extra></extra>",
    )
    drawn.update_xaxes(
        title=f"step, {whole(epoch_steps)} to an epoch", tickformat=",d", range=[0, at[-1]]
    )
    ticks = [0, top / 2, top]
    drawn.update_yaxes(
        title="rate η",
        tickvals=ticks,
        ticktext=["0", *map(short, ticks[1:])],
        range=[0, 1.12 * top],
    )
    return drawn
