"""Tasks: whether numbers in a label column are classes to tell apart or values to predict."""

from typing import Literal

import numpy as np

from core.base.errors import BadData
from core.base.numbers import short, whole
from core.base.text import clip, counted
from core.data.inspection.finding import Finding

Task = Literal["classes", "values"]
MOST_CLASSES = 1000
MANY = 20  # different whole numbers from which they may be amounts
VALUE_TITLES = (
    "price", "value", "score", "age", "income", "weight", "height", "length", "size", "amount",
    "cost", "salary", "temperature", "time", "duration", "count", "progression", "medv",
    "medhousevalue", "median_house_value", "saleprice", "mpg", "charges", "strength",
)  # fmt: skip


def decide(
    known: np.ndarray, rows: int, *, wanted: str = "auto", title: str = "", table: bool = False
) -> tuple[Task, Finding | None]:
    """For the different numbers `known` (K,) sorted, of `rows` labels under this title.

    The finding is None where nothing is in doubt.
    """
    if wanted == "values":
        return "values", Finding("task", "ok", f"The labels are values to predict{_range(known)}.")
    if wanted == "classes":
        return "classes", None
    fractions = bool((known % 1).any())
    many = len(known) > MANY
    sparse = known[-1] - known[0] >= 2 * len(known)
    own = 2 * len(known) > rows
    named = title.lower().replace(" ", "_") in VALUE_TITLES and len(known) > 10
    few_each = many and (own or (sparse and rows < 10 * len(known)))
    if fractions or few_each or named or len(known) > MOST_CLASSES:
        return "values", _as_values(known, rows, fractions=fractions, title=title if named else "")
    if many or (table and len(known) > 5):
        return "classes", Finding(
            "task",
            "info",
            f"{whole(len(known))} different whole numbers{_range(known)} are read as classes; if "
            "they are amounts, read them as values.",
            {"task": "values"},
            "Read as values",
            {"different": len(known), "rows": rows},
        )
    return "classes", None


def _as_values(known: np.ndarray, rows: int, *, fractions: bool, title: str) -> Finding:
    """Why, and the way back where there are few enough for classes."""
    evidence = {"different": len(known), "rows": rows, "low": known[0], "high": known[-1]}
    evidence = {key: float(value) for key, value in evidence.items()}
    few_enough = 2 <= len(known) <= MOST_CLASSES
    back = ({"task": "classes"}, "Read as classes") if few_enough else (None, "")
    if not fractions and len(known) == rows and known[-1] - known[0] + 1 == rows:
        said = f"Every row has a label of its own{_range(known)}, as if the rows were counted"
        return Finding(
            "task", "warn", f"{said}: check that this is the label column.", *back, evidence
        )
    if title:
        why = f"The label column is called {clip(title)!r} and holds amounts"
    elif fractions:
        why = f"The labels have decimals, such as {short(float(known[known % 1 != 0][0]), 4)}"
    else:
        why = f"{counted(rows, 'label')} take {whole(len(known))} different whole numbers"
    said = f"{why}, so they are read as values to predict{_range(known)}."
    return Finding("task", "info", said, *back, evidence)


def _range(known: np.ndarray) -> str:
    return f" ({short(float(known[0]), 4)} to {short(float(known[-1]), 4)})"


def check_values(values: np.ndarray, name: str) -> np.ndarray:
    """(N,) float32. BadData where there is nothing to predict."""
    found = values.astype(np.float32)
    if (found == found[0]).all():
        raise BadData(
            f"{name} has the one value {values[0]:g} in every row: two or more are needed to "
            "learn to predict them."
        )
    return found
