"""The curves of several runs in one chart: validation loss by epoch, step or time, or error if the
losses are of different kinds. The colour identifies the run; the dash is that of validation. The
optional training curve is a thin solid line of the same colour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan, log10
from typing import NamedTuple

import plotly.graph_objects as go

from core.base.events import Epoch, Scores, error
from core.figures.binding import LABEL, spread, ticks
from core.figures.images import plain
from core.figures.template import DASH, PALETTES, Mode, blank, log_axis

MOST = 6
MARKS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
MARKED = 12  # markers that a line carries at most; they tell lines apart, not epochs
HEIGHT, PLOT = 280, 238  # px of the chart, and of the area inside its axes
AXES = {"epoch": "epoch", "step": "step", "seconds": "training time in seconds"}  # Epoch's field


class OverlayCurve(NamedTuple):
    """A run as drawn: `values` on the validation set and `train` (or nothing) at `at`; `best` is
    the index of the lowest value.
    """

    name: str
    at: list[float]
    values: list[float]
    best: int
    train: list[float]


@dataclass(frozen=True)
class OverlayRun:
    """A selected run: its name, the kind of its loss, its epochs."""

    name: str
    loss: str
    epochs: Sequence[Epoch]


def comparable(entries: Sequence[OverlayRun]) -> tuple[str, list[OverlayRun], list[str]]:
    """Return the metric of the common axis ("loss" or "error"), the runs that share it, and names
    of the others.

    Classification and regression errors are not comparable: the kind of the first run is drawn.
    """
    kinds = [_kind(entry) for entry in entries]
    first = next(filter(None, kinds), "")
    pairs = list(zip(entries, kinds, strict=True))
    shared = [entry for entry, kind in pairs if kind in ("", first)]
    others = [entry.name for entry, kind in pairs if kind not in ("", first)]
    return "loss" if len({entry.loss for entry in shared}) < 2 else "error", shared, others


def _kind(entry: OverlayRun) -> str:
    """Return the score that the run measures; empty if there is none yet."""
    scores = next((epoch.validation for epoch in entry.epochs if epoch.validation), None)
    return "" if scores is None else "r2" if "r2" in scores else "accuracy"


def rows(
    entries: Sequence[OverlayRun],
    measure: str = "loss",
    *,
    axis: str = "epoch",
    train: bool = False,
) -> list[OverlayCurve]:
    """Return a curve for each run with a validation score."""
    curves = []
    for entry in entries:
        measured = [epoch for epoch in entry.epochs if epoch.validation]
        values = [_value(epoch.validation, measure) for epoch in measured]
        if values:
            best = min(range(len(values)), key=lambda i: (isnan(values[i]), values[i]))
            at = [getattr(epoch, axis) for epoch in measured]
            also = [_value(epoch.train, measure) for epoch in measured] if train else []
            curves.append(OverlayCurve(entry.name, at, values, best, also))
    return curves


def _value(scores: Scores, measure: str) -> float:
    wrong = error(scores)
    return scores["loss"] if measure == "loss" or wrong is None else wrong


def figure(
    curves: Sequence[OverlayCurve], mode: Mode, measure: str = "loss", axis: str = "epoch"
) -> go.Figure:
    """Draw a line with a few markers for each run, a star at its best epoch, its name at the
    end.
    """
    palette = PALETTES[mode]
    colours = [*palette.runs, palette.test, palette.best, palette.warning]
    margin = {"l": 44, "r": 112, "t": 8, "b": 34}
    drawn = blank(mode, HEIGHT, margin=margin, showlegend=False, hoverlabel_namelength=-1)
    shown = list(zip(curves, colours, MARKS, strict=False))
    for (curve, colour, mark), place in zip(
        shown, ends([curve.values for curve, *_ in shown]), strict=True
    ):
        name, at, values, best, train = curve
        if train:
            drawn.add_scatter(
                x=at,
                y=train,
                mode="lines",
                line={"color": colour, "width": 1.25, "dash": DASH["train"]},
                name=f"{plain(name, 48)}, training",
                hovertemplate="%{y:.3g}" if measure == "loss" else "%{y:.2~%}",
            )
        line = {"color": colour, "width": 2.25, "dash": DASH["validation"]}
        drawn.add_scatter(
            x=at,
            y=values,
            mode="lines+markers",
            line=line,
            marker={"symbol": mark, "size": 6, "maxdisplayed": MARKED},
            name=plain(name, 60),
            hovertemplate="%{y:.3g}" if measure == "loss" else "%{y:.2~%}",
        )
        star = {
            "symbol": "star",
            "size": 14,
            "color": colour,
            "line": {"color": palette.page, "width": 1},
        }
        drawn.add_scatter(
            x=[at[best]], y=[values[best]], mode="markers", marker=star, hoverinfo="skip"
        )
        drawn.add_scatter(
            x=at[-1:],
            y=[place],
            mode="text",
            text=[f"\u2002\u2002{plain(name, 16)}"],
            textposition="middle right",
            textfont={"color": colour, "size": 12},
            cliponaxis=False,
            hoverinfo="skip",
        )
    scale, tables = log_axis(measure, shares=measure == "error")
    low, high = _extent([part for curve, *_ in shown for part in (curve.values, curve.train)])
    drawn.update_layout(
        yaxis=scale | (ticks(tables, log10(low), log10(high)) if low < high else {})
    )
    drawn.update_xaxes(title=AXES[axis], rangemode="tozero")
    return drawn


def ends(series: Sequence[Sequence[float]]) -> list[float]:
    """Return the heights of the names: behind the last value of each, moved apart until none
    overlap. A value that a log axis cannot show keeps its own height.
    """
    low, high = _extent(series)
    length = log10(high) - log10(low) if low < high else 0.3
    able = [i for i, values in enumerate(series) if isfinite(values[-1]) and values[-1] > 0]
    moved = spread([log10(series[i][-1]) for i in able], LABEL / PLOT * length * 1.1)
    places = [values[-1] for values in series]
    for i, place in zip(able, moved, strict=True):
        places[i] = 10**place
    return places


def _extent(series: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the smallest and largest number that a log axis can show; (1, 1) for none."""
    shown = [v for values in series for v in values if isfinite(v) and v > 0]
    return min(shown, default=1.0), max(shown, default=1.0)
