"""The score of a run beside those of simple models on the same samples. `rows` computes, `figure`
draws.
"""

from typing import Any, NamedTuple

import plotly.graph_objects as go

from core.analysis.verdict.baselines import measured_of, settings_of
from core.base.rates import Rate
from core.figures.template import PALETTES, Mode, blank
from core.runs.measured import Measured, describe_rate
from core.runs.score import Form


class BaselineRow(NamedTuple):
    """One model: its label, its score with the interval, its settings, and whether it is the run
    itself.
    """

    label: str
    interval: Rate
    settings: str
    own: bool


def rows(result: dict[str, Any], own: Measured, *, part: str, form: Form) -> list[BaselineRow]:
    """Return the run and the baselines of the result on one part, the best first."""
    entries = [("This run", own, "", True)] + [
        (model["label"], measured_of(result, model, part), settings_of(model), False)
        for model in result["models"]
    ]
    entries.sort(key=lambda entry: (entry[1].error, not entry[3]))
    return [BaselineRow(label, m.in_form(form), text, mine) for label, m, text, mine in entries]


def chart_height(count: int) -> int:
    """Return the height in px for this many models."""
    return 60 + 30 * count


def figure(entries: list[BaselineRow], mode: Mode, *, percent: bool, title: str) -> go.Figure:
    """Draw a dot with its 95 % interval for each model; the run has the colour of its test set."""
    p = PALETTES[mode]
    drawn = blank(mode, chart_height(len(entries)), hovermode="closest", showlegend=False)
    for own, colour, symbol in ((False, p.muted, "diamond"), (True, p.test, "circle")):
        group = [row for row in entries if row.own is own]
        values = [row.interval for row in group]
        texts = [describe_rate(value, percent=percent) for value in values]
        drawn.add_scatter(
            x=[value for value, _, _ in values],
            y=[row.label for row in group],
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 10},
            error_x={
                "array": [high - value for value, _, high in values],
                "arrayminus": [value - low for value, low, _ in values],
                "color": colour,
                "thickness": 2,
            },
            customdata=[
                ". ".join(filter(None, (text, row.settings)))
                for text, row in zip(texts, group, strict=True)
            ],
            hovertemplate="%{y}: %{customdata}<extra></extra>",
        )
    drawn.update_layout(margin={"l": 150, "b": 40})
    drawn.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=[row.label for row in reversed(entries)],
        showgrid=True,
    )
    drawn.update_xaxes(title=title, tickformat=".3~%" if percent else "", showgrid=True)
    return drawn
