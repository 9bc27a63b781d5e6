"""The result of every seed, for one experiment or for each value of a setting: points, their mean
and the best one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.advice.seed_comparison import SeedGroup, compare_seeds, group_seeds
from core.advice.study_verdict import MEASURE_NAMES, Measure, format_value
from core.base.finding import Finding
from core.descent.point import CurvePoint
from core.figures.template import PALETTES, SYMBOL, Mode, blank

HEIGHT = 432  # px
SHARED_WIDTH, FULL_WIDTH = 0.5, 0.9  # of a column that its points take, with and without others


@dataclass(frozen=True)
class SeedResults:
    """One group of finite results for each column; `lost` results were not finite."""

    groups: tuple[SeedGroup, ...]
    measure: Measure
    lost: int

    @property
    def finding(self) -> Finding:
        return compare_seeds(self.groups, self.measure)


def rows(
    points: Sequence[CurvePoint],
    measure: Measure,
    control: str = "",
    value_names: Mapping[float, str] | None = None,
) -> SeedResults:
    """Collect a column for each control value (`group_seeds`)."""
    groups = group_seeds(points, measure, control, value_names)
    total = sum(len(getattr(point, measure)) for point in points)
    return SeedResults(groups, measure, total - sum(len(group.values) for group in groups))


def figure(results: SeedResults, mode: Mode, height: int = HEIGHT) -> go.Figure:
    """Draw a point for each seed, sorted within its column, a line at the mean and a star at the
    best.
    """
    p, groups = PALETTES[mode], results.groups
    figure = blank(mode, height, showlegend=False, hovermode="closest")
    error = results.measure == "test_error"
    hover = "%{y:.3~%}<extra></extra>" if error else "%{y:.3g}<extra></extra>"
    best = min((value for group in groups for value in group.values), default=None)
    column_width = SHARED_WIDTH if len(groups) > 1 else FULL_WIDTH
    for column, group in enumerate(groups):
        count, y = len(group.values), sorted(group.values)
        x = [column + column_width * ((i + 0.5) / count - 0.5) for i in range(count)]
        marker = {"symbol": SYMBOL["test"], "size": 9, "color": p.test}
        figure.add_scatter(
            x=x, y=y, mode="markers", marker=marker, hovertemplate=hover, name="seeds"
        )
        if count:
            _draw_mean(figure, group, column, column_width, results.measure, mode)
        if best in group.values:
            star = {"symbol": SYMBOL["best"], "size": 14, "color": p.best}
            figure.add_scatter(
                x=x[:1], y=y[:1], mode="markers", marker=star, hoverinfo="skip", name="best"
            )
    ticks = {"tickvals": list(range(len(groups))), "ticktext": [group.name for group in groups]}
    span = [-0.6, max(len(groups), 1) - 0.4]
    title = "seeds, sorted by result" if len(groups) < 2 else ""
    figure.update_layout(xaxis=ticks | {"range": span, "title": title})
    figure.update_yaxes(title=MEASURE_NAMES[results.measure], rangemode="tozero")
    if best is None:
        figure.update_yaxes(range=[0, 1])
    figure.update_yaxes(tickformat=",.2~%" if error else "")
    figure.update_layout(margin={"t": 10, "b": 40})
    return figure


def _draw_mean(
    figure: go.Figure, group: SeedGroup, column: int, width: float, measure: Measure, mode: Mode
) -> None:
    p, ends = PALETTES[mode], [column - width / 2, column + width / 2]
    figure.add_scatter(
        x=ends, y=[group.mean] * 2, mode="lines", name="mean",
        line={"color": p.text, "width": 1.5}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_annotation(
        x=ends[1], y=group.mean, text=_mean_label(group, measure),
        showarrow=False, xanchor="left", yanchor="middle", xshift=2,
        font={"size": 12, "color": p.muted},
    )  # fmt: skip


def _mean_label(group: SeedGroup, measure: Measure) -> str:
    """mean 3.3 % ± 0.4 %."""
    error_bar = "" if group.std is None else f" ± {format_value(group.std, measure)}"
    return f"mean {format_value(group.mean, measure)}{error_bar}"
