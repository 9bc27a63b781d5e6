"""The learning rate over a whole run before it starts: the curve of a Schedule."""

from typing import Literal

import plotly.graph_objects as go

from core.base.numbers import short, whole
from core.base.text import counted
from core.experiment import Experiment
from core.figures.template import COUNTS, PALETTES, Mode, blank
from core.optim.schedules import Schedule

POINTS = 240
HEIGHT = 104  # px


def rows(
    schedule: Schedule, base: float, *, steps: int, epoch_steps: int, first: int = 0
) -> tuple[list[int], list[float]]:
    """Return about POINTS steps from `first` to `steps`, and the learning rate of each."""
    count = min(POINTS, steps - first)
    at = sorted({first + round(i * (steps - first) / count) for i in range(count + 1)})
    return at, [schedule.learning_rate(base, k, steps=steps, epoch_steps=epoch_steps) for k in at]


def fork_rows(experiment: Experiment, *, epoch_steps: int) -> tuple[list[int], list[float]]:
    """Return the steps of a fork, from its first one to its end, and the learning rate of each. A
    schedule that restarts counts from its first epoch.
    """
    begin = experiment.fork.schedule_from if experiment.fork else 0
    first, shift = experiment.first_epoch * epoch_steps, begin * epoch_steps
    at, rates = rows(
        experiment.schedule,
        experiment.optimizer.learning_rate,
        steps=experiment.epochs * epoch_steps - shift,
        epoch_steps=epoch_steps,
        first=first - shift,
    )
    return [step + shift for step in at], rates


def figure(
    at: list[int],
    rates: list[float],
    *,
    epoch_steps: int,
    mode: Mode,
    x_axis: Literal["step", "epoch"] = "step",
) -> go.Figure:
    """Draw one line over a tinted area; the axis title gives the steps per epoch. The largest
    learning rate is annotated when it comes late, such as after a warm-up.
    """
    palette, top = PALETTES[mode], max(rates)
    x = at if x_axis == "step" else [step / epoch_steps for step in at]
    drawn = blank(mode, HEIGHT, margin={"l": 44, "r": 12, "t": 12, "b": 34}, showlegend=False)
    line = {"color": palette.best, "width": 2.25}
    drawn.add_scatter(
        x=x,
        y=rates,
        mode="lines",
        line=line,
        fill="tozeroy",
        fillcolor="rgba(18,133,122,.10)",
        hovertemplate="%{y:.3g}<extra></extra>",
    )
    drawn.update_xaxes(
        title=f"{x_axis} ({counted(epoch_steps, 'step')} per epoch)",
        tickformat=COUNTS,
        range=[0, x[-1]],
    )
    if peak := rates.index(top):
        drawn.add_annotation(
            x=x[peak], y=top, text=f"{short(top)} at step {whole(at[peak])}", showarrow=False,
            yanchor="bottom", xanchor="left" if peak < len(at) / 2 else "right",
            font={"size": 12, "color": palette.muted},
        )  # fmt: skip
    ticks = [0, top / 2, top]
    drawn.update_yaxes(
        title="learning rate η",
        tickvals=ticks,
        ticktext=["0", *map(short, ticks[1:])],
        range=[0, 1.3 * top],
    )
    return drawn
