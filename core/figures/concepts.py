"""The charts of the Concepts page: activations with their slopes, softmax shares, ridge descent."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.concepts.ridge import Convention, Ridge, ridge_table
from core.concepts.softmax import SoftmaxRow
from core.figures.template import DASH, PALETTES, Mode, blank, log_axis
from core.network.activations import Activation, Point

CURVES, BARS, DESCENT = 300, 220, 230  # heights in px
STRENGTHS = tuple(10.0 ** (k / 4) for k in range(-16, 13))
STEPS = 200


def curves(chosen: Activation, others: Sequence[Activation]) -> list[tuple[str, tuple[Point, ...]]]:
    """Names and points, the chosen one last, so that it is drawn above the others."""
    return [(a.label, a.curve()) for a in (*others, chosen)]


def activations(shown: Sequence[tuple[str, tuple[Point, ...]]], mode: Mode) -> go.Figure:
    """All values z(a) on the left, all slopes dz/da on the right; the last one in colour."""
    p = PALETTES[mode]
    drawn = blank(mode, CURVES, showlegend=False, hovermode="closest")
    drawn.update_layout(margin={"l": 40, "r": 12, "t": 28, "b": 36})
    for number, (name, points) in enumerate(shown):
        last = number == len(shown) - 1
        a = [point[0] for point in points]
        for column, axis in ((1, ""), (2, "2")):
            colour = (p.train if column == 1 else p.validation) if last else p.line
            line = {"color": colour, "width": 2.75 if last else 1.25}
            line |= {"dash": DASH["validation"]} if last and column == 2 else {}
            hover = f"{name}<br>a = %{{x:.2f}}: %{{y:.3f}}<extra></extra>"
            y = [point[column] for point in points]
            axes = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
            drawn.add_scatter(
                x=a, y=y, mode="lines", line=line, name=name, hovertemplate=hover, **axes
            )
    both = {"title": "a", "range": [-5, 5], "showline": True}
    drawn.update_layout(
        xaxis=both | {"domain": [0, 0.46]},
        xaxis2=both | {"domain": [0.54, 1], "anchor": "y2"},
        yaxis={"range": [-1.6, 3.4]},
        yaxis2={"range": [-0.35, 1.35], "anchor": "x2"},
    )
    for x, text in ((0, "value z(a)"), (0.54, "slope dz/da")):
        drawn.add_annotation(
            x=x, y=1.02, xref="paper", yref="paper", xanchor="left", yanchor="bottom",
            text=text, showarrow=False, font={"size": 12, "color": p.muted},
        )  # fmt: skip
    return drawn


def shares(
    names: Sequence[str], table: Sequence[SoftmaxRow], asked: Sequence[float], mode: Mode
) -> go.Figure:
    """What softmax gives to each class, beside what is asked for."""
    p = PALETTES[mode]
    drawn = blank(mode, BARS, barmode="group", bargap=0.35)
    given = [row.probability for row in table]
    for title, values, colour in (("given p", given, p.train), ("asked for q", asked, p.line)):
        drawn.add_bar(
            x=list(names), y=list(values), name=title, marker_color=colour,
            text=[f"{value:.2f}" for value in values], textposition="outside",
            hovertemplate="%{y:.4f}",
        )  # fmt: skip
    drawn.update_layout(margin={"t": 26}, legend={"y": 1.04, "yanchor": "bottom"})
    drawn.update_yaxes(range=[0, 1.14], tickvals=[0, 0.5, 1])
    return drawn


def ridge_data(likeness: float = 0.95, rows: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Two columns that resemble each other (correlation `likeness`), and values from both with
    noise: X (n, 2) and y (n,), centred, seeded.
    """
    draw = np.random.default_rng(3)
    first, other, noise = draw.normal(size=(3, rows))
    x = np.stack([first, likeness * first + (1 - likeness**2) ** 0.5 * other], axis=1)
    x -= x.mean(0)
    y = x @ np.array([1.0, -0.5]) + 0.3 * noise
    return x, y - y.mean()


def distances(x: np.ndarray, y: np.ndarray, ridge: Ridge) -> list[float]:
    """‖w − w*‖/‖w*‖ before each step of gradient descent from 0, and after the last."""
    best = ridge.solve(x, y)
    away = ridge.descend(x, y, steps=STEPS) - best
    return (np.linalg.norm(away, axis=1) / np.linalg.norm(best)).tolist()


def descent(away: Sequence[float], mode: Mode) -> go.Figure:
    """How far descent is from the closed form, step by step, on a log axis."""
    p = PALETTES[mode]
    drawn = blank(mode, DESCENT, showlegend=False)
    drawn.add_scatter(
        x=list(range(len(away))), y=[max(value, 1e-16) for value in away], mode="lines",
        line={"color": p.train, "width": 2.75}, hovertemplate="%{y:.2e}<extra></extra>",
    )  # fmt: skip
    axis, tables = log_axis("‖w − w*‖ / ‖w*‖")
    drawn.update_yaxes(**axis | tables["decades"] | {"range": [-6, 0.2]})
    drawn.update_layout(margin={"b": 36})
    drawn.update_xaxes(title="step of gradient descent", range=[0, len(away) - 1])
    return drawn


def condition(x: np.ndarray, y: np.ndarray, ridge: Ridge, mode: Mode) -> go.Figure:
    """The condition number against λ in both conventions, with the chosen λ marked."""
    p = PALETTES[mode]
    drawn = blank(mode, DESCENT)
    named: dict[Convention, tuple[str, str, str]] = {
        "sum": ("λ beside ‖Xw − y‖²", p.train, "solid"),
        "mean": ("λ beside (1/2n)‖Xw − y‖²", p.validation, DASH["validation"]),
    }
    for convention, (title, colour, dash) in named.items():
        rows = ridge_table(x, y, STRENGTHS, convention)
        drawn.add_scatter(
            x=[row.strength for row in rows], y=[row.condition for row in rows], name=title,
            mode="lines", line={"color": colour, "dash": dash}, hovertemplate="%{y:.3g}",
        )  # fmt: skip
    if ridge.strength:
        drawn.add_scatter(
            x=[ridge.strength], y=[ridge.condition(x)], mode="markers", showlegend=False,
            marker={"color": p.best, "symbol": "star", "size": 14},
            hovertemplate="chosen: %{y:.3g}",
        )  # fmt: skip
    xaxis, tables = log_axis("strength λ")
    drawn.update_xaxes(**xaxis | tables["decades"] | {"range": [-4.1, 3.1]})
    yaxis, tables = log_axis("condition number")
    drawn.update_yaxes(**yaxis | tables["decades"] | {"range": [-0.1, 2.2]})
    drawn.update_layout(margin={"b": 36})
    return drawn
