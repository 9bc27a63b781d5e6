"""The curves of a run: its loss or score, and a norm of each layer. The layer × time map is in
`maps.py`.

`rows(history)` computes what they show. Each figure function draws an empty figure whose traces
name their columns (binding.py), and `drawn` fills one. Knows plotly, no torch and no page.
"""

from collections.abc import Sequence
from typing import Any, Literal

import plotly.graph_objects as go

from core.figures.binding import Columns, fill
from core.figures.images import plain
from core.figures.template import (
    ABOVE,
    AXIS_TITLES,
    COUNTS,
    DASH,
    PALETTES,
    SYMBOL,
    Mode,
    blank,
    layer_colours,
    log_axis,
)
from core.runs.history import History

Against = Literal["step", "epoch", "time"]
X = {"step": "step", "epoch": "epoch", "time": "seconds"}  # column of each group
END = {
    "step": "steps",
    "epoch": "epochs",
}  # the fact with the end of the axis; the duration is not known in advance
MARKED = 40  # markers per curve at most: on a long run they would cover its line
NAMED = 10  # layers with a name at the end of their line; the pointer shows the other names
STEADY = 0.8  # smoothing of the gradient norms: those of single mini-batches scatter widely
HEIGHTS = (0.88, 0.67, 0.57, 0.47, 0.37, 0.27)  # of the marks' texts; the best epoch's is between
UPRIGHT = {"overlaying": "y", "range": [0, 1], "fixedrange": True, "visible": False}
NORMS = {  # title of the y-axis by quantity
    "gradient": "‖∇L‖",
    "weight": "‖w‖",
    "update": "‖Δw‖ / ‖w‖",
}
ZERO = {  # before the names of layers whose quantity is exactly 0
    "gradient": "No gradient:",
    "weight": "All weights are 0:",
    "update": "No update:",
    "spread": "Output std is 0:",
}
LETTER, LONGEST = 7, 18  # px of a letter, and letters of a layer's name at the end of its line


def rows(history: History) -> tuple[Columns, dict[str, Any]]:
    """Return every column of the history and the facts about the run."""
    return history.columns(), history.facts()


def drawn(figure: go.Figure, history: History) -> go.Figure:
    """Fill the figure with the rows of the history."""
    return fill(figure, *rows(history))


def curve(
    mode: Mode,
    *,
    measure: str = "loss",
    against: Against = "step",
    log: bool = True,
    smoothing: float = 0.9,
    best: bool = True,
    marks: Sequence[str] = ("fired", "chosen"),
    unit: str = "cross-entropy",
    height: int = 236,
    chosen: float | None = None,
    forecast: bool = False,
) -> go.Figure:
    """Draw training and validation loss, or a score, by step, epoch or time. `measure` is "loss",
    "error", "accuracy" (for values: R²) or "rmse"; the error rate and the accuracy are in percent.

    `marks` names the stopping rules whose end of the run is marked: "fired", "chosen" or "untaken".
    Changes of the settings are always marked. `chosen` is a place on the x-axis that gets a line.
    `forecast` adds the band of the final validation loss beside the curves of the loss.
    """
    p, x = PALETTES[mode], X[against]
    figure = blank(
        mode,
        height,
        meta={"end": END.get(against)},
        uirevision=f"{measure} {against} {log}",
        legend=ABOVE,
        legend_uirevision="keep",  # hidden curves stay hidden on another axis
    )
    forecast = forecast and measure == "loss"
    if measure == "loss":
        _line(
            figure,
            p.raw,
            f"step.{x}",
            "step.loss",
            1,
            showlegend=False,
            hoverinfo="skip",
            name="Training, raw",
        )
        smoothed = {
            "meta": {"smooth": smoothing},
            "name": "Training, smoothed" if smoothing else "Training",
        }
        _line(figure, p.train, f"step.{x}", "step.loss", 2.25, **smoothed)
    else:
        _marked(figure, mode, "train", "Training", f"epoch.{x}", f"epoch.train_{measure}")
    _marked(figure, mode, "validation", "Validation", f"epoch.{x}", f"epoch.validation_{measure}")
    shown = ["changed", *marks]
    _marks(figure, mode, f"epoch.{x}", f"epoch.validation_{measure}", shown)
    if best:
        _best(figure, mode, f"epoch.{x}", f"epoch.validation_{measure}")
    if forecast:
        _band(figure, mode, f"forecast.{x}")
    if chosen is not None:
        figure.add_vline(chosen, line={"color": p.muted, "width": 1.5}, layer="below")
    _x_axis(figure, against)
    shares = measure == "error" or (measure == "accuracy" and unit == "accuracy")
    first = "step.loss" if measure == "loss" else f"epoch.train_{measure}"
    if measure == "accuracy":
        figure.update_layout(yaxis={"title": unit})  # what matters is close to 1, or below 0
    elif log:
        shown = [first, f"epoch.validation_{measure}"]
        shown += ["forecast.low", "forecast.high"] if forecast else []
        _log(figure, unit, shown, shares=shares)
    else:
        figure.update_layout(yaxis={"title": unit, "rangemode": "tozero"})
    if shares:
        figure.update_layout(yaxis_tickformat=",.3~%")
        figure.update_traces({"hovertemplate": "%{y:.2~%}"}, lambda t: t.hoverinfo != "skip")
    return figure


def layer_norms(
    mode: Mode,
    *,
    layers: Sequence[str],
    quantity: str = "gradient",
    against: Against = "step",
    log: bool = True,
    height: int = 190,
) -> go.Figure:
    """Draw a quantity of NORMS of each layer, slightly smoothed, with names at the line ends. A
    text above the plot names the layers in which it is exactly 0, which a log axis cannot show.
    """
    names = [f"probe.{quantity}.{layer}" for layer in layers]
    every = -(-len(layers) // NAMED) or 1
    shown = [plain(layer, LONGEST) for layer in layers[::every]]
    figure = blank(
        mode,
        height,
        margin={"t": 20, "r": 16 + LETTER * max(map(len, shown), default=0)},
        showlegend=False,
        meta={"end": END.get(against), "pixels": height - 52, "smooth": STEADY},
        uirevision=f"{quantity} {against} {log}",
    )
    x, title = f"probe.{X[against]}", NORMS[quantity]
    colours = layer_colours(len(layers), mode)
    for layer, name, colour in zip(layers, names, colours, strict=True):
        _line(figure, colour, x, name, 2, name=layer, meta={"smooth": STEADY})
    ends = {
        "x": x,
        "ends": names[::every],
        "names": [f" {layer}" for layer in shown],
        "colours": colours[::every],
        "extent": names,
        "log": log,
        "smooth": STEADY,
    }
    figure.add_scatter(
        mode="text", textposition="middle right", cliponaxis=False, hoverinfo="skip", meta=ends,
    )  # fmt: skip
    zeros = {"zeros": names, "names": [plain(layer, LONGEST) for layer in layers], "x": x}
    figure.add_scatter(
        mode="text", yaxis="y2", textposition="top right", hoverinfo="skip", cliponaxis=False,
        textfont=halo(PALETTES[mode].warning, mode), meta=zeros | {"text": ZERO[quantity]},
    )  # fmt: skip
    figure.update_layout(yaxis2=UPRIGHT)
    _x_axis(figure, against)
    if log:
        _log(figure, title, names)
    else:
        figure.update_yaxes(title=title, rangemode="tozero")
    return figure


def _line(
    figure: go.Figure,
    colour: str,
    x: str,
    y: str,
    width: float,
    *,
    meta: dict | None = None,
    **more: Any,
) -> None:
    line = {"color": colour, "width": width}
    more = {"hovertemplate": "%{y:.3g}"} | more if "hoverinfo" not in more else more
    figure.add_scatter(mode="lines", line=line, meta={"x": x, "y": y, **(meta or {})}, **more)


def _marked(figure: go.Figure, mode: Mode, role: str, name: str, x: str, y: str) -> None:
    """Draw one value per epoch with the line, dash and marker of its role."""
    colour = getattr(PALETTES[mode], role)
    line = {"color": colour, "width": 2.25, "dash": DASH[role]}
    marker = {"symbol": SYMBOL[role], "size": 6, "maxdisplayed": MARKED}
    bound = {"meta": {"x": x, "y": y}, "hovertemplate": "%{y:.3g}"}
    figure.add_scatter(mode="lines+markers", name=name, line=line, marker=marker, **bound)


def _band(figure: go.Figure, mode: Mode, x: str) -> None:
    """Draw the band of the forecast, behind the curves."""
    quiet = {"mode": "lines", "hoverinfo": "skip", "line": {"width": 0}, "zorder": -1}
    figure.add_scatter(meta={"x": x, "y": "forecast.low"}, name="Forecast, lower end",
                       showlegend=False, **quiet)  # fmt: skip
    red, green, blue = (int(PALETTES[mode].validation[i : i + 2], 16) for i in (1, 3, 5))
    figure.add_scatter(
        meta={"x": x, "y": "forecast.high"}, name="Forecast", fill="tonexty",
        fillcolor=f"rgba({red},{green},{blue},.16)", **quiet,
    )  # fmt: skip


def _best(figure: go.Figure, mode: Mode, x: str, y: str) -> None:
    """Draw a dotted line, a text and a star at the best epoch; the line has an axis from 0 to 1."""
    p = PALETTES[mode]
    quiet = {"showlegend": False, "hoverinfo": "skip"}
    dotted = {"color": p.best, "width": 1.5, "dash": "dot"}
    at = {"x": x, "take": "best"}
    figure.add_scatter(
        mode="lines", yaxis="y2", line=dotted, meta=at | {"at": [0, 1]}, name="Best, line", **quiet
    )
    figure.add_scatter(
        mode="text", yaxis="y2", textfont=halo(p.best, mode), name="Best, text",
        meta=at | {"at": [0.78], "text": " best epoch:"}, **quiet,
    )  # fmt: skip
    star = {
        "symbol": SYMBOL["best"],
        "size": 14,
        "color": p.best,
        "line": {"color": p.page, "width": 1},
    }
    figure.add_scatter(mode="markers", marker=star, meta=at | {"y": y}, name="Best epoch", **quiet)
    figure.update_layout(yaxis2=UPRIGHT)


def _marks(figure: go.Figure, mode: Mode, x: str, y: str, show: list[str]) -> None:
    """Draw a dashed line and a text for each stopping rule and each change of the settings, and for
    rules a hollow stop sign on the curve.
    """
    p = PALETTES[mode]
    quiet = {"showlegend": False}
    at = {"x": x, "take": "marks", "show": show}
    dashed = {"color": p.muted, "width": 1, "dash": "3px,3px"}
    figure.add_scatter(
        mode="lines", yaxis="y2", line=dashed, meta=at | {"as": "lines"}, name="Marks, lines",
        hoverinfo="skip", **quiet,
    )  # fmt: skip
    figure.add_scatter(
        mode="text", yaxis="y2", textfont=halo(p.muted, mode), name="Marks, text",
        meta=at | {"as": "texts", "heights": HEIGHTS}, hoverinfo="skip", **quiet,
    )  # fmt: skip
    sign = {"symbol": "octagon-open", "size": 11, "color": p.muted, "line": {"width": 2}}
    figure.add_scatter(
        mode="markers", marker=sign, meta=at | {"as": "points", "y": y}, name="Would have stopped",
        hoverinfo="skip", **quiet,
    )  # fmt: skip
    figure.update_layout(yaxis2=UPRIGHT)


def halo(colour: str, mode: Mode) -> dict[str, Any]:
    """Return a font that stays legible in front of a curve."""
    shadow = ", ".join([f"0 0 3px {PALETTES[mode].page}"] * 6)
    return {"color": colour, "size": 12, "shadow": shadow}


def _x_axis(figure: go.Figure, against: Against) -> None:
    ways = {
        "step": {"tickformat": COUNTS, "unifiedhovertitle": {"text": "Step %{x:,d}"}},
        "epoch": {"tickformat": COUNTS, "unifiedhovertitle": {"text": "Epoch %{x:.2f}"}},
        "time": {
            "rangemode": "tozero",
            "unifiedhovertitle": {"text": "%{x:.1f} s"},
        },
    }
    figure.update_xaxes(title=AXIS_TITLES[X[against]], **ways[against])


def _log(figure: go.Figure, title: str, shown: list[str], *, shares: bool = False) -> None:
    axis, tables = log_axis(title, shares=shares)
    figure.update_layout(
        yaxis=axis, meta={**(figure.layout.meta or {}), "ticks": tables, "extent": shown}
    )
