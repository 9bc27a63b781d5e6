"""The probabilities of the classes for one input, as bars. `rows` chooses, `figure` draws."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.base.numbers import percent
from core.figures.images import plain
from core.figures.template import PALETTES, Mode, blank

LARGEST = 10  # classes that are drawn
BAR, MENU = 24, 30  # px of a bar, and of the download button below them
LETTERS = 14  # of a class name


class Bar(NamedTuple):
    """One class: its name and its probability."""

    name: str
    probability: float


def rows(classes: Sequence[str], probabilities: Sequence[float]) -> list[Bar]:
    """Return all classes in their order, so that bars keep their places from one input to the next;
    of more than LARGEST, the most probable ones, the largest first.

    >>> rows(["cat", "dog"], [0.25, 0.75])
    [Bar(name='cat', probability=0.25), Bar(name='dog', probability=0.75)]
    """
    order = np.arange(len(classes))
    if len(classes) > LARGEST:
        order = np.argsort(-np.asarray(probabilities), kind="stable")[:LARGEST]
    return [Bar(classes[i], float(probabilities[i])) for i in order]


def chart_height(classes: int) -> int:
    """Return the height in px for this many classes."""
    return BAR * min(classes, LARGEST) + MENU


def figure(bars: Sequence[Bar], mode: Mode) -> go.Figure:
    """Draw one bar for each class, the most probable one in colour."""
    p = PALETTES[mode]
    values = [bar.probability for bar in bars]
    top = int(np.argmax(values))
    drawn = blank(mode, chart_height(len(bars)), hovermode=False, showlegend=False, bargap=0.3)
    places = list(range(len(bars)))
    drawn.add_bar(
        x=values, y=places, orientation="h", cliponaxis=False,
        marker={"color": [p.train if i == top else p.line for i in places], "cornerradius": 3},
        text=[percent(value) for value in values], textposition="outside", textangle=0,
    )  # fmt: skip
    drawn.update_layout(
        margin={"l": 40, "r": 8, "t": 2, "b": MENU - 2},
        dragmode=False,
        xaxis={"range": [0, 1.16], "visible": False, "fixedrange": True},
        yaxis={
            "range": [len(bars) - 0.5, -0.5],
            "tickvals": places,
            "ticktext": [_emphasized(plain(bar.name, LETTERS), i == top)
                         for i, bar in enumerate(bars)],
            "showgrid": False,
            "fixedrange": True,
        },
    )  # fmt: skip
    return drawn


def _emphasized(text: str, is_top: bool) -> str:
    return f"<b>{text}</b>" if is_top else text


def csv(classes: Sequence[str], probabilities: Sequence[float]) -> str:
    """Return one line for each class."""
    quoted = ('"' + name.replace('"', '""') + '"' for name in classes)
    lines = [f"{name},{p:.6g}" for name, p in zip(quoted, probabilities, strict=True)]
    return "\n".join(["class,probability", *lines]) + "\n"
