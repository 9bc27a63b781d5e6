"""Task: decide whether numeric labels are classes to distinguish or values to predict."""

from typing import Literal

import numpy as np

from core.base.errors import BadData
from core.base.finding import Action, Finding
from core.base.numbers import short, whole
from core.base.text import clip, counted

Task = Literal["classes", "values"]
MAX_CLASSES = 1000
MANY = 20  # different whole numbers from which they may be amounts
VALUE_TITLES = (
    "price", "value", "score", "age", "income", "weight", "height", "length", "size", "amount",
    "cost", "salary", "temperature", "time", "duration", "count", "progression", "medv",
    "medhousevalue", "median_house_value", "saleprice", "mpg", "charges", "strength",
)  # fmt: skip


def decide_task(
    labels: np.ndarray, rows: int, *, wanted: str = "auto", title: str = "", table: bool = False
) -> tuple[Task, Finding | None]:
    """Decide the task from the different labels (K,), sorted, of `rows` rows under this title.

    The finding is None if nothing is in doubt.
    """
    evidence = {"different": len(labels), "rows": rows}
    if wanted == "values":
        text = f"The labels are values to predict{_range(labels)}."
        return "values", Finding("task", "ok", text, {"task": "values", **evidence})
    if wanted == "classes":
        return "classes", None
    decimals = bool((labels % 1).any())
    many = len(labels) > MANY
    sparse = float(labels[-1]) - float(labels[0]) >= 2 * len(labels)
    mostly_unique = 2 * len(labels) > rows
    named = title.lower().replace(" ", "_") in VALUE_TITLES and len(labels) > 10
    few_each = many and (mostly_unique or (sparse and rows < 10 * len(labels)))
    if decimals or few_each or named or len(labels) > MAX_CLASSES:
        return "values", _values_finding(
            labels, rows, decimals=decimals, title=title if named else ""
        )
    if many or (table and len(labels) > 5):
        text = (
            f"The labels are {whole(len(labels))} different whole numbers{_range(labels)} and are "
            "read as classes. If they are amounts, read them as values."
        )
        action = Action("Read labels as values", {"task": "values"})
        return "classes", Finding("task", "info", text, {"task": "classes", **evidence}, action)
    return "classes", None


def _values_finding(labels: np.ndarray, rows: int, *, decimals: bool, title: str) -> Finding:
    """Return the reason for reading values, with the way back if there are few enough classes."""
    evidence = {"different": len(labels), "rows": rows, "low": labels[0], "high": labels[-1]}
    evidence = {"task": "values"} | {key: float(value) for key, value in evidence.items()}
    few_enough = 2 <= len(labels) <= MAX_CLASSES
    action = Action("Read labels as classes", {"task": "classes"}) if few_enough else None
    if not decimals and len(labels) == rows and int(labels[-1]) - int(labels[0]) + 1 == rows:
        text = (
            f"Every row has a different label{_range(labels)}, as if the rows were numbered. "
            "Check that this is the label column."
        )
        return Finding("task", "warn", text, evidence, action)
    if title:
        reason = f"the column title {clip(title)!r} names an amount"
    elif decimals:
        reason = f"they have decimals (such as {short(float(labels[labels % 1 != 0][0]), 4)})"
    else:
        reason = f"there are {whole(len(labels))} different numbers in {counted(rows, 'row')}"
    text = f"The labels are read as values to predict{_range(labels)}, because {reason}."
    return Finding("task", "info", text, evidence, action)


def _range(labels: np.ndarray) -> str:
    return f" ({short(float(labels[0]), 4)} to {short(float(labels[-1]), 4)})"


def check_values(values: np.ndarray, name: str) -> np.ndarray:
    """Return the values (N,) as float32. Raises BadData if they are all equal."""
    targets = values.astype(np.float32)
    if (targets == targets[0]).all():
        raise BadData(
            f"{name} has the value {values[0]:g} in every row. Predicting values needs at least "
            "two different ones: check the label column.",
            code="constant_values",
        )
    return targets
