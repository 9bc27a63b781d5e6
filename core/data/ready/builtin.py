"""The digits that lie in `assets/`: real pictures without a network."""

from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from core.data.inspection.shapes import rescale
from core.data.ready.download import Progress
from core.data.samples import Samples
from core.data.spreadsheet.table import read_table

DIGITS = Path(__file__).parents[3] / "assets" / "digits"
DIGITS_WHITE = 16  # each value counts the marked ones of 4×4 points


def digits(home: Path, progress: Progress | None = None, *, size: Literal[8, 28] = 8) -> Samples:
    """1 797 digits (Alpaydin & Kaynak 1998), images (1797, 1, size, size) uint8."""
    images = read_table(DIGITS / "images.csv", "images.csv").values
    labels = read_table(DIGITS / "labels.csv", "labels.csv").values[:, 0]
    pictures = rescale(images, DIGITS_WHITE).reshape(-1, 1, 8, 8)
    if size != 8:
        pictures = np.stack([enlarge(picture[0], size) for picture in pictures])[:, None]
    return Samples("Digits", pictures, labels.astype(np.int64), tuple(str(d) for d in range(10)))


def enlarge(picture: np.ndarray, size: int) -> np.ndarray:
    """(H, W) uint8 -> (size, size), bilinear."""
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR))
