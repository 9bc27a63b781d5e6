"""An image with the training images that a network sees as most alike, as one PNG file."""

import io

import numpy as np
from PIL import Image

from core.figures.images import square

LARGE, SMALL, GAP = 168, 52, 6  # px of the image, of a training image, and between two


def png(image: np.ndarray, neighbours: np.ndarray) -> bytes:
    """Draw an image (C, H, W), and below it training images (n, C, H, W), n ≤ 3. Values from 0 to
    255 are drawn from black to white.
    """
    height = LARGE + (GAP + SMALL if len(neighbours) else 0)
    canvas = Image.new("RGBA", (LARGE, height), (0, 0, 0, 0))
    canvas.paste(square(image, 255.0, LARGE), (0, 0))
    for place, neighbour in enumerate(neighbours):
        canvas.paste(square(neighbour, 255.0, SMALL), (place * (SMALL + GAP), LARGE + GAP))
    content = io.BytesIO()
    canvas.save(content, "png")
    return content.getvalue()
