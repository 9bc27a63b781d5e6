"""The confusion matrix: how often each class was predicted for samples of each class, and the
scores by class that follow from it.
"""

from typing import ClassVar, Literal

import numpy as np

from core.analysis.analysis import Analysis, Answering, Result, predicting
from core.analysis.mistakes.rates import as_text, f1_rate
from core.analysis.mistakes.suits import needs_classes
from core.analysis.trained import TrainedRun
from core.base.numbers import THIN, whole
from core.base.rates import Rate, rate
from core.base.settings import settings
from core.base.text import aligned, clip, counted
from core.data.dataset import Facts
from core.runs.measured import describe_rate
from core.runs.score import FORMS, Form

PAIRS = 10  # confused pairs that a terminal lists
SCORES = ("precision", "recall", "f1")


class Confusion(Analysis):
    """Counts of true and predicted classes on one part of the data, with precision, recall and F1
    of each class. Every rate has its 95 % Wilson interval.
    """

    kind: Literal["confusion"] = "confusion"
    label: ClassVar[str] = "Confusion matrix"
    technique: ClassVar[str] = "V6"
    source: ClassVar[str] = "Wilson 1927"
    version: ClassVar[int] = 2
    is_quick: ClassVar[bool] = True
    place: ClassVar[int] = 1
    part: Literal["train", "validation", "test"] = "test"

    def unsuitable(self, facts: Facts) -> str:
        return needs_classes(facts)

    def answer(self, trained: TrainedRun) -> Answering:
        outputs = yield from predicting(trained, self.part)
        counts = confusion_matrix(outputs.targets, outputs.predicted, len(trained.classes))
        return {"part": self.part, "names": list(trained.classes)} | class_scores(counts)

    def lines(self, result: Result) -> list[str]:
        names = [clip(name) for name in result["names"]]
        rows = [("Class", "Samples", "Precision", "Recall", "F1")]
        for name, scores in zip(names, result["classes"], strict=True):
            rows.append((name, whole(scores["support"]), *(as_text(scores[s]) for s in SCORES)))
        for average, scores in result["averages"].items():
            texts = (f"{100 * scores[s]:.1f}{THIN}%" for s in SCORES)
            rows.append((f"{average.capitalize()} average", whole(result["samples"]), *texts))
        pairs = [
            (f"{names[i]} → {names[j]}", whole(count), f"{as_text(share)} of class {names[i]}")
            for i, j, count, share in confused_pairs(result["counts"], PAIRS)
        ]
        return [
            f"{describe_score(result, settings().score)} on {counted(result['samples'], 'sample')}",
            "",
            *aligned(rows),
            *(["", "Most confused classes (true → predicted)", *aligned(pairs)] if pairs else []),
            *filter(None, [describe_other_pairs(result["counts"], PAIRS)]),
        ]


def confusion_matrix(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return how many samples of class i were predicted as class j, (C, C) int64."""
    pairs = classes * true.astype(np.int64) + predicted
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def class_scores(counts: np.ndarray) -> Result:
    """Return accuracy, the scores of each class and their averages from a confusion matrix (C, C).

    A score of no sample, such as the precision of a class that was never predicted, is None. The
    averages are over the classes that have samples; there, such a precision counts as 0.
    """
    right, support, predicted = np.diag(counts), counts.sum(1), counts.sum(0)
    classes = [
        {
            "support": int(n),
            "predicted": int(m),
            "precision": rate(int(k), int(m)),
            "recall": rate(int(k), int(n)),
            "f1": f1_rate(int(k), int(n + m - k)),
        }
        for k, n, m in zip(right, support, predicted, strict=True)
    ]
    present = [scores for scores in classes if scores["support"]]
    total = int(support.sum())

    def average(score: str, weights: list[float]) -> float:
        values = (scores[score][0] if scores[score] else 0.0 for scores in present)
        return float(sum(w * v for w, v in zip(weights, values, strict=True)))

    weights = {
        "macro": [1 / len(present)] * len(present),
        "weighted": [scores["support"] / total for scores in present],
    }
    return {
        "counts": counts.tolist(),
        "samples": total,
        "accuracy": rate(int(right.sum()), total),
        "classes": classes,
        "averages": {
            name: {score: average(score, each) for score in SCORES}
            for name, each in weights.items()
        },
    }


def describe_score(result: Result, form: Form) -> str:
    """Return error or accuracy with its interval: "Error 11.5 % (8.2 to 15.8)"."""
    value, low, high = result["accuracy"]
    shown = [value, low, high] if form == "accuracy" else [1 - value, 1 - high, 1 - low]
    return f"{FORMS[form]} {describe_rate(shown)}"


def describe_other_pairs(counts: list[list[int]], listed: int) -> str:
    """Return how many confused pairs are not among the first `listed` ones; empty if none.

    >>> describe_other_pairs([[5, 1, 0], [3, 4, 1], [0, 0, 2]], 2)
    '1 more pair of classes is not listed.'
    """
    others = len(confused_pairs(counts, len(counts) ** 2)) - listed
    verb = "is" if others == 1 else "are"
    return f"{counted(others, 'more pair')} of classes {verb} not listed." if others > 0 else ""


def confused_pairs(counts: list[list[int]], most: int) -> list[tuple[int, int, int, Rate]]:
    """Return at most `most` pairs of different classes that were confused, most frequent first:
    true class, predicted class, number of samples, and their fraction of the true class.
    """
    matrix = np.array(counts)
    np.fill_diagonal(matrix, 0)
    support = np.array(counts).sum(1)
    order = np.argsort(-matrix, axis=None, kind="stable")
    order = order[: min(most, np.count_nonzero(matrix))]
    pairs = zip(*(index.tolist() for index in np.unravel_index(order, matrix.shape)), strict=True)
    return [(i, j, int(matrix[i, j]), rate(int(matrix[i, j]), int(support[i]))) for i, j in pairs]
