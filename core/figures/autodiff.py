"""The graph of an expression with values forward and derivatives backward."""

from collections.abc import Mapping, Sequence
from math import nan

import plotly.graph_objects as go

from core.base.expression import Graph
from core.base.numbers import short
from core.figures.template import PALETTES, Mode, blank

HEIGHT = 236  # px


def positions(graph: Graph) -> list[tuple[float, float]]:
    """Return a place for each node: its layer, and a height 0 … 1. Constants have none: the
    formulas contain them.
    """
    layers = graph.layers()
    drawn = [i for i, node in enumerate(graph.nodes) if node.constant is None]
    columns = {layer: [i for i in drawn if layers[i] == layer] for layer in {*layers}}
    places = [(nan, nan)] * len(layers)
    for layer, column in columns.items():
        for row, index in enumerate(column):
            shift = 0.06 * (layer % 2) if len(column) == 1 else 0.0  # no edge behind a node
            places[index] = (float(layer), 1 - (row + 0.5) / len(column) + shift)
    return places


def graph(
    shown: Graph,
    values: Mapping[int, float],
    derivatives: Mapping[int, float],
    active: Sequence[tuple[int, int]],
    mode: Mode,
) -> go.Figure:
    """Draw the nodes with the values and derivatives known so far, by the index of the node, and
    the edges; `active` edges (from, to) are highlighted.
    """
    p = PALETTES[mode]
    places = positions(shown)
    drawn = blank(mode, HEIGHT, showlegend=False, hovermode="closest")
    visible = [k for k, node in enumerate(shown.nodes) if node.constant is None]
    edges = [(i, k) for k in visible for i in shown.nodes[k].inputs if i in visible]
    for chosen, colour, width in ((False, p.line, 1.25), (True, p.validation, 2.75)):
        ends = [edge for edge in edges if (edge in active) == chosen]
        drawn.add_scatter(
            x=[x for i, k in ends for x in (places[i][0], places[k][0], None)],
            y=[y for i, k in ends for y in (places[i][1], places[k][1], None)],
            mode="lines", line={"color": colour, "width": width}, hoverinfo="skip",
        )  # fmt: skip
    named = [
        f"{shown.name(k)} = {shown.formula(k)}" if shown.nodes[k].inputs else shown.name(k)
        for k in visible
    ]
    x, y = zip(*(places[k] for k in visible), strict=True)
    drawn.add_scatter(
        x=x, y=y, mode="markers", customdata=named, hovertemplate="%{customdata}<extra></extra>",
        marker={"size": 13, "color": p.page, "line": {"width": 2, "color": p.text}},
    )  # fmt: skip
    for k, name in zip(visible, named, strict=True):
        numbers = [
            f'<span style="color:{colour}">{number(found[k])}</span>'
            for found, colour in ((values, p.train), (derivatives, p.validation))
            if k in found
        ]
        for text, shift in ((name, -19), (" &nbsp; ".join(numbers), 19)):
            drawn.add_annotation(
                x=places[k][0], y=places[k][1], text=text, showarrow=False, yshift=shift,
                font={"size": 13, "color": p.text},
            )  # fmt: skip
    top = max(x)
    drawn.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 4})
    drawn.update_xaxes(visible=False, range=[-0.45, top + 0.45], fixedrange=True)
    drawn.update_yaxes(visible=False, range=[-0.06, 1.1], fixedrange=True)
    return drawn


def number(value: float) -> str:
    """Return a value as the graph and the table write it."""
    return short(round(value, 12) + 0.0, 4).replace("-", "−")
