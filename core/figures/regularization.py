"""What a penalty does: the loss of a classifier with one weight, its probabilities, and the path of
least squares inside a shrinking ball.
"""

import numpy as np
import plotly.graph_objects as go

from core.concepts.regularization import (
    INPUTS,
    SIGNS,
    LeastSquares,
    Norm,
    ball,
    best_weight,
    classifier_loss,
    probability,
)
from core.figures.template import DASH, PALETTES, SYMBOL, Mode, blank, scale

HEIGHT = 172  # px
MOST_WEIGHT = 8.0  # of the drawn weights
STRENGTHS = np.geomspace(1e-4, 30, 80)
AREA = (-0.8, 2.2, -0.8, 1.4)  # low x, high x, low y, high y


def loss(strength: float, mode: Mode) -> go.Figure:
    """Draw the loss against the weight w, without and with the penalty, and its minimum."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"b": 40})
    w = np.linspace(0, MOST_WEIGHT, 121)
    for value, name, colour, dash in (
        (0.0, "without penalty", p.muted, DASH["validation"]),
        (strength, "with λw²", p.train, DASH["train"]),
    ):
        drawn.add_scatter(
            x=w.tolist(), y=classifier_loss(w, value).round(6).tolist(), mode="lines", name=name,
            line={"color": colour, "width": 2.25, "dash": dash}, hovertemplate="%{y:.3g}",
        )  # fmt: skip
    best = best_weight(strength)
    if best <= MOST_WEIGHT:
        drawn.add_scatter(
            x=[best], y=[float(classifier_loss(best, strength))], mode="markers", showlegend=False,
            marker={"symbol": SYMBOL["best"], "size": 14, "color": p.best},
            hovertemplate="minimum: w = %{x:.3g}<extra></extra>",
        )  # fmt: skip
    drawn.update_xaxes(title="weight w")
    drawn.update_yaxes(title="loss", range=[0, 1.0])
    return drawn


def classifier(strength: float, mode: Mode) -> go.Figure:
    """Draw the probability of the positive class at the best weight, and the samples."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"b": 40}, hovermode="closest")
    x = np.linspace(-2.5, 2.5, 201)
    for value, name, colour, dash in (
        (0.0, "λ = 0", p.muted, DASH["validation"]),
        (strength, "with this λ", p.train, DASH["train"]),
    ):
        drawn.add_scatter(
            x=x.tolist(), y=probability(x, best_weight(value)).round(4).tolist(), mode="lines",
            name=name, line={"color": colour, "width": 2.25, "dash": dash},
            hovertemplate="x = %{x:.2f}: %{y:.3g}<extra></extra>",
        )  # fmt: skip
    drawn.add_scatter(
        x=INPUTS.tolist(), y=(SIGNS > 0).astype(float).tolist(), mode="markers", name="samples",
        marker={"size": 9, "color": p.validation, "symbol": SYMBOL["validation"]},
        hovertemplate="x = %{x}<extra></extra>",
    )  # fmt: skip
    drawn.update_xaxes(title="input x")
    drawn.update_yaxes(title="probability of class 1", range=[-0.06, 1.06])
    drawn.update_layout(legend={"x": 0.02, "xanchor": "left", "y": 0.98, "orientation": "v"})
    return drawn


def path(problem: LeastSquares, strength: float, norm: Norm, mode: Mode) -> go.Figure:
    """Draw contours of f, the path of the solutions for all λ, the solution for this λ, and the
    ball of its norm.
    """
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, showlegend=False, hovermode="closest", margin={"b": 40})
    left, right, bottom, top = AREA
    x, y = np.linspace(left, right, 61), np.linspace(bottom, top, 45)
    heights = problem.value(*np.meshgrid(x, y))
    drawn.add_contour(
        x=x.tolist(), y=y.tolist(), z=np.sqrt(heights).round(4).tolist(), ncontours=14,
        showscale=False, colorscale=scale(p.sequential[:4]), hoverinfo="skip",
        line={"width": 0.5, "color": p.line},
    )  # fmt: skip
    solutions = problem.path(norm, STRENGTHS)
    w = problem.solve(strength, norm)
    radius = float(np.abs(w).sum() if norm == "l1" else np.linalg.norm(w))
    edge = ball(radius, norm)
    for line, name, colour, width in (
        (edge, "ball", p.text, 1.5),
        (solutions, "path", p.validation, 2.75),
    ):
        drawn.add_scatter(
            x=line[:, 0].round(4).tolist(), y=line[:, 1].round(4).tolist(), mode="lines", name=name,
            line={"color": colour, "width": width}, hoverinfo="skip",
        )  # fmt: skip
    for place, symbol, colour, text in (
        (w, SYMBOL["best"], p.best, "solution"),
        (np.array(problem.minimum), "circle", p.text, "minimum without penalty"),
    ):
        drawn.add_scatter(
            x=[float(place[0])], y=[float(place[1])], mode="markers", name=text,
            marker={"symbol": symbol, "size": 13, "color": colour},
            hovertemplate=f"{text}: %{{x:.3g}}, %{{y:.3g}}<extra></extra>",
        )  # fmt: skip
    drawn.update_xaxes(title="w₁", range=[left, right], constrain="domain")
    drawn.update_yaxes(
        title="w₂", range=[bottom, top], showgrid=False, scaleanchor="x", constrain="domain"
    )
    return drawn
