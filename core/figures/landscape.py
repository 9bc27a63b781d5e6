"""The training loss around the weights of a run: along a line, along random directions, and over a
plane. The results are those of core/analysis/inside/landscape.py.
"""

from collections.abc import Mapping, Sequence
from math import isfinite, log10
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.base.numbers import percent_parts, tick
from core.figures.images import plain
from core.figures.template import ABOVE, DASH, PALETTES, SYMBOL, Mode, blank, log_axis, scale

HEIGHT = 320
CEILING = 1e6  # times the lowest loss: what is higher has one colour
LEVELS = 14  # contour lines


def line(result: Mapping[str, Any], ends: tuple[str, str], mode: Mode) -> go.Figure:
    """Draw the loss of the training and validation set along a line; `ends` name its two ends."""
    p = PALETTES[mode]
    drawn = blank(mode, HEIGHT, margin={"b": 44}, legend=ABOVE)
    for name, colour in (("train", p.train), ("validation", p.validation)):
        if losses := result["loss"].get(name):
            label = "Training" if name == "train" else "Validation"
            drawn.add_scatter(
                x=result["alphas"], y=_drawable(losses), mode="lines", name=label,
                line={"color": colour, "width": 2.25, "dash": DASH[name]},
                hovertemplate="%{y:.3g}",
            )  # fmt: skip
    for place, name in zip((0, 1), ends, strict=True):
        drawn.add_vline(place, line={"color": p.line, "width": 1, "dash": "dot"})
        drawn.add_annotation(
            x=place, y=1, yref="paper", text=plain(name, 28), showarrow=False, yanchor="top",
            xanchor="left", xshift=4, font={"size": 12, "color": p.muted},
        )  # fmt: skip
    drawn.update_xaxes(title="α along the line", hoverformat=".2f")
    drawn.update_yaxes(**_loss_axis("loss", [*result["loss"].values()]))
    return drawn


def profiles(results: Mapping[str, Mapping[str, Any]], mode: Mode) -> go.Figure:
    """Draw the mean loss along random directions for runs by their names; the band is the range of
    the directions.
    """
    p = PALETTES[mode]
    colours = (p.train, p.validation, p.test, p.best, *p.runs)
    drawn = blank(mode, HEIGHT, margin={"b": 44}, legend=ABOVE)
    every = []
    for (name, result), colour in zip(results.items(), colours, strict=False):
        losses = np.array(result["loss"], float)
        losses[~np.isfinite(losses)] = np.nan
        low, high = np.nanmin(losses, 0), np.nanmax(losses, 0)
        steps = result["steps"]
        drawn.add_scatter(
            x=[*steps, *steps[::-1]], y=[*high, *low[::-1]], fill="toself", opacity=0.14,
            fillcolor=colour, line={"width": 0}, hoverinfo="skip", showlegend=False,
            name=f"{plain(name, 30)}, range",
        )  # fmt: skip
        means = np.nanmean(losses, 0)
        every.append(means.tolist())
        drawn.add_scatter(
            x=steps, y=means.tolist(), mode="lines", name=plain(name, 30),
            line={"color": colour, "width": 2.25}, hovertemplate="%{y:.3g}",
        )  # fmt: skip
    drawn.update_xaxes(title="α, relative to the length of each filter", hoverformat=".2f")
    drawn.update_yaxes(**_loss_axis("training loss", every))
    return drawn


def plane(result: Mapping[str, Any], mode: Mode, best_epoch: int | None = None) -> go.Figure:
    """Draw the loss over a plane as contours of its logarithm, and the path of the training."""
    p = PALETTES[mode]
    grid = np.array(result["loss"], float)
    least = max(float(np.nanmin(np.where(np.isfinite(grid), grid, np.nan))), 1e-12)
    shown = np.log10(np.clip(np.nan_to_num(grid, nan=np.inf), least, CEILING * least))
    ticks = np.linspace(shown.min(), shown.max(), 5)
    drawn = blank(mode, 420, hovermode="closest", showlegend=False, margin={"b": 44})
    small = {"size": 12, "color": p.muted}
    drawn.add_contour(
        x=result["x"], y=result["y"], z=shown.tolist(), ncontours=LEVELS, name="loss",
        colorscale=scale(p.sequential), line={"width": 0.5, "color": p.line},
        customdata=grid.tolist(), hovertemplate="loss %{customdata:.3g}<extra></extra>",
        colorbar={
            "title": {"text": "loss", "font": small}, "tickfont": small, "thickness": 12,
            "tickvals": ticks.tolist(),
            "ticktext": [tick(float(f"{10**value:.1g}")) for value in ticks], "outlinewidth": 0,
        },
    )  # fmt: skip
    if "path" in result:
        _path(drawn, result, mode, best_epoch)
        (first, second), _ = percent_parts(result["explained"])
        names = [
            f"first direction: {first} of the movement",
            f"second direction: {second} of the movement",
        ]
    else:
        names = ["α, relative to the filters", "β, relative to the filters"]
        _mark(drawn, 0.0, 0.0, "these weights", mode)
    drawn.update_xaxes(title=names[0])
    drawn.update_yaxes(title=names[1])
    return drawn


def _path(drawn: go.Figure, result: Mapping[str, Any], mode: Mode, best_epoch: int | None) -> None:
    p, path, epochs = PALETTES[mode], result["path"], result["epochs"]
    drawn.add_scatter(
        x=[x for x, _ in path], y=[y for _, y in path], mode="lines+markers", name="Path",
        line={"color": p.validation, "width": 2}, customdata=epochs,
        marker={"size": 5, "color": p.validation},
        hovertemplate="after epoch %{customdata}<extra></extra>",
    )  # fmt: skip
    _mark(drawn, *path[0], "initial weights", mode)
    _mark(drawn, *path[-1], "end", mode)
    if best_epoch in epochs[1:-1]:
        _mark(drawn, *path[epochs.index(best_epoch)], "best epoch", mode)


def _mark(drawn: go.Figure, x: float, y: float, text: str, mode: Mode) -> None:
    p = PALETTES[mode]
    drawn.add_scatter(
        x=[x], y=[y], mode="markers", hoverinfo="skip", name=text,
        marker={"symbol": SYMBOL["best"], "size": 12, "color": p.best, "line": {"width": 1}},
    )  # fmt: skip
    drawn.add_annotation(
        x=x, y=y, text=text, showarrow=False, yshift=14, bgcolor=p.page, opacity=0.9,
        font={"size": 12, "color": p.text},
    )  # fmt: skip


def _drawable(losses: Sequence[float]) -> list[float | None]:
    return [loss if isfinite(loss) and loss > 0 else None for loss in losses]


def _loss_axis(title: str, curves: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Return the axis: logarithmic where the losses differ by more than a factor of 30. Values
    beyond CEILING times the lowest are cut off.
    """
    seen = [value for curve in curves for value in _drawable(curve) if value is not None] or [1.0]
    low, high = min(seen), min(max(seen), CEILING * min(seen))
    if high <= 30 * low:
        return {"title": title, "range": [0, 1.06 * high]}
    axis, _ = log_axis(title)
    room = 0.06 * log10(high / low)
    return axis | {"range": [log10(low) - room, log10(high) + room]}
