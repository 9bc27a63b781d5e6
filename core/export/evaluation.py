"""The results of an evaluation as spreadsheets: user text in them is never a formula."""

from typing import Any

from core.analysis.mistakes.most_confident import describe_columns
from core.export.cells import csv_text

Result = dict[str, Any]
SCORES = ("precision", "recall", "f1")


def class_scores_csv(result: Result) -> str:
    """Return the scores of each class with the ends of their 95 % intervals, and the averages."""
    ends = [f"{score}{end}" for score in SCORES for end in ("", "_low", "_high")]
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
    """Return one row per mistake: its row in the dataset (from 1), its classes and probability, the
    rows of its nearest training samples, and its most influential columns.
    """
    names = result["names"]
    rows = []
    for i in range(min(result["wrong"], len(result["rows"]))):
        near = result["neighbours"][i] if i < len(result["neighbours"]) else []
        why = describe_columns(result, i) if i < len(result["columns"]) else ""
        truth, guess = names[result["true"][i]], names[result["predicted"][i]]
        places = " ".join(str(row + 1) for row in near)
        rows.append([result["rows"][i] + 1, truth, guess, result["probability"][i], places, why])
    head = ["row", "true", "predicted", "probability", "nearest_training_rows"]
    return csv_text([*head, "influential_columns"], rows)


def residuals_csv(result: Result) -> str:
    """Return one row per listed prediction: its row in the dataset (from 1), its true and predicted
    value, and its most influential columns.
    """
    rows = [
        [row + 1, true, predicted, describe_columns(result, i) if result["columns"] else ""]
        for i, (row, true, predicted) in enumerate(
            zip(result["rows"], result["true"], result["predicted"], strict=True)
        )
    ]
    return csv_text(["row", "true", "predicted", "influential_columns"], rows)


def suspicious_csv(result: Result) -> str:
    """Return one row per suspicious training sample: its row in the dataset (from 1), its given and
    suggested label, its area under the margin, how often it was forgotten, and its visits.
    """
    names = result["classes"]
    rows = [
        [row["row"] + 1, names[row["given"]], names[row["suggested"]]]
        + [row[name] for name in ("area", "forgotten", "visits")]
        for row in result["rows"]
    ]
    return csv_text(["row", "given", "suggested", "area", "forgotten", "visits"], rows)
