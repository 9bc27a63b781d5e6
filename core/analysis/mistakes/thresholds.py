"""ROC and precision-recall curves of two classes: what other thresholds would give."""

from typing import ClassVar, Literal

import numpy as np
from scipy.stats import rankdata

from core.analysis.analysis import Analysis, Answering, Result, predicting
from core.analysis.mistakes.suits import needs_two_classes
from core.analysis.trained import TrainedRun
from core.base.numbers import short
from core.base.rates import Rate, Z
from core.base.text import clip, counted
from core.data.dataset import Facts
from core.runs.measured import NAMES

POINTS = 400  # of a curve that are drawn; the areas are those of all points


class Thresholds(Analysis):
    """The ROC curve (recall against the false-positive rate) and the precision-recall curve over
    all thresholds of the probability of one class, with their areas (Fawcett 2006; Davis &
    Goadrich 2006). The interval of the area under the ROC curve is that of DeLong et al. 1988.
    """

    kind: Literal["thresholds"] = "thresholds"
    label: ClassVar[str] = "ROC and precision-recall curves"
    technique: ClassVar[str] = "V6"
    source: ClassVar[str] = "Fawcett 2006; Davis & Goadrich 2006; DeLong et al. 1988"
    is_quick: ClassVar[bool] = True
    place: ClassVar[int] = 2
    part: Literal["train", "validation", "test"] = "test"

    def unsuitable(self, facts: Facts) -> str:
        return needs_two_classes(facts)

    def answer(self, trained: TrainedRun) -> Answering:
        outputs = yield from predicting(trained, self.part)
        logits = outputs.scores.astype(np.float64)
        curves = [curve(logits[:, c] - logits[:, 1 - c], outputs.targets == c) for c in range(2)]
        names = list(trained.classes)
        return {"part": self.part, "names": names, "samples": len(logits), "positive": curves}

    def lines(self, result: Result) -> list[str]:
        return [describe(result, positive) for positive in (1, 0)]


def describe(result: Result, positive: int) -> str:
    """Return the areas with `positive` as the positive class, or why there are none."""
    names, found = [clip(name) for name in result["names"]], result["positive"][positive]
    if found["roc_area"] is None:
        absent = positive if not found["positives"] else 1 - positive
        part = NAMES[result["part"]]
        return (
            f"The {part} set has no sample of class {names[absent]}, so there is no curve. Choose "
            "another set, or hold out more samples."
        )
    area, low, high = found["roc_area"]
    interval = f" ({short(low, 3)} to {short(high, 3)})" if low < high else ""
    return (
        f"Positive class {names[positive]}, {counted(found['positives'], 'sample')} of "
        f"{result['samples']}: area under the ROC curve {short(area, 3)}{interval}, average "
        f"precision {short(found['pr_area'], 3)}."
    )


def curve(scores: np.ndarray, positive: np.ndarray) -> Result:
    """Return both curves and their areas, from scores (N,) that grow with the probability of the
    positive class, and whether each sample is of it (N,). The areas are None where a class is
    missing.

    Samples of equal scores pass a threshold together. The area under the precision-recall curve is
    the average precision Σ (R_k − R_{k−1})·P_k.
    """
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return {"positives": positives, "roc_area": None, "pr_area": None, "roc": [], "pr": []}
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)  # of equal scores
    true = np.cumsum(positive[order])[last]
    false = last + 1 - true
    recall, precision = true / positives, true / (true + false)
    roc = [np.append(0.0, false / negatives), np.append(0.0, recall)]
    pr = [np.append(0.0, recall), np.append(precision[0], precision)]
    return {
        "positives": positives,
        "roc_area": roc_area(scores, positive),
        "pr_area": float(np.sum(np.diff(pr[0]) * precision)),
        "roc": _thinned(roc),
        "pr": _thinned(pr),
    }


def roc_area(scores: np.ndarray, positive: np.ndarray) -> Rate:
    """Return the probability that a positive sample has a higher score than a negative one, where
    ties count half, with its 95 % interval after DeLong et al. 1988: the variance of the mean
    placements of both classes, from ranks (Sun & Xu 2014).
    """
    m, n = int(positive.sum()), int((~positive).sum())
    ranks = rankdata(scores)
    above = (ranks[positive] - rankdata(scores[positive])) / n  # (m,) fraction of negatives below
    below = 1 - (ranks[~positive] - rankdata(scores[~positive])) / m  # (n,) of positives above
    area = float(above.mean())
    variance = sum(float(v.var(ddof=1)) / len(v) for v in (above, below) if len(v) > 1)
    half = Z * variance**0.5
    return [area, max(area - half, 0.0), min(area + half, 1.0)]


def _thinned(points: list[np.ndarray]) -> list[list[float]]:
    """Return at most about POINTS points of a curve, with both ends."""
    every = max(1, len(points[0]) // POINTS)
    rows = np.unique(np.append(np.arange(0, len(points[0]), every), len(points[0]) - 1))
    return [axis[rows].tolist() for axis in points]
