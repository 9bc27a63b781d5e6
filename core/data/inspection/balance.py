"""Balance: how many rows each class has, and in what order they stand. Findings only."""

from collections.abc import Sequence

import numpy as np

from core.base.numbers import percent, short, whole
from core.base.text import clip, counted, few
from core.data.inspection.finding import Finding

UNEVEN = 3  # the largest class has this many times the rows of the smallest: said
VERY_UNEVEN = 10  # … and warned of
SCARCE = 5  # rows of a class on average, below which no part has enough of each
ORDERED = 20  # rows from which an order is no chance


def balance(ids: np.ndarray, names: Sequence[str]) -> list[Finding]:
    """Of classes `ids` (N,) with these names: how many there are, and whether they are even."""
    sizes = np.bincount(ids, minlength=len(names))
    found = [Finding("classes", "ok", f"{counted(len(names), 'class')}: {few(names)}.")]
    if uneven := _uneven(sizes, len(ids), names):
        found.append(uneven)
    return found


def _uneven(sizes: np.ndarray, rows: int, names: Sequence[str]) -> Finding | None:
    classes = len(sizes)
    evidence = {"classes": classes, "rows": rows}
    if 2 * classes > rows:
        said = (
            f"{counted(classes, 'class')} for {counted(rows, 'row')}: the labels look like row "
            "numbers, names or values, and nothing can be learned of a class with one row."
        )
        fix = ({"task": "values"}, "Read as values") if _are_numbers(names) else (None, "")
        return Finding("own_class", "warn", said, *fix, evidence)
    if rows < SCARCE * classes:
        each = short(rows / classes)
        said = f"A class has {each} rows on average: too few to train on and to test each."
        return Finding("few_rows", "warn", said, evidence=evidence)
    small, large = int(sizes.argmin()), int(sizes.argmax())
    least, most = int(sizes[small]), int(sizes[large])
    if most < UNEVEN * least and least >= 3:
        return None
    share = most / rows
    said = (
        f"The classes are uneven: {clip(names[small])!r} has {counted(least, 'row')}, "
        f"{clip(names[large])!r} has {whole(most)}; always answering {clip(names[large])!r} "
        f"would be right in {percent(share)}."
    )
    level = "warn" if most >= VERY_UNEVEN * least or least < 3 else "info"
    numbers = {"smallest": least, "largest": most, "share_of_largest": share}
    return Finding("imbalance", level, said, evidence=numbers)


def _are_numbers(names: Sequence[str]) -> bool:
    try:
        return bool([float(name) for name in names])
    except ValueError:
        return False


def order(targets: np.ndarray, *, classes: bool) -> list[Finding]:
    """That rows stand sorted by their target, where they do: a split of the first rows would see
    some classes only.
    """
    if len(targets) < ORDERED:
        return []
    step = np.diff(targets)
    if classes:
        shares = np.bincount(targets) / len(targets)
        expected = len(targets) * (1 - (shares**2).sum())  # changes, in a drawn order
        changes = int((step != 0).sum())
        sorted_ = expected >= 10 and changes <= 0.1 * expected
        evidence = {"changes": changes, "expected": round(float(expected))}
        how = "Rows stand in order of their class"
    else:
        ups, downs = int((step > 0).sum()), int((step < 0).sum())
        sorted_ = min(ups, downs) <= 0.02 * len(step)
        evidence = {"ups": ups, "downs": downs}
        how = "Rows stand in order of their value"
    if not sorted_:
        return []
    said = f"{how}: a split without shuffling would be blind; this lab shuffles, so nothing to do."
    return [Finding("order", "info", said, evidence=evidence)]
