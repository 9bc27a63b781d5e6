"""The last hidden layer of a trained network in two dimensions."""

from typing import ClassVar, Literal

import numpy as np
from scipy.linalg import eigh

from core.analysis.analysis import Analysis, Answering, Result, predicting
from core.analysis.trained import TrainedRun
from core.base.numbers import percent, whole

POINTS = 10_000  # shown at most, evenly spaced over the part
MISTAKES = 500  # listed at most


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
        first, second = result["explained"]
        return [
            f"{whole(result['samples'])} samples of the {result['part']} set, "
            f"{result['width']} hidden units",
            f"Two principal components explain {percent(first + second)} of the variance "
            f"({percent(first)} + {percent(second)})",
        ]


def principal_components(hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the projection (N, 2) of rows (N, H) on the two directions of largest variance, and
    the fraction of the variance (2,) that each explains (Pearson 1901).

    They are the singular vectors of the centred rows, computed exactly from the smaller of the two
    matrices XᵀX (H, H) and XXᵀ (N, N) in float64. The sign of a component is such that its largest
    coordinate is positive.
    """
    x = hidden.astype(np.float64)
    x -= x.mean(0)
    total, (rows, width) = np.square(x).sum(), x.shape
    points, explained = np.zeros((rows, 2)), np.zeros(2)
    size = min(rows, width)
    if not total:
        return points, explained
    count = min(2, size)
    gram = x.T @ x if width <= rows else x @ x.T
    values, vectors = eigh(gram, subset_by_index=[size - count, size - 1])
    values, vectors = values[::-1].clip(0), vectors[:, ::-1]
    scores = x @ vectors if width <= rows else vectors * np.sqrt(values)
    largest = scores[np.abs(scores).argmax(0), np.arange(count)]
    points[:, :count] = scores * np.where(largest < 0, -1, 1)
    explained[:count] = values / total
    return points, explained


def _plain(values: np.ndarray) -> list:
    """Return class numbers, or values with about six digits."""
    return values.tolist() if values.dtype.kind == "i" else [float(f"{v:.6g}") for v in values]
