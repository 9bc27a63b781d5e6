"""ROC and precision-recall curves over all thresholds. Knows plotly only."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.figures.template import PALETTES, Mode, blank

HEIGHT = 280


def roc(points: Sequence[Sequence[float]], mode: Mode) -> go.Figure:
    """Draw recall against the false-positive rate, and the diagonal of guessing."""
    return _curve(
        points, mode, [0, 1], "false-positive rate", "recall (true-positive rate)", "linear"
    )


def precision_recall(
    points: Sequence[Sequence[float]], mode: Mode, *, positives: float
) -> go.Figure:
    """Draw precision against recall, and the precision of guessing: the fraction of positives."""
    return _curve(points, mode, [positives, positives], "recall", "precision", "vh")


def _curve(
    points: Sequence[Sequence[float]], mode: Mode, guess: list[float], x: str, y: str, shape: str
) -> go.Figure:
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, hovermode="closest", showlegend=False, margin={"b": 44})
    drawn.add_scatter(
        x=[0, 1], y=guess, mode="lines", line={"color": p.muted, "width": 1.5, "dash": "dot"},
        name="guessing", hoverinfo="skip", meta={"take": "guess"},
    )  # fmt: skip
    drawn.add_scatter(
        x=points[0], y=points[1], mode="lines", line={"color": p.test, "shape": shape}, name=y,
        hovertemplate=f"{x} %{{x:.3f}}, {y} %{{y:.3f}}<extra></extra>",
    )  # fmt: skip
    drawn.update_xaxes(title=x, range=[0, 1.02])
    drawn.update_yaxes(title=y, range=[0, 1.04])
    return drawn
