"""Layer × time (V2, V3): what each layer does, from input (top) to output, as the training goes on.

An empty figure whose trace names its columns, as in `training.py`. Knows plotly, no torch and no
page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from core.figures.template import PALETTES, Mode, blank, scale


@dataclass(frozen=True)
class Map:
    """One quantity as a picture. `by_activation`: its rows are activations, not layers."""

    label: str
    help: str
    by_activation: bool = False


MAPS = {
    "update": Map(
        "Update / weight",
        "How far one step moves the weights, ‖Δw‖ / ‖w‖; about 1e-3 is good.",
    ),
    "gradient": Map("Gradient", "‖∇L‖ of each layer before clipping."),
    "spread": Map(
        "Spread",
        "How far a layer's outputs to different samples lie apart (standard deviation); 0.5 to 2 "
        "is good.",
    ),
    "dead": Map(
        "Dead units",
        "The share of an activation's units that let nothing through, for all samples of the "
        "minibatch (at most 64): less than half a per cent of a change of their input.",
        by_activation=True,
    ),
    "saturated": Map(
        "Saturated",
        "The share of an activation's outputs that lie where it is flat. About half is usual for "
        "ReLU, near 0 is good for sigmoid and tanh.",
        by_activation=True,
    ),
}  # fmt: skip
CENTRES = {  # log10 of the lowest, the good and the highest value, and their words
    "update": ((-4.5, -3, -1.5), ("3e-5", "1e-3, good", "3e-2")),
    "spread": ((-2, 0, 2), ("0.01", "1, good", "100")),
}
POWERS = range(-12, 9)


def layer_map(
    mode: Mode, *, names: Sequence[str], quantity: str = "update", height: int = 168
) -> go.Figure:
    """`names`: layers, or activations where the quantity has those as rows (`MAPS`)."""
    figure = blank(mode, height, hovermode="closest", meta={"end": "steps"})
    share = MAPS[quantity].by_activation
    hover = "%{y}, step %{x:,d}: %{customdata:.2" + ("~%" if share else "g") + "}<extra></extra>"
    meta = {"x": "map.step", "z": [f"map.{quantity}.{name}" for name in names], "log": not share}
    figure.add_heatmap(
        y=list(names), ygap=3, hovertemplate=hover, meta=meta, **_colours(mode, quantity)
    )
    figure.update_xaxes(tickformat=",d", unifiedhovertitle={"text": "step %{x:,d}"}, showline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return figure


def _colours(mode: Mode, quantity: str) -> dict[str, Any]:
    """Scale and colour bar: around the good value, from 0 to 1, or as far as the numbers go."""
    p = PALETTES[mode]
    bar: dict[str, Any] = {
        "thickness": 10, "len": 1, "outlinewidth": 0, "tickfont": {"size": 11, "color": p.muted},
    }  # fmt: skip
    if quantity in CENTRES:
        places, words = CENTRES[quantity]
        bar |= {"tickvals": list(places), "ticktext": list(words)}
        limits = {"zmin": places[0], "zmax": places[-1]}
        return {"colorbar": bar, "colorscale": scale(p.diverging), **limits}
    if MAPS[quantity].by_activation:
        bar |= {"tickvals": [0, 0.5, 1], "ticktext": ["none", "half", "all"]}
        return {"colorbar": bar, "colorscale": scale(p.sequential), "zmin": 0, "zmax": 1}
    words = [f"1e{k}" if k < -3 or k > 3 else f"{10.0**k:g}" for k in POWERS]
    bar |= {"tickvals": list(POWERS), "ticktext": words}
    return {"colorbar": bar, "colorscale": scale(p.sequential)}
