"""The embedding of a hidden layer: one point for each sample, coloured by its class, with wrong
predictions marked.

Drawn with WebGL, so that ten thousand points can be moved. Knows plotly, no torch and no page.
"""

import base64
import io
from collections.abc import Mapping
from math import ceil, sqrt
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from core.base.cells import csv_text
from core.base.numbers import percent, percent_parts
from core.figures.images import plain
from core.figures.points import SYMBOLS, colour
from core.figures.template import PALETTES, Mode, blank, scale

HEIGHT = 430
NAMED = 20  # classes in the legend; of more classes, the pointer shows the names
FEW = 2000  # points up to which they are drawn larger
FEW_IMAGES, SMALL, LARGE = (
    2500,
    16,
    32,
)  # up to so many points, images have LARGE pixels, else SMALL
HEAD = ("sample", "pc1", "pc2", "true", "predicted", "probability")


def csv(found: Mapping[str, Any]) -> str:
    """Return one line for each point of an Embedding."""
    names, blanks = found["classes"], [None] * len(found["rows"])
    columns = (found["rows"], found["points"], found["true"], found["predicted"])
    points = zip(*columns, found.get("probability", blanks), strict=True)
    rows = [
        [row + 1, x, y, *((names[v] if names else v) for v in (true, predicted)), sure]
        for row, (x, y), true, predicted, sure in points
    ]
    return csv_text(HEAD, rows)


def sprite(images: np.ndarray) -> dict[str, Any]:
    """Return all images (N, C, H, W), values from 0 to 255, as one JPEG of square tiles with their
    number in a row; larger ones are reduced to every second, third, … pixel.
    """
    count, channels, height, width = images.shape
    side = LARGE if count <= FEW_IMAGES else SMALL
    every = -(-max(height, width) // side)
    small = np.clip(images[:, : 3 if channels > 2 else 1, ::every, ::every], 0, 255)
    _, channels, height, width = small.shape
    tile = max(height, width)
    across = ceil(sqrt(count))
    canvas = np.zeros((across * across, tile, tile, channels), np.uint8)
    top, left = (tile - height) // 2, (tile - width) // 2
    canvas[:count, top : top + height, left : left + width] = np.moveaxis(small, 1, 3)
    grid = canvas.reshape(across, across, tile, tile, channels).swapaxes(1, 2)
    pixels = grid.reshape(across * tile, across * tile, channels)
    content = io.BytesIO()
    Image.fromarray(pixels if channels == 3 else pixels[..., 0]).save(content, "jpeg", quality=75)
    address = "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode()
    return {"address": address, "across": across}


def figure(found: Mapping[str, Any], mode: Mode) -> go.Figure:
    """Draw the points of an Embedding (core/analysis/inside/embedding.py)."""
    classes = found["classes"]
    drawn = blank(mode, HEIGHT, hovermode="closest", showlegend=0 < len(classes) <= NAMED)
    drawn.update_layout(
        margin={"b": 44}, legend={"y": 1.01, "yanchor": "bottom", "x": 0, "xanchor": "left"}
    )
    size = 6 if len(found["rows"]) <= FEW else 4
    if classes:
        for index, name in enumerate(classes):
            _class(drawn, found, mode, index, name, size)
        _wrong(drawn, found, mode, size)
    else:
        _values(drawn, found, mode, size)
    (first, second), _ = percent_parts(found["explained"])
    drawn.update_xaxes(title=f"component 1 ({first})", showgrid=True)
    drawn.update_yaxes(title=f"component 2 ({second})")
    return drawn


def _class(
    drawn: go.Figure, found: Mapping[str, Any], mode: Mode, index: int, name: str, size: int
) -> None:
    """Add the points of one class. Its symbol distinguishes it without colour."""
    own = [i for i, true in enumerate(found["true"]) if true == index]
    symbol = SYMBOLS[(index + index // len(SYMBOLS)) % len(SYMBOLS)]
    marker = {"color": colour(index, mode), "symbol": symbol, "size": size, "opacity": 0.75}
    drawn.add_scattergl(
        **_places(found, own), mode="markers", marker=marker, name=plain(name, 18),
        text=[_text(found, i) for i in own], customdata=own, hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def _wrong(drawn: go.Figure, found: Mapping[str, Any], mode: Mode, size: int) -> None:
    """Add a ring around every wrong prediction."""
    pairs = zip(found["true"], found["predicted"], strict=True)
    own = [i for i, (true, predicted) in enumerate(pairs) if true != predicted]
    drawn.add_scattergl(
        **_places(found, own), mode="markers", name="Wrong", hoverinfo="skip",
        marker={
            "symbol": "circle-open", "size": size + 6, "color": PALETTES[mode].text,
            "line": {"width": 1.5},
        },
    )  # fmt: skip


def _values(drawn: go.Figure, found: Mapping[str, Any], mode: Mode, size: int) -> None:
    """Add points coloured by the true value."""
    bar = {
        "thickness": 10,
        "outlinewidth": 0,
        "title": {"text": "true value", "font": {"size": 12}},
    }
    marker = {
        "color": found["true"], "colorscale": scale(PALETTES[mode].sequential[2:]), "size": size,
        "colorbar": bar,
    }  # fmt: skip
    every = list(range(len(found["rows"])))
    drawn.add_scattergl(
        **_places(found, every), mode="markers", marker=marker, customdata=every,
        hovertemplate="%{text}<extra></extra>",
        text=[
            f"sample {row + 1}: true {true:.4g}, predicted {predicted:.4g}"
            for row, true, predicted in zip(
                found["rows"], found["true"], found["predicted"], strict=True
            )
        ],
    )  # fmt: skip


def _places(found: Mapping[str, Any], own: list[int]) -> dict[str, list[float]]:
    return {axis: [found["points"][i][k] for i in own] for k, axis in enumerate("xy")}


def _text(found: Mapping[str, Any], i: int) -> str:
    """Return number, true class and prediction of a point."""
    names = [plain(name, 18) for name in found["classes"]]
    true, predicted = names[found["true"][i]], names[found["predicted"][i]]
    number = found["rows"][i] + 1
    sure = percent(found["probability"][i])
    if true == predicted:
        return f"sample {number}: {true}, {sure}"
    return f"sample {number}: <b>{true}</b>, predicted {predicted}, {sure}"
