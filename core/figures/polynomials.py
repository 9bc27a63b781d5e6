"""Fits of polynomials to random datasets, and their expected errors against the degree."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.concepts.polynomials import GRID, Errors, fits, inputs, target
from core.figures.template import DASH, PALETTES, Mode, blank, log_axis, with_opacity

HEIGHT = 285  # px
LOWEST = 1e-12  # a log axis cannot show 0


def curves(
    degree: int, samples: int, std: float, targets: np.ndarray, fitted: np.ndarray, mode: Mode
) -> go.Figure:
    """Draw the true function, fits of several datasets (count, len(GRID)), their mean over all
    datasets, and the targets (n,) of the first one.
    """
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, hovermode=False, margin={"b": 40, "t": 30})
    x = GRID.round(3).tolist()
    for number, fit in enumerate(fitted):
        drawn.add_scatter(
            x=x, y=fit.round(3).tolist(), mode="lines", name=f"fits of {len(fitted)} datasets",
            line={"color": with_opacity(p.validation, 0.35), "width": 1.25},
            showlegend=not number,
        )  # fmt: skip
    mean = fits(degree, samples, 0.0, 1)[0]
    for name, values, colour, dash in (
        ("true function", target(GRID), p.train, "solid"),
        ("mean fit", mean, p.text, DASH["validation"]),
    ):
        drawn.add_scatter(
            x=x, y=values.round(3).tolist(), mode="lines", name=name,
            line={"color": colour, "width": 2.5, "dash": dash},
        )  # fmt: skip
    drawn.add_scatter(
        x=inputs(samples).round(3).tolist(), y=targets.round(3).tolist(), mode="markers",
        name="one dataset", marker={"color": p.muted, "size": 7, "symbol": "circle-open"},
    )  # fmt: skip
    drawn.update_xaxes(title="x", range=[-1.05, 1.05])
    drawn.update_yaxes(title="y", range=[-3, 3])
    drawn.update_layout(legend={"x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"})
    return drawn


def errors(table: Sequence[Errors], selected: int, mode: Mode) -> go.Figure:
    """Draw the parts of the expected squared error against the degree, and mark one degree."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"b": 40, "t": 30})
    degrees = [row.degree for row in table]
    for name, values, colour, dash, width in (
        ("test error", [row.total for row in table], p.text, "solid", 2.75),
        ("bias²", [row.bias for row in table], p.train, "solid", 2),
        ("variance", [row.variance for row in table], p.validation, DASH["validation"], 2),
        ("noise σ²", [row.noise for row in table], p.muted, "2px,3px", 2),
        ("training error", [row.training for row in table], p.test, DASH["test"], 2),
    ):
        drawn.add_scatter(
            x=degrees, y=[max(float(f"{v:.4g}"), LOWEST) for v in values], mode="lines", name=name,
            line={"color": colour, "width": width, "dash": dash}, customdata=values,
            hovertemplate="%{customdata:.3g}",
        )  # fmt: skip
    drawn.add_vline(selected, line={"color": p.text, "width": 1, "dash": "dot"})
    axis, tables = log_axis("expected squared error")
    drawn.update_yaxes(**axis | tables["thirds"] | {"range": [-3.1, 1.0]})
    drawn.update_xaxes(title="degree", dtick=1)
    drawn.update_layout(legend={"x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"})
    return drawn
