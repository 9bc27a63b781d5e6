"""The probabilities of the classes for one input, as bars. `rows` chooses, `figure` draws."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from core.base.cells import csv_text
from core.base.numbers import percent
from core.figures.images import plain
from core.figures.template import PALETTES, Mode, template_json

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


def figure(bars: Sequence[Bar], mode: Mode) -> dict[str, Any]:
    """Draw one bar for each class, the most probable one in colour.

    The figure is JSON data: plotly's classes would take 40 % of the time of an answer, and there is
    one for each stroke of each person.
    """
    p = PALETTES[mode]
    values, places = [bar.probability for bar in bars], list(range(len(bars)))
    top = int(np.argmax(values))
    names = [plain(bar.name, LETTERS) for bar in bars]
    drawn = {
        "type": "bar",
        "x": values,
        "y": places,
        "orientation": "h",
        "cliponaxis": False,
        "marker": {"color": [p.train if i == top else p.line for i in places], "cornerradius": 3},
        "text": [percent(value) for value in values],
        "textposition": "outside",
        "textangle": 0,
    }
    y = {"range": [len(bars) - 0.5, -0.5], "tickvals": places, "showgrid": False}
    y["ticktext"] = [f"<b>{name}</b>" if i == top else name for i, name in enumerate(names)]
    layout = {
        "template": template_json(mode),
        "height": chart_height(len(bars)),
        "margin": {"l": 40, "r": 8, "t": 2, "b": MENU - 2},
        "bargap": 0.3,
        "showlegend": False,
        "hovermode": False,
        "dragmode": False,
        "xaxis": {"range": [0, 1.16], "visible": False, "fixedrange": True},
        "yaxis": y | {"fixedrange": True},
    }
    return {"data": [drawn], "layout": layout}


def csv(classes: Sequence[str], probabilities: Sequence[float]) -> str:
    """Return one line for each class."""
    rows = ([name, f"{p:.6g}"] for name, p in zip(classes, probabilities, strict=True))
    return csv_text(["class", "probability"], rows)
