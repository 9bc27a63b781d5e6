"""The included digits in `assets/`: real images without a download."""

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from core.data.inspection.shapes import rescale
from core.data.ready.download import Progress
from core.data.samples import Samples
from core.data.spreadsheet.table import read_table

DIGITS = Path(__file__).parents[3] / "assets" / "digits"
DIGITS_WHITE = 16  # each value counts the marked pixels in a block of 4×4


def digits(home: Path, progress: Progress | None = None, *, size: Literal[8, 28] = 8) -> Samples:
    """Return 1 797 digits (Alpaydin & Kaynak 1998), images (1797, 1, size, size) uint8."""
    images, labels = _tables()
    digits = rescale(images, DIGITS_WHITE).reshape(-1, 1, 8, 8)
    if size != 8:
        digits = np.stack([enlarge(image[0], size) for image in digits])[:, None]
    return Samples("Digits", digits, labels.astype(np.int64), tuple(str(d) for d in range(10)))


@cache
def _tables() -> tuple[np.ndarray, np.ndarray]:
    """Return the values of both files, (1797, 64) and (1797,), which the caller must not change."""
    images = read_table(DIGITS / "images.csv", "images.csv").values
    return images, read_table(DIGITS / "labels.csv", "labels.csv").values[:, 0]


def enlarge(image: np.ndarray, size: int) -> np.ndarray:
    """Enlarge (H, W) uint8 to (size, size), bilinear."""
    return np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR))
