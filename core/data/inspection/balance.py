"""Class balance and row order: how many rows each class has, and whether rows are sorted."""

from collections.abc import Sequence

import numpy as np

from core.base.finding import Action, Finding
from core.base.numbers import percent, short, whole
from core.base.text import clip, counted, few

IMBALANCED = 3  # rows of the largest class per row of the smallest from which a finding is made …
VERY_IMBALANCED = 10  # … and from which it is a warning
SCARCE = 5  # rows per class on average below which the parts of a split lack classes
MIN_SORTED_ROWS = 20  # rows from which a sorted order cannot be chance


def check_balance(ids: np.ndarray, names: Sequence[str]) -> list[Finding]:
    """Return findings on the number and the balance of classes; `ids` (N,) index `names`."""
    sizes = np.bincount(ids, minlength=len(names))
    text = f"{counted(len(names), 'class')}: {few(names)}."
    findings = [Finding("classes", "ok", text, {"classes": len(names)})]
    if imbalance := _check_sizes(sizes, len(ids), names):
        findings.append(imbalance)
    return findings


def _check_sizes(sizes: np.ndarray, rows: int, names: Sequence[str]) -> Finding | None:
    classes = len(sizes)
    evidence = {"classes": classes, "rows": rows}
    if 2 * classes > rows:
        text = (
            f"{counted(classes, 'class')} in {counted(rows, 'row')}: the labels look like row "
            "numbers, names or measured values. A class with a single row cannot be learned. "
            "Choose another label column, or read numeric labels as values."
        )
        action = Action("Read labels as values", {"task": "values"}) if _numeric(names) else None
        return Finding("own_class", "warn", text, evidence, action)
    if rows < SCARCE * classes:
        text = (
            f"Each class has {short(rows / classes)} rows on average, too few for training, "
            "validation and testing. Add rows or merge classes."
        )
        return Finding("few_rows", "warn", text, evidence)
    small, large = int(sizes.argmin()), int(sizes.argmax())
    least, most = int(sizes[small]), int(sizes[large])
    if most < IMBALANCED * least and least >= 3:
        return None
    fraction = most / rows
    text = (
        f"The classes are imbalanced: {clip(names[small])!r} has {counted(least, 'row')}, "
        f"{clip(names[large])!r} has {whole(most)}. Always predicting {clip(names[large])!r} "
        f"would be correct for {percent(fraction)} of the rows. Compare the accuracy with this "
        "baseline, or use class-balanced sampling."
    )
    level = "warn" if most >= VERY_IMBALANCED * least or least < 3 else "info"
    numbers = {"smallest": least, "largest": most, "share_of_largest": fraction}
    return Finding("imbalance", level, text, numbers)


def _numeric(names: Sequence[str]) -> bool:
    try:
        return bool([float(name) for name in names])
    except ValueError:
        return False


def check_order(targets: np.ndarray, *, classes: bool) -> list[Finding]:
    """Return a finding if the rows are sorted by their target (N,).

    Splitting off the first rows of a sorted file would miss whole classes.
    """
    if len(targets) < MIN_SORTED_ROWS:
        return []
    step = np.diff(targets)
    if classes:
        fractions = np.bincount(targets) / len(targets)
        expected = len(targets) * (1 - (fractions**2).sum())  # class changes in a random order
        changes = int((step != 0).sum())
        is_sorted = expected >= 10 and changes <= 0.1 * expected
        evidence = {"changes": changes, "expected": round(float(expected))}
        key = "class"
    else:
        ups, downs = int((step > 0).sum()), int((step < 0).sum())
        is_sorted = min(ups, downs) <= 0.02 * len(step)
        evidence = {"ups": ups, "downs": downs}
        key = "target value"
    if not is_sorted:
        return []
    text = f"Rows are sorted by {key}. Splits are shuffled, so no action is needed."
    return [Finding("order", "info", text, evidence)]
