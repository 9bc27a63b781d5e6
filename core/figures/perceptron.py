"""Two classes with the lines of the perceptron rule and of gradient descent, and their errors."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.concepts.perceptron import PerceptronProblem
from core.figures.template import DASH, PALETTES, SYMBOL, Mode, blank

HEIGHT = 270  # px
SIDE = 3.0  # half the side of the drawn square
NAMES = ("Perceptron rule", "Gradient descent")
PARTS = ("train", "validation")


def lines(
    problem: PerceptronProblem, weights: Sequence[np.ndarray], visited: int | None, mode: Mode
) -> go.Figure:
    """Draw the samples, the line w·x = 0 of both methods, and a ring around the sample that the
    perceptron rule `visited` last.
    """
    p = PALETTES[mode]
    narrow = {"yaxis": {"scaleanchor": False}}  # or the legend is as narrow as a square plot
    drawn = blank(
        mode, HEIGHT, hovermode="closest", margin={"b": 40, "t": 30}, meta={"narrow": narrow}
    )
    for label, name, colour, symbol in (
        (1, "y = 1", p.best, "circle"),
        (-1, "y = −1", p.test, "square"),
    ):
        rows = problem.x[problem.y == label].round(4)
        drawn.add_scatter(
            x=rows[:, 0].tolist(), y=rows[:, 1].tolist(), mode="markers", name=name,
            marker={"color": colour, "symbol": symbol, "size": 9}, hoverinfo="skip",
        )  # fmt: skip
    for w, name, part in zip(weights, NAMES, PARTS, strict=True):
        ends = line_ends(w)
        drawn.add_scatter(
            x=[end[0] for end in ends], y=[end[1] for end in ends], mode="lines", name=name,
            line={"color": getattr(p, part), "width": 2.5, "dash": DASH[part]}, hoverinfo="skip",
        )  # fmt: skip
    if visited is not None:
        x, y = problem.x[visited, :2].round(4).tolist()
        ring = {"symbol": "circle-open", "size": 18, "color": p.text, "line": {"width": 2}}
        drawn.add_scatter(
            x=[x], y=[y], mode="markers", marker=ring, showlegend=False, hoverinfo="skip"
        )
    drawn.update_xaxes(title="x₁", range=[-SIDE, SIDE], constrain="domain")
    drawn.update_yaxes(
        title="x₂", range=[-SIDE, SIDE], scaleanchor="x", constrain="domain", showgrid=False
    )
    drawn.update_layout(legend={"x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"})
    return drawn


def line_ends(w: np.ndarray, reach: float = 10.0) -> list[tuple[float, float]]:
    """Return two points of the line w₁x₁ + w₂x₂ + b = 0 at a distance; none for w₁ = w₂ = 0."""
    length = float(np.hypot(w[0], w[1]))
    if not length:
        return []
    foot = -w[2] * w[:2] / length**2
    along = np.array([-w[1], w[0]]) / length * reach
    return [tuple((foot + sign * along).round(4).tolist()) for sign in (-1, 1)]


def errors(counts: Sequence[Sequence[int]], passes: int, mode: Mode) -> go.Figure:
    """Draw the errors of both methods before the first pass and after each one, and mark the
    selected number of passes.
    """
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"b": 40, "t": 30})
    for row, name, part in zip(counts, NAMES, PARTS, strict=True):
        drawn.add_scatter(
            x=list(range(len(row))), y=list(row), mode="lines+markers", name=name,
            line={"color": getattr(p, part), "width": 2, "dash": DASH[part]},
            marker={"symbol": SYMBOL[part], "size": 6}, hovertemplate="%{y}",
        )  # fmt: skip
    drawn.add_vline(passes, line={"color": p.text, "width": 1, "dash": "dot"})
    drawn.update_xaxes(title="pass over the samples")
    drawn.update_yaxes(title="wrong samples", rangemode="tozero")
    drawn.update_layout(legend={"x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"})
    return drawn
