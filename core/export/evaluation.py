"""The results of the tab Mistakes as spreadsheets: user text in them is never a formula."""

from typing import Any, Literal

from core.analysis.mistakes.most_confident import describe_columns
from core.base.cells import csv_text

Result = dict[str, Any]
SCORES = ("precision", "recall", "f1")


def confusion_csv(result: Result) -> str:
    """Return the confusion matrix: one row per true class, one column per predicted class."""
    names = result["names"]
    rows = [[name, *counts] for name, counts in zip(names, result["counts"], strict=True)]
    return csv_text(["true class", *names], rows)


def class_scores_csv(result: Result) -> str:
    """Return the scores of each class with the ends of their 95 % intervals, and the averages."""
    ends = [title for score in SCORES for title in interval_titles(score)]
    rows = [
        [name, scores["support"], scores["predicted"]]
        + [value for score in SCORES for value in scores[score] or [None] * 3]
        for name, scores in zip(result["names"], result["classes"], strict=True)
    ]
    for average, scores in result["averages"].items():
        values = [value for score in SCORES for value in (scores[score], None, None)]
        rows.append([f"{average} average", result["samples"], None, *values])
    return csv_text(["class", "samples", "predicted", *ends], rows)


def mistakes_csv(result: Result) -> str:
    """Return one row per mistake: its row in its spreadsheet, its classes and probability, the
    rows of its nearest training samples, and its most influential columns.
    """
    names = result["names"]
    rows = []
    for i in range(min(result["wrong"], len(result["rows"]))):
        near = result["neighbour_numbers"][i] if i < len(result["neighbours"]) else []
        why = describe_columns(result, i) if i < len(result["columns"]) else ""
        truth, guess = names[result["true"][i]], names[result["predicted"][i]]
        places = " ".join(map(str, near))
        rows.append([result["row_numbers"][i], truth, guess, result["probability"][i], places, why])
    head = ["row", "true", "predicted", "probability", "nearest_training_rows"]
    return csv_text([*head, "influential_columns"], rows)


def residuals_csv(result: Result) -> str:
    """Return one row per listed prediction: its row in its spreadsheet, its true and predicted
    value, and its most influential columns.
    """
    rows = []
    for i, row in enumerate(result["row_numbers"]):
        why = describe_columns(result, i) if result["columns"] else ""
        values = (single(result[name][i]) for name in ("true", "predicted"))
        rows.append([row, *values, why])
    return csv_text(["row", "true", "predicted", "influential_columns"], rows)


def suspicious_csv(result: Result) -> str:
    """Return one row per suspicious training sample: its row in its spreadsheet, its given and
    suggested label, its area under the margin, how often it was forgotten, and its visits.
    """
    names = result["classes"]
    rows = [
        [row["number"], names[row["given"]], names[row["suggested"]]]
        + [row[name] for name in ("area", "forgotten", "visits")]
        for row in result["rows"]
    ]
    return csv_text(["row", "given", "suggested", "area", "forgotten", "visits"], rows)


def calibration_csv(result: Result, bins: Literal["width", "mass"]) -> str:
    """Return one row per bin of the network as trained and, if there is one, with the temperature:
    its samples, mean confidence, and accuracy with the ends of its 95 % interval.
    """
    states = {"as trained": result["before"], "with temperature": result["after"]}
    rows = [
        [name, bin["count"], bin["confidence"], *bin["accuracy"]]
        for name, state in states.items()
        if state
        for bin in state[bins]["bins"]
    ]
    return csv_text(["network", "samples", "confidence", *interval_titles("accuracy")], rows)


def curve_csv(points: list[list[float]], x: str, y: str) -> str:
    """Return the points of a curve over all thresholds: its two axes (2, n)."""
    return csv_text([x, y], zip(*points, strict=True))


def pairs_csv(true: list[float], predicted: list[float]) -> str:
    """Return true and predicted values (n,), with the residual true − predicted."""
    pairs = zip(true, predicted, strict=True)
    rows = ([single(value) for value in (t, p, t - p)] for t, p in pairs)
    return csv_text(["true", "predicted", "residual"], rows)


def single(value: float) -> float:
    """Return the value with the digits of single precision, in which networks compute.

    >>> single(236912.01959975177)
    236912.0
    """
    return float(f"{value:.7g}")


def interval_titles(name: str) -> list[str]:
    """Return the titles of a value and of the two ends of its interval."""
    return [name, f"{name}_low", f"{name}_high"]
