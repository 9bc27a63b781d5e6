"""Images of a dataset: examples in one row per class, and rows of images to compare.

Images are shown as they are; the theme never inverts them.
"""

import base64
import io
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from core.base.numbers import whole
from core.figures.template import PALETTES, Mode, blank

SIDE, GAP = 36, 4  # px of an image and between two images
SHARP = 2  # pixels rendered per pixel on screen


def draw(labels: np.ndarray, classes: int, each: int, seed: int) -> list[np.ndarray]:
    """Draw up to `each` rows of every class at random; return one index array per class."""
    generator = np.random.default_rng(seed)
    rows = [np.flatnonzero(labels == c) for c in range(classes)]
    return [np.sort(generator.choice(r, min(each, len(r)), replace=False)) for r in rows]


def strip(images: np.ndarray, top: float) -> Image.Image:
    """Draw images (n, C, H, W) side by side; values from 0 to `top` become black to white."""
    side, step = SIDE * SHARP, (SIDE + GAP) * SHARP
    canvas = Image.new("RGBA", (len(images) * step, side), (0, 0, 0, 0))
    for column, values in enumerate(images):
        canvas.paste(square(values, top, side), (column * step, 0))
    return canvas


def square(values: np.ndarray, top: float, side: int) -> Image.Image:
    """Draw an image (C, H, W) in the middle of a transparent square; values as in `strip`."""
    grey = np.clip(values * (255 / top), 0, 255).astype(np.uint8)  # (C, H, W)
    drawn = Image.fromarray(grey[0] if len(grey) == 1 else np.moveaxis(grey[:3], 0, 2))
    scale = side / max(drawn.size)
    size = (max(1, round(drawn.width * scale)), max(1, round(drawn.height * scale)))
    drawn = drawn.convert("RGB").resize(size, Image.Resampling.NEAREST)
    canvas = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    canvas.paste(drawn, ((side - size[0]) // 2, (side - size[1]) // 2))
    return canvas


def png(image: Image.Image | np.ndarray) -> str:
    """Return an image, or pixels (H, W, 3 or 4) uint8, as the address of a PNG."""
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    content = io.BytesIO()
    image.save(content, "png")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()


def picture(values: np.ndarray, top: float = 255.0) -> str:
    """Return one image (C, H, W) as the address of a PNG; 0 to `top` become black to white."""
    side = SIDE * SHARP
    return png(strip(values[None], top).crop((0, 0, side, side)))


def by_class(
    images: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    *,
    mode: Mode,
    each: int = 11,
    seed: int = 0,
) -> go.Figure:
    """Draw one row per class: its name, some of its images, and a bar with their number."""
    palette, count = PALETTES[mode], len(classes)
    sizes = np.bincount(labels, minlength=count)[:count]
    rows = draw(labels, count, each, seed)
    top = max((float(images[r].max()) for r in rows if len(r)), default=255.0) or 1.0
    figure = blank(mode, (SIDE + GAP) * count + 26, showlegend=False, bargap=0.3)
    figure.update_layout(margin={"l": 36, "r": 8, "t": 22, "b": 4}, dragmode=False, hovermode=False)
    figure.add_bar(
        y=list(range(count)),
        x=sizes,
        orientation="h",
        width=0.62,
        xaxis="x2",
        marker={"color": palette.line, "cornerradius": 3},
        text=[whole(n) for n in sizes],
        textposition="inside",
        insidetextanchor="start",
        textangle=0,
        textfont={"color": palette.text, "size": 12},
        constraintext="none",
    )
    for line, chosen in enumerate(rows):
        if len(chosen):  # "contain" keeps images square on narrow pages
            figure.add_layout_image(
                source=png(strip(images[chosen], top)),
                x=0,
                y=line,
                xref="x",
                yref="y",
                sizex=len(chosen) / each,
                sizey=SIDE / (SIDE + GAP),
                sizing="contain",
                yanchor="middle",
            )
    names = [f"<b>{plain(name)}</b>" for name in classes]
    figure.update_layout(
        xaxis={"domain": [0, 0.8], "range": [0, 1], "visible": False},
        xaxis2={
            "domain": [0.83, 1],
            "range": [0, 1.1 * max(sizes.max(), 1)],
            "visible": False,
            "anchor": "y",
        },
        yaxis={
            "range": [count - 0.5, -0.5],
            "tickvals": list(range(count)),
            "ticktext": names,
            "ticklabelstandoff": 6,
            "showgrid": False,
        },
    )
    position = {
        "x": 0.83,
        "y": 1,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
    }
    figure.add_annotation(
        text="images", showarrow=False, font={"color": palette.muted, "size": 12}, **position
    )
    return figure


def side_by_side(
    rows: Sequence[tuple[str, np.ndarray]], captions: Sequence[str], *, mode: Mode, side: int = 64
) -> go.Figure:
    """Draw rows of images (n, C, H, W) below each other, with row names and column captions.

    ` · ` starts a new line of a caption.
    """
    count = max(len(captions), 7)  # a short row keeps the size of its images
    lines = [[plain(line, 18) for line in caption.split(" · ")] for caption in captions]
    below = 10 + 17 * max(map(len, lines), default=1) if any(c.strip() for c in captions) else 4
    figure = blank(mode, (side + 8) * len(rows) + below, showlegend=False)
    left = 60 if any(name for name, _ in rows) else 4
    figure.update_layout(margin={"l": left, "r": 4, "t": 4, "b": below})
    figure.update_layout(dragmode=False, hovermode=False)
    top = max((float(images.max()) for _, images in rows if images.size), default=255) or 1
    for line, (_, images) in enumerate(rows):
        for column, image in enumerate(images):
            figure.add_layout_image(
                source=png(strip(image[None], max(top, 1.0))),
                x=column,
                y=line,
                xref="x",
                yref="y",
                sizex=1.0,
                sizey=0.94,
                sizing="contain",
                xanchor="left",
                yanchor="middle",
            )
    figure.update_xaxes(
        range=[0, count],
        tickvals=[column + 0.45 for column in range(len(captions))],
        ticktext=["<br>".join(line) for line in lines],
        automargin=False,
        showline=False,
        side="bottom",
        tickangle=0,
    )
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickvals=list(range(len(rows))),
        ticktext=[f"<b>{plain(name)}</b>" for name, _ in rows],
        showgrid=False,
    )
    return figure


def plain(text: str, longest: int = 12) -> str:
    """Return text from a file as a plotly label: without markup or formulas, and short."""
    text = text if len(text) <= longest else text[: longest - 1] + "…"
    for sign, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(sign, safe)
    return text
