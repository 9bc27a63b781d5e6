"""Dimension reduction: images pooled to a few grey pixels, wide rows projected onto a few principal
components, everything centred and scaled by the training rows. NumPy only.
"""

from dataclasses import dataclass

import numpy as np

MAX_COLUMNS = 100  # wider rows are projected
COMPONENTS = 64


@dataclass(frozen=True)
class Reduced:
    """Inputs (M, d) and (T, d) float32, `shape` (H, W) or (d,), and `description`, the shape in
    words.
    """

    inputs: np.ndarray
    test_inputs: np.ndarray
    shape: tuple[int, ...]
    description: str


def reduce(inputs: np.ndarray, test_inputs: np.ndarray, side: float) -> Reduced:
    """Reduce images (N, C, H, W) to about `side` pixels per side, rows (N, F) to few components."""
    if inputs.ndim == 4:
        pooled, tests = pool(inputs, side), pool(test_inputs, side)
        grey = " grey" if inputs.shape[1] > 1 else ""
        description, shape = f"{pooled.shape[1]} × {pooled.shape[2]}{grey}", pooled.shape[1:]
        train, test = _standardize(_flatten(pooled), _flatten(tests), per_column=False)
    else:
        train, test = _standardize(
            inputs.astype(np.float64), test_inputs.astype(np.float64), per_column=True
        )
        description = f"{train.shape[1]} columns" if train.shape[1] > 1 else "1 column"
        if train.shape[1] > MAX_COLUMNS:
            train, test = _project(train, test)
            description = f"{train.shape[1]} principal components"
        shape = train.shape[1:]
    return Reduced(
        inputs=train.astype(np.float32),
        test_inputs=test.astype(np.float32),
        shape=tuple(shape),
        description=description,
    )


def pool(images: np.ndarray, side: float) -> np.ndarray:
    """(N, C, H, W) -> (N, H/a, W/b): the mean over channels and a × b pixels. Of a length that a or
    b does not divide, the middle is used.
    """
    a, b = (max(1, round(length / side)) for length in images.shape[2:])
    n, c, height, width = images.shape
    top, left = height % a // 2, width % b // 2
    height, width = height // a, width // b
    cropped = images[:, :, top : top + height * a, left : left + width * b]
    return cropped.reshape(n, c, height, a, width, b).mean(axis=(1, 3, 5))


def _flatten(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)


def _standardize(
    train: np.ndarray, test: np.ndarray, *, per_column: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Subtract every column's mean, then divide by one standard deviation for all columns, or by
    its own.

    Without centring, some ReLU features of non-negative pixels are active (or inactive) for every
    image: the rank drops, and interpolation needs more than N = n features.
    """
    mean = train.mean(0)
    std = (train - mean).std(0 if per_column else None)
    std = np.where(std > 0, std, 1.0)
    return (train - mean) / std, (test - mean) / std


def _project(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project onto the leading principal components of up to 1000 training rows, divided by one
    standard deviation.
    """
    subset = train[:: max(1, len(train) // 1000)]
    _, _, directions = np.linalg.svd(subset, full_matrices=False)
    directions = directions[:COMPONENTS].T
    train, test = train @ directions, test @ directions
    return train / (scale := train.std() or 1.0), test / scale
