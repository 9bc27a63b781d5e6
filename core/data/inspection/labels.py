"""Labels: from what stands in a column to class numbers from 0 and their names, or to values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip, counted, few
from core.data.inspection.balance import balance
from core.data.inspection.finding import Finding
from core.data.inspection.tasks import MOST_CLASSES, Task, check_values, decide


@dataclass(frozen=True)
class Labels:
    """`targets` (N,): int64 from 0, `classes[target]` the name; or float32 values, no classes."""

    targets: np.ndarray
    classes: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def task(self) -> Task:
        """What they are."""
        return "values" if self.targets.dtype.kind == "f" else "classes"


def read_labels(
    cells: np.ndarray,
    *,
    name: str,
    first_row: int,
    classes: Sequence[str] | None = None,
    task: str = "auto",
    title: str = "",
    table: bool = False,
) -> Labels:
    """Targets of a column of numbers or words, (N,); all in `classes` where those are given.

    Whole numbers keep their order and their own name, also when they start at 1; words are sorted.
    `task` as in Reading; `title` stands above the column, `table` says that the rows are no
    pictures. Raises BadData.
    """
    values = _numbers(cells, name, first_row) if cells.dtype.kind == "O" else cells
    if values.dtype.kind == "O":
        if task == "values":
            raise BadData(
                f"{name}, row {first_row} has the label {clip(str(values[0]))!r}, and values are "
                "numbers: read the labels as classes.",
                ({"task": "classes"},),
            )
        ids, names, findings = _words(values)
    else:
        known, ids = np.unique(values, return_inverse=True)
        what, said = decide(known, len(values), wanted=task, title=title, table=table)
        findings = [said] if said else []
        if what == "values":
            return Labels(check_values(values, name), (), tuple(findings))
        names = tuple(f"{label:.12g}" for label in known.tolist())
        findings += _base(known)
    ids = ids.astype(np.int64).reshape(-1)
    if classes is not None:
        return Labels(_as_in(ids, names, classes, name, first_row), tuple(classes), ())
    _check_classes(names, len(ids), name)
    return Labels(ids, names, (*findings, *balance(ids, names)))


def _words(cells: np.ndarray) -> tuple[np.ndarray, tuple[str, ...], list[Finding]]:
    words = [str(cell).strip() for cell in cells]
    names = tuple(sorted(set(words)))  # np.unique would give every word the longest one's room
    place = {word: index for index, word in enumerate(names)}
    said = f"The labels are words; the classes stand in their sorted order: {few(names)}."
    return np.array([place[word] for word in words]), names, [Finding("label_text", "ok", said)]


def _check_classes(names: Sequence[str], rows: int, name: str) -> None:
    if len(names) < 2:
        raise BadData(
            f"{name} has one class only ({clip(names[0])!r}): two or more are needed to "
            "learn to tell them apart."
        )
    if len(names) > MOST_CLASSES:
        raise BadData(
            f"{name} has {whole(len(names))} different labels in {counted(rows, 'row')}, at most "
            f"{whole(MOST_CLASSES)} classes are read: check that this is the label column."
        )


def _numbers(cells: np.ndarray, name: str, first_row: int) -> np.ndarray:
    """The column as float64 if it holds numbers; few strange cells among them are no classes."""
    strange = []
    values = np.zeros(len(cells))
    for place, cell in enumerate(cells):
        try:
            values[place] = float(cell)
        except ValueError:
            strange.append(place)
    strange += np.flatnonzero(~np.isfinite(values)).tolist()
    if not strange:
        return values
    if len(strange) * 10 > len(cells):
        return cells
    cell = clip(str(cells[min(strange)]))
    rule = f"has the label {cell!r} among numbers: correct it, or take the row out"
    raise BadData(f"{name}, row {first_row + min(strange)} {rule}.")


def _base(known: np.ndarray) -> list[Finding]:
    """Where whole labels start, and which are left out."""
    if (known % 1).any():
        return []
    low, high = int(known[0]), int(known[-1])
    findings = []
    if low != 0:
        level = "warn" if low < 0 else "info"
        said = f"Labels run from {low} to {high}; they keep their names, and nothing is shifted."
        findings.append(Finding("label_base", level, said, evidence={"low": low, "high": high}))
    missing = high - low + 1 - len(known)
    if 0 < missing <= len(known):
        gaps = sorted(set(range(low, high)) - {int(k) for k in known})
        said = f"No row has the label {few([str(g) for g in gaps])}; the others keep their names."
        findings.append(Finding("missing_classes", "warn", said, evidence={"missing": gaps}))
    return findings


def _as_in(
    ids: np.ndarray, names: Sequence[str], classes: Sequence[str], name: str, first_row: int
) -> np.ndarray:
    place = {label: index for index, label in enumerate(classes)}
    strange = [index for index, label in enumerate(names) if label not in place]
    if strange:
        row = first_row + int(np.flatnonzero(np.isin(ids, strange))[0])
        label = clip(names[int(ids[row - first_row])])
        raise BadData(
            f"{name}, row {row} has the label {label!r}, which no training row has: use "
            "the same classes in both."
        )
    return np.array([place[label] for label in names], np.int64)[ids]
