"""Sketched curves with those of the runs over them, on the axes of their question."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.figures.template import PALETTES, Mode, blank
from core.lessons.questions import SketchQuestion
from core.lessons.sketch import Curve

HEIGHT = 280  # px


def sketches(
    question: SketchQuestion,
    drawn: Sequence[Curve],
    measured: Sequence[Curve],
    epochs: int,
    mode: Mode,
    *,
    figure: go.Figure | None = None,
) -> go.Figure:
    """Draw curves in the unit of the question: the sketches dashed, and those of the runs."""
    palette, scale = PALETTES[mode], 100 if question.is_fraction else 1
    figure = figure or blank(mode, HEIGHT)
    one = len(drawn) == 1
    for curves, name, line, thin in (
        (drawn, "sketch", {"color": palette.muted, "dash": "dash"}, 0.9 if one else 0.55),
        (measured, "run", {"color": palette.validation}, 1.0),
    ):
        for number, curve in enumerate(curves):
            figure.add_scatter(
                x=[round(x, 2) for x, _ in curve], y=[round(scale * y, 4) for _, y in curve],
                mode="lines", name=name,
                legendgroup=name, showlegend=not number, line={"width": 2.5} | line, opacity=thin,
            )  # fmt: skip
    values = [question.low, question.high, *(y for curve in measured for _, y in curve)]
    ends = [scale * min(values), scale * max(values)]
    figure.update_xaxes(title_text="epoch", range=[1, epochs])
    unit = " (%)" if question.is_fraction else ""
    figure.update_yaxes(title=f"{question.label}{unit}", range=ends)
    return figure
