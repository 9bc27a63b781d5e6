"""Reduce: pictures pooled to few grey pixels, wide rows to few principal components, all centred
and scaled by the training rows. Numpy only.
"""

from dataclasses import dataclass

import numpy as np

WIDEST = 100  # columns of a row before it is projected
COMPONENTS = 64


@dataclass(frozen=True)
class Reduced:
    """Inputs (M, d) and (T, d) float32, `shape` (H, W) or (d,), and `form`, the shape in words."""

    inputs: np.ndarray
    test_inputs: np.ndarray
    shape: tuple[int, ...]
    form: str


def reduce(inputs: np.ndarray, test_inputs: np.ndarray, side: float) -> Reduced:
    """Pictures (N, C, H, W) to about `side` pixels a side, or rows (N, F) to at most WIDEST."""
    if inputs.ndim == 4:
        pooled, tests = pool(inputs, side), pool(test_inputs, side)
        grey = " grey" if inputs.shape[1] > 1 else ""
        form, shape = f"{pooled.shape[1]}×{pooled.shape[2]}{grey}", pooled.shape[1:]
        train, test = _centre(_flat(pooled), _flat(tests), each=False)
    else:
        train, test = _centre(inputs.astype(np.float64), test_inputs.astype(np.float64), each=True)
        form = f"{train.shape[1]} columns" if train.shape[1] > 1 else "1 column"
        if train.shape[1] > WIDEST:
            train, test = _project(train, test)
            form = f"{train.shape[1]} principal components"
        shape = train.shape[1:]
    return Reduced(train.astype(np.float32), test.astype(np.float32), tuple(shape), form)


def pool(pictures: np.ndarray, side: float) -> np.ndarray:
    """(N, C, H, W) -> (N, H/a, W/b): the mean over channels and a×b pixels; of an edge that a or b
    does not divide, the middle.
    """
    a, b = (max(1, round(length / side)) for length in pictures.shape[2:])
    n, c, height, width = pictures.shape
    top, left = height % a // 2, width % b // 2
    height, width = height // a, width // b
    kept = pictures[:, :, top : top + height * a, left : left + width * b]
    return kept.reshape(n, c, height, a, width, b).mean(axis=(1, 3, 5))


def _flat(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(len(pictures), -1)


def _centre(train: np.ndarray, test: np.ndarray, *, each: bool) -> tuple[np.ndarray, np.ndarray]:
    """Every column's mean taken off, then divided by one deviation for all columns, or by its own.

    Without centring, some ReLU features of non-negative pixels are on (or off) for every picture:
    the rank drops, and interpolation comes later than at N = n.
    """
    mean = train.mean(0)
    deviation = (train - mean).std(0 if each else None)
    deviation = np.where(deviation > 0, deviation, 1.0)
    return (train - mean) / deviation, (test - mean) / deviation


def _project(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """On the leading principal components of up to 1000 training rows, divided by one deviation."""
    some = train[:: max(1, len(train) // 1000)]
    _, _, directions = np.linalg.svd(some, full_matrices=False)
    directions = directions[:COMPONENTS].T
    train, test = train @ directions, test @ directions
    return train / (scale := train.std() or 1.0), test / scale
