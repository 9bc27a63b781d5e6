"""The last hidden layer of a trained network in two dimensions."""

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh

from core.analysis.analysis import Analysis, Answering, Result, predicting
from core.analysis.trained import TrainedRun
from core.base.numbers import percent_parts, whole
from core.runs.measured import NAMES

POINTS = 10_000  # shown at most, evenly spaced over the part
MISTAKES = 500  # listed at most
DENSE = 2048  # rows or units up to which the matrix of their products is computed
BLOCK = 2**22  # values


class Embedding(Analysis):
    """The representation of every sample in the last hidden layer, projected on its two principal
    components, with the fraction of the variance that each explains.
    """

    kind: Literal["embedding"] = "embedding"
    label: ClassVar[str] = "Embedding of the last hidden layer"
    technique: ClassVar[str] = "V7"
    source: ClassVar[str] = "Pearson 1901"
    formula: ClassVar[str] = r"Z = (H - \bar h) V_2,\; H - \bar h = U S V^\top"
    part: Literal["train", "validation", "test"] = "test"

    def answer(self, trained: TrainedRun) -> Answering:
        outputs = yield from predicting(trained, self.part, end=0.6)
        yield 0.6, "Computing principal components"
        points, explained = principal_components(outputs.hidden)
        count = len(points)
        shown = np.unique(np.linspace(0, count - 1, min(POINTS, count)).round().astype(int))
        result = {
            "part": self.part,
            "samples": count,
            "width": outputs.hidden.shape[1],
            "explained": explained.tolist(),
            "classes": list(trained.classes),
            "rows": shown.tolist(),
            "dataset_rows": np.asarray(trained.dataset_rows(self.part))[shown].tolist(),
            "points": np.round(points[shown], 4).tolist(),
            "true": _plain(outputs.targets[shown]),
            "predicted": _plain(outputs.predicted[shown]),
        }
        if not trained.classes:
            errors = np.abs(outputs.predicted - outputs.targets)
            return result | {"mistakes": np.argsort(-errors)[:MISTAKES].tolist()}
        sure = outputs.probabilities.max(1)
        wrong = np.flatnonzero(outputs.predicted != outputs.targets)
        worst = wrong[np.argsort(-sure[wrong], kind="stable")]
        return result | {
            "probability": np.round(sure[shown], 4).tolist(),
            "wrong": len(wrong),
            "mistakes": worst[:MISTAKES].tolist(),
        }

    def lines(self, result: Result) -> list[str]:
        (first, second), both = percent_parts(result["explained"])
        return [
            f"{whole(result['samples'])} samples of the {NAMES[result['part']]} set, "
            f"{result['width']} hidden units",
            f"Two principal components explain {both} of the variance ({first} + {second})",
        ]


def principal_components(hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the projection (N, 2) of rows (N, H) on the two directions of largest variance, and
    the fraction of the variance (2,) that each explains (Pearson 1901).

    The directions are the first singular vectors V of the centred rows X, as eigenvectors of XᵀX:
    computed directly, or from XXᵀ for few rows, or by Lanczos iterations to machine precision
    where both would be large. The sign of a component is such that its largest coordinate is
    positive.
    """
    x = CentredRows(hidden)
    rows, width = hidden.shape
    points, explained = np.zeros((rows, 2)), np.zeros(2)
    if not x.variance:
        return points, explained
    count = min(2, rows, width)
    if min(rows, width) > DENSE:
        start = np.random.default_rng(0).normal(size=width)
        values, vectors = eigsh(LinearOperator((width, width), x.squared, dtype=float), 2, v0=start)
        scores = x.times(vectors)
    elif width <= DENSE:
        values, vectors = eigh(x.inner(), subset_by_index=[width - count, width - 1])
        scores = x.times(vectors)
    else:
        values, vectors = eigh(x.outer(), subset_by_index=[rows - count, rows - 1])
        scores = vectors * np.sqrt(values.clip(0))
    scores, values = scores[:, ::-1], values[::-1].clip(0)
    largest = scores[np.abs(scores).argmax(0), np.arange(count)]
    points[:, :count] = scores * np.where(largest < 0, -1, 1)
    explained[:count] = values / x.variance
    return points, explained


class CentredRows:
    """The centred rows X (N, H) in float64, of which only BLOCK values are in memory at a time."""

    def __init__(self, hidden: np.ndarray):
        self.hidden = hidden
        self.mean = hidden.mean(0, dtype=np.float64)
        self.variance = sum(np.square(block).sum() for block in self.rows())

    def rows(self) -> Iterator[np.ndarray]:
        """Yield X in blocks of rows."""
        size = max(1, BLOCK // self.hidden.shape[1])
        for start in range(0, len(self.hidden), size):
            yield self.hidden[start : start + size] - self.mean

    def inner(self) -> np.ndarray:
        """Return XᵀX (H, H)."""
        return sum(block.T @ block for block in self.rows())

    def outer(self) -> np.ndarray:
        """Return XXᵀ (N, N)."""
        size = max(1, BLOCK // len(self.hidden))
        blocks = (slice(k, k + size) for k in range(0, self.hidden.shape[1], size))
        columns = (self.hidden[:, block] - self.mean[block] for block in blocks)
        return sum(block @ block.T for block in columns)

    def squared(self, v: np.ndarray) -> np.ndarray:
        """Return XᵀXv (H,)."""
        return sum(block.T @ (block @ v.ravel()) for block in self.rows())

    def times(self, vectors: np.ndarray) -> np.ndarray:
        """Return XV (N, k)."""
        return np.concatenate([block @ vectors for block in self.rows()])


def _plain(values: np.ndarray) -> list:
    """Return class numbers, or values with about six digits."""
    return values.tolist() if values.dtype.kind == "i" else [float(f"{v:.6g}") for v in values]
