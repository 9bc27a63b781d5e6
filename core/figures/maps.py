"""Layer × time maps: one quantity of each layer, from input (top) to output, over the training.

Each is an empty figure whose trace names its columns, as in `training.py`. Knows plotly, no torch
and no page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import plotly.graph_objects as go

from core.base.numbers import THIN, short
from core.figures.images import plain
from core.figures.template import AXIS_TITLES, COUNTS, PALETTES, Mode, blank, scale
from core.figures.training import END, LONGEST, UPRIGHT, ZERO, Against, X, halo


@dataclass(frozen=True)
class Map:
    """One quantity as a heat map. `by_activation`: its rows are activations, not layers, and its
    values fractions. `signed`: its values are coloured from below to above 0, others by their
    logarithm.
    """

    label: str
    help: str
    by_activation: bool = False
    signed: bool = False


MAPS = {
    "update": Map(
        "Update / weight",
        "the relative change of the weights per step, ‖Δw‖ / ‖w‖. About 1e-3 is good.",
    ),
    "gradient": Map("Gradient", "the norm ‖∇L‖ of each layer before clipping."),
    "weight": Map("Weights", "the norm ‖w‖ of each layer."),
    "spread": Map(
        "Output std",
        "the standard deviation of a layer's outputs over the samples. 0.5 to 2 is good.",
    ),
    "mean": Map(
        "Output mean",
        "the mean of a layer's outputs over samples and units. Values far from 0 shift the inputs "
        "of the next layer.",
        signed=True,
    ),
    "dead": Map(
        "Dead units",
        "the fraction of an activation's units whose slope is below 0.005 for all samples of the "
        "mini-batch (at most 64), so that no gradient passes.",
        by_activation=True,
    ),
    "saturated": Map(
        "Saturated",
        "the fraction of an activation's outputs in its flat region. About half is normal for "
        "ReLU; near 0 is good for sigmoid and tanh.",
        by_activation=True,
    ),
}  # fmt: skip
CENTRES = {  # log10 of the lowest, the good and the highest value, and their labels
    "update": ((-4.5, -3, -1.5), ("3e-5", "1e-3, good", "3e-2")),
    "spread": ((-2, 0, 2), ("0.01", "1, good", "100")),
}
POWERS = range(-12, 9)
FINE = (1, 1.5, 2, 3, 4, 5, 7)  # digits with a tick where all values are within a power of ten
HOVER = {"step": "step %{x:,d}", "epoch": "epoch %{x:.2f}", "time": "%{x:.1f} s"}


def layer_map(
    mode: Mode,
    *,
    names: Sequence[str],
    quantity: str = "update",
    against: Against = "step",
    height: int = 190,
) -> go.Figure:
    """Draw the map. `names` are layers, or activations if the quantity is measured on those."""
    figure = blank(mode, height, hovermode="closest", meta={"end": END.get(against)})
    share = MAPS[quantity].by_activation
    value = "%{customdata:.2" + ("~%" if share else "g") + "}<extra></extra>"
    hover = "%{y}, " + HOVER[against] + ": " + value
    rows = [f"map.{quantity}.{name}" for name in names]
    meta = {"x": f"map.{X[against]}", "z": rows, "log": not (share or MAPS[quantity].signed)}
    colours = _colours(mode, quantity)
    if meta["log"] and quantity not in CENTRES:  # where the values have no power of ten among them
        meta["fine"] = colours["colorbar"] | _ticks(FINE)
    figure.add_heatmap(y=list(names), ygap=3, hovertemplate=hover, meta=meta, **colours)
    if meta["log"]:  # its colours cannot show 0
        zeros = {"zeros": rows, "names": [plain(name, LONGEST) for name in names], "always": True}
        figure.add_scatter(
            mode="text", yaxis="y2", textposition="bottom right", hoverinfo="skip",
            textfont=halo(PALETTES[mode].warning, mode),
            meta=zeros | {"x": meta["x"], "text": ZERO[quantity]},
        )  # fmt: skip
        figure.update_layout(yaxis2=UPRIGHT)
    figure.update_xaxes(title=AXIS_TITLES[X[against]], tickformat=COUNTS, showline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return figure


def _colours(mode: Mode, quantity: str) -> dict[str, Any]:
    """Return colour scale and bar: around the good value or 0, from 0 to 1, or over the whole
    range.
    """
    p = PALETTES[mode]
    bar: dict[str, Any] = {
        "thickness": 10, "len": 1, "outlinewidth": 0, "tickfont": {"size": 11, "color": p.muted},
    }  # fmt: skip
    if quantity in CENTRES:
        values, labels = CENTRES[quantity]
        bar |= {"tickvals": list(values), "ticktext": list(labels)}
        limits = {"zmin": values[0], "zmax": values[-1]}
        return {"colorbar": bar, "colorscale": scale(p.diverging), **limits}
    if MAPS[quantity].by_activation:
        bar |= {"tickvals": [0, 0.5, 1], "ticktext": [f"{n}{THIN}%" for n in (0, 50, 100)]}
        return {"colorbar": bar, "colorscale": scale(p.sequential), "zmin": 0, "zmax": 1}
    if MAPS[quantity].signed:
        return {"colorbar": bar, "colorscale": scale(p.diverging), "zmid": 0}
    return {"colorbar": bar | _ticks([1]), "colorscale": scale(p.sequential)}


def _ticks(digits: Sequence[float]) -> dict[str, Any]:
    """Return the ticks of a logarithmic colour bar at these digits of every power of ten."""
    values = [digit * 10.0**k for k in POWERS for digit in digits]
    return {"tickvals": [log10(v) for v in values], "ticktext": [short(v) for v in values]}
