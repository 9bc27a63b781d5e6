"""Loaders of the sets that need no upload: digits from `assets/`, MNIST through torchvision."""

import math
import os
import shutil
import struct
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from core.data.download import Progress, watched
from core.data.samples import Samples
from core.data.shapes import brighten
from core.data.table import read_table
from core.errors import Unavailable

DIGITS = Path(__file__).parents[2] / "assets" / "digits"
DIGITS_WHITE = 16  # each value counts the marked ones of 4×4 points


def digits(home: Path, progress: Progress | None = None, *, size: Literal[8, 28] = 8) -> Samples:
    """1 797 digits (Alpaydin & Kaynak 1998), images (1797, 1, size, size) uint8."""
    images = read_table(DIGITS / "images.csv", "images.csv").values
    labels = read_table(DIGITS / "labels.csv", "labels.csv").values[:, 0]
    pictures = brighten(images, DIGITS_WHITE).reshape(-1, 1, 8, 8)
    if size != 8:
        pictures = np.stack([enlarge(picture[0], size) for picture in pictures])[:, None]
    return Samples("Digits", pictures, labels.astype(np.int64), tuple(str(d) for d in range(10)))


def enlarge(picture: np.ndarray, size: int) -> np.ndarray:
    """(H, W) uint8 -> (size, size), bilinear."""
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR))


def mnist(home: Path, progress: Progress | None = None) -> Samples:
    """MNIST (LeCun et al. 1998): 60 000 training and 10 000 test pictures (N, 1, 28, 28) uint8.

    What is on disk is used, also what lies in the folder that LAB_TORCHVISION names; the rest is
    downloaded. Raises Unavailable when neither works.
    """
    try:
        from core.tv import datasets
    except (ImportError, RuntimeError) as error:
        way_out = "install the torch and torchvision of one release, or choose the digits"
        raise Unavailable(f"torchvision does not load ({_reason(error)}): {way_out}.") from None
    root = home / "data" / "torchvision"
    raw = root / "MNIST" / "raw"
    files = [name for name, _ in datasets.MNIST.resources]
    try:
        _borrow(raw, files)
        _drop_torn(raw, files)
        with watched(progress, len(files)):
            train = datasets.MNIST(root, train=True, download=True)
            test = datasets.MNIST(root, train=False)
    except (RuntimeError, OSError, EOFError) as error:
        way_out = f"put {', '.join(files)} into {raw}, or choose the digits, which need no network"
        raise Unavailable(f"MNIST could not be loaded ({_reason(error)}): {way_out}.") from None
    images, test_images = (part.data.numpy()[:, None] for part in (train, test))
    labels, test_labels = (part.targets.numpy().astype(np.int64) for part in (train, test))
    classes = tuple(str(digit) for digit in range(10))
    return Samples("MNIST", images, labels, classes, test_images, test_labels)


def _borrow(raw: Path, files: list[str]) -> None:
    """Copy what LAB_TORCHVISION has: it may be read-only, and torchvision unpacks in place."""
    given = os.environ.get("LAB_TORCHVISION")
    for name in files if given else ():
        for form in (name.removesuffix(".gz"), name):
            source = Path(given or "") / "MNIST" / "raw" / form
            if source.is_file() and not (raw / form).exists():
                raw.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, raw / form)
                break


def _drop_torn(raw: Path, files: list[str]) -> None:
    """Take out what was unpacked in part: torchvision only looks whether a file exists."""
    for path in (raw / name.removesuffix(".gz") for name in files):
        if path.is_file() and path.stat().st_size != idx_size(path):
            path.unlink()


def idx_size(path: Path) -> int:
    """The bytes an IDX file should have by its head: sizes as big-endian int32; −1 without one."""
    with path.open("rb") as file:
        head = file.read(4 + 4 * 255)
    dimensions = head[3] if len(head) > 3 else 0
    if len(head) < 4 + 4 * dimensions:
        return -1
    return 4 + 4 * dimensions + math.prod(struct.unpack_from(f">{dimensions}i", head, 4))


def _reason(error: BaseException) -> str:
    """The last line of torchvision's account, without its final dot."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].rstrip(".")
