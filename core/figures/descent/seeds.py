"""The result of every seed, for one experiment or for each value of a setting: points, their mean
and the best one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.advice.seed_comparison import (
    SeedGroup,
    compare_seeds,
    group_seeds,
    ranking_measure,
)
from core.advice.study_verdict import MEASURE_NAMES, Measure, format_value
from core.base.cells import csv_text
from core.base.finding import Finding
from core.descent.point import CurvePoint
from core.figures.template import PALETTES, SYMBOL, Mode, blank

HEIGHT = 432  # px
SHARED_WIDTH, FULL_WIDTH = 0.5, 0.9  # of a column that its points take, with and without others


@dataclass(frozen=True)
class SeedResults:
    """One group of finite results for each column, on the validation set if `validated`; `control`
    names the varied setting, `lost` results were not finite.
    """

    groups: tuple[SeedGroup, ...]
    measure: Measure
    lost: int
    control: str = ""
    validated: bool = False

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
    ranked_by = ranking_measure(points, measure)
    total = sum(len(getattr(point, ranked_by)) for point in points)
    lost = total - sum(len(group.values) for group in groups)
    return SeedResults(
        groups=groups,
        measure=measure,
        lost=lost,
        control=control,
        validated=ranked_by != measure,
    )


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
            ends = [column - column_width / 2, column + column_width / 2]
            figure.add_scatter(
                x=ends, y=[group.mean] * 2, mode="lines", name="mean",
                line={"color": p.text, "width": 1.5}, hoverinfo="skip",
            )  # fmt: skip
        if best in group.values:
            star = {"symbol": SYMBOL["best"], "size": 14, "color": p.best}
            figure.add_scatter(
                x=x[:1], y=y[:1], mode="markers", marker=star, hoverinfo="skip", name="best"
            )
    labels = [_label(group, results) for group in groups]
    ticks = {"tickvals": list(range(len(groups))), "ticktext": labels}
    span = [-0.6, max(len(groups), 1) - 0.4]
    figure.update_layout(xaxis=ticks | {"range": span, "title": _title(results)})
    title = MEASURE_NAMES[results.measure]
    title = title.replace("test", "validation") if results.validated else title
    figure.update_yaxes(title=title, rangemode="tozero")
    if best is None:
        figure.update_yaxes(range=[0, 1])
    figure.update_yaxes(tickformat=",.2~%" if error else "")
    figure.update_layout(margin={"t": 10, "b": 78})
    return figure


def csv(results: SeedResults) -> str:
    """Return one row per result: the value of the varied setting, if any, and the result."""
    measure = results.measure.replace("test", "validation" if results.validated else "test")
    rows = [[group.name, value] for group in results.groups for value in group.values]
    return csv_text([results.control or "setting", measure], rows)


def _label(group: SeedGroup, results: SeedResults) -> str:
    """The value of a column with its mean and standard deviation, on three short lines, so that
    five columns fit on a phone.
    """
    value = group.name.removeprefix(results.control).strip()
    if not group.values:
        return f"{value}<br>no result".removeprefix("<br>")
    lines = [value, format_value(group.mean, results.measure)]
    if group.std is not None:
        lines.append(f"± {format_value(group.std, results.measure)}")
    return "<br>".join(filter(None, lines))


def _title(results: SeedResults) -> str:
    setting = results.control if len(results.groups) > 1 else "seeds, sorted by result"
    return f"{setting}; mean ± standard deviation".removeprefix("; ")
