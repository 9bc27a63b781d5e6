"""The charts of the Concepts page: activations with their slopes, softmax probabilities, ridge
descent.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.concepts.ridge import Convention, Ridge, ridge_table
from core.concepts.softmax import SoftmaxRow, describe_probability
from core.figures.template import DASH, PALETTES, Mode, blank, log_axis
from core.network.activations import Activation, Point

CURVES, BARS, DESCENT, LAYERS = 300, 220, 230, 164  # heights in px
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
STRENGTHS = tuple(10.0 ** (k / 4) for k in range(-16, 13))
SMALLEST = 1e-16  # a log axis cannot show 0


def curves(
    selected: Activation, others: Sequence[Activation]
) -> list[tuple[str, tuple[Point, ...]]]:
    """Return names and points, the selected activation last, so that it is drawn on top."""
    return [(a.label, a.curve()) for a in (*others, selected)]


def activations(named: Sequence[tuple[str, tuple[Point, ...]]], mode: Mode) -> go.Figure:
    """Draw all values z(a) on the left and all slopes dz/da on the right; the last one is
    highlighted.
    """
    p = PALETTES[mode]
    figure = blank(mode, CURVES, showlegend=False, hovermode="closest")
    figure.update_layout(margin={"l": 40, "r": 12, "t": 28, "b": 36})
    for number, (name, points) in enumerate(named):
        last = number == len(named) - 1
        a = [point[0] for point in points]
        for column, axis in ((1, ""), (2, "2")):
            colour = (p.train if column == 1 else p.validation) if last else p.line
            line = {"color": colour, "width": 2.75 if last else 1.25}
            line |= {"dash": DASH["validation"]} if last and column == 2 else {}
            hover = f"{name}<br>a = %{{x:.2f}}: %{{y:.3f}}<extra></extra>"
            y = [point[column] for point in points]
            axes = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
            figure.add_scatter(
                x=a, y=y, mode="lines", line=line, name=name, hovertemplate=hover, **axes
            )
    shared = {"title": "input a", "range": [-5, 5], "showline": True}
    figure.update_layout(
        xaxis=shared | {"domain": [0, 0.46]},
        xaxis2=shared | {"domain": [0.54, 1], "anchor": "y2"},
        yaxis={"range": [-1.6, 3.4]},
        yaxis2={"range": [-0.35, 1.35], "anchor": "x2"},
    )
    for x, text in ((0, "value z(a)"), (0.54, "slope dz/da")):
        figure.add_annotation(
            x=x, y=1.02, xref="paper", yref="paper", xanchor="left", yanchor="bottom",
            text=text, showarrow=False, font={"size": 12, "color": p.muted},
        )  # fmt: skip
    return figure


def probabilities(
    names: Sequence[str], table: Sequence[SoftmaxRow], target: Sequence[float], mode: Mode
) -> go.Figure:
    """Draw the predicted probability of each class beside its target."""
    p = PALETTES[mode]
    figure = blank(mode, BARS, barmode="group", bargap=0.35)
    predicted = [row.probability for row in table]
    for title, values, colour in (
        ("predicted p", predicted, p.train),
        ("target q", target, p.line),
    ):
        figure.add_bar(
            x=list(names), y=list(values), name=title, marker_color=colour,
            text=[describe_probability(value) for value in values], textposition="outside",
            hovertemplate="%{y:.4f}",
        )  # fmt: skip
    figure.update_layout(margin={"t": 26}, legend={"y": 1.04, "yanchor": "bottom"})
    figure.update_yaxes(range=[0, 1.14], tickvals=[0, 0.5, 1])
    return figure


def layers(widths: Sequence[int], selected: str, mode: Mode) -> go.Figure:
    """Draw the units of each layer with the names of its values, such as Z₁ and A₁, and the weights
    between them; the `selected` quantity is highlighted.
    """
    p = PALETTES[mode]
    figure = blank(mode, LAYERS, showlegend=False, hovermode=False)

    def label(x: float, y: float, names: Sequence[str], join: str) -> None:
        marked = [f"<b>{name}</b>" if name == selected else name for name in names]
        colour = p.train if selected in names else p.muted
        figure.add_annotation(
            x=x, y=y, text=join.join(marked), showarrow=False, font={"size": 14, "color": colour}
        )

    rows = [[(k + 0.5) / units for k in range(units)] for units in widths]
    for number in range(1, len(widths)):
        weights = (f"W{number}".translate(SUBSCRIPTS), f"b{number}".translate(SUBSCRIPTS))
        colour = p.train if selected in weights else p.line
        pairs = [(low, high) for low in rows[number - 1] for high in rows[number]]
        figure.add_scatter(
            x=[x for _ in pairs for x in (number - 1, number, None)],
            y=[y for low, high in pairs for y in (low, high, None)],
            mode="lines", line={"color": colour, "width": 1},
        )  # fmt: skip
        label(number - 0.5, 1.1, weights, ", ")
    for number, heights in enumerate(rows):
        names = [f"{letter}{number}".translate(SUBSCRIPTS) for letter in "ZA"] if number else ["X"]
        colour = p.train if selected in names else p.muted
        figure.add_scatter(
            x=[number] * len(heights), y=heights, mode="markers",
            marker={"size": 13, "color": colour, "line": {"color": p.page, "width": 2}},
        )  # fmt: skip
        label(number, 1.1, names, " → ")
    figure.update_layout(margin={"l": 8, "r": 8, "t": 4, "b": 4})
    figure.update_xaxes(visible=False, range=[-0.3, len(widths) - 0.7], fixedrange=True)
    figure.update_yaxes(visible=False, range=[-0.02, 1.2], fixedrange=True)
    return figure


def descent(distances: Sequence[float], mode: Mode) -> go.Figure:
    """Draw the distance of gradient descent from the closed form, step by step, on a log axis."""
    p = PALETTES[mode]
    figure = blank(mode, DESCENT, showlegend=False)
    figure.add_scatter(
        x=list(range(len(distances))), y=np.maximum(distances, SMALLEST).tolist(), mode="lines",
        line={"color": p.train, "width": 2.75}, hovertemplate="%{y:.2e}<extra></extra>",
    )  # fmt: skip
    axis, tables = log_axis("‖w − w*‖ / ‖w*‖")
    figure.update_yaxes(**axis | tables["decades"] | {"range": [-6, 0.2]})
    figure.update_layout(margin={"b": 36})
    figure.update_xaxes(title="gradient descent step", range=[0, len(distances) - 1])
    return figure


def condition(x: np.ndarray, y: np.ndarray, ridge: Ridge, mode: Mode) -> go.Figure:
    """Draw the condition number against λ in both conventions, with the selected λ marked."""
    p = PALETTES[mode]
    figure = blank(mode, DESCENT)
    styles: dict[Convention, tuple[str, str, str]] = {
        "sum": ("‖Xw − y‖² + λ‖w‖²", p.train, "solid"),
        "mean": ("(1/2n)‖Xw − y‖² + λ‖w‖²", p.validation, DASH["validation"]),
    }
    for convention, (title, colour, dash) in styles.items():
        rows = ridge_table(x, y, STRENGTHS, convention)
        figure.add_scatter(
            x=[row.strength for row in rows], y=[row.condition for row in rows], name=title,
            mode="lines", line={"color": colour, "dash": dash}, hovertemplate="%{y:.3g}",
        )  # fmt: skip
    if ridge.strength:
        figure.add_scatter(
            x=[ridge.strength], y=[ridge.condition(x)], mode="markers", showlegend=False,
            marker={"color": p.best, "symbol": "star", "size": 14},
            hovertemplate="selected: %{y:.3g}",
        )  # fmt: skip
    xaxis, tables = log_axis("penalty strength λ")
    figure.update_xaxes(**xaxis | tables["decades"] | {"range": [-4.1, 3.1]})
    yaxis, tables = log_axis("condition number")
    figure.update_yaxes(**yaxis | tables["decades"] | {"range": [-0.1, 2.2]})
    figure.update_layout(margin={"b": 36})
    return figure
