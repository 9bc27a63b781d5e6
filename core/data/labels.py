"""Labels: from what stands in a column to class numbers from 0 and the names of the classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.data.finding import Finding
from core.data.wording import clip, counted
from core.errors import BadData
from core.numbers import whole

MOST_CLASSES = 1000
MOST_FRACTIONS = 20  # different labels with decimals that still pass for classes
UNEVEN = 10  # the largest class has this many times the pictures of the smallest: said


@dataclass(frozen=True)
class Labels:
    """`ids` (N,) int64 from 0; `classes[id]` is the name."""

    ids: np.ndarray
    classes: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_labels(
    cells: np.ndarray, *, name: str, first_row: int, classes: Sequence[str] | None = None
) -> Labels:
    """Class numbers of a column of numbers or words, (N,); all in `classes` where those are given.

    Whole numbers keep their order and their own name, also when they start at 1; words are sorted.
    Raises BadData.
    """
    values = _numbers(cells, name, first_row) if cells.dtype.kind == "O" else cells
    findings: list[Finding] = []
    if values.dtype.kind == "O":
        words = [str(value).strip() for value in values]
        names = tuple(sorted(set(words)))  # np.unique would give every word the longest one's room
        place = {word: index for index, word in enumerate(names)}
        ids = np.array([place[word] for word in words])
        said = f"The labels are words; the classes stand in their sorted order: {_few(names)}."
        findings.append(Finding("label_text", "info", said))
    else:
        known, ids = np.unique(values, return_inverse=True)
        names = tuple(f"{label:.12g}" for label in known.tolist())
        _check_whole(values, known, name, first_row)
        findings += _base(known)
    if classes is not None:
        return Labels(_as_in(ids, names, classes, name, first_row), tuple(classes), ())
    if len(names) < 2:
        raise BadData(
            f"{name} has one class only ({clip(names[0])!r}): two or more are needed to "
            "learn to tell them apart."
        )
    if len(names) > MOST_CLASSES:
        raise BadData(
            f"{name} has {whole(len(names))} different labels in "
            f"{counted(len(ids), 'row')}, at most "
            f"{whole(MOST_CLASSES)} classes are read: check that this is the label column."
        )
    return Labels(ids.astype(np.int64).reshape(-1), names, (*findings, *_balance(ids, names)))


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
    rule = f"has the label {cell!r} among numbers: correct it, or take the picture out"
    raise BadData(f"{name}, row {first_row + min(strange)} {rule}.")


def _check_whole(values: np.ndarray, known: np.ndarray, name: str, first_row: int) -> None:
    if values.dtype.kind == "f" and len(known) > MOST_FRACTIONS and (known % 1).any():
        place = int(np.flatnonzero(values % 1)[0])
        raise BadData(
            f"{name}, row {first_row + place} has the label {values[place]:g}, one of "
            f"{whole(len(known))} different "
            "ones with decimals, and classes are whole numbers or words: give class labels."
        )


def _base(known: np.ndarray) -> list[Finding]:
    """Where whole labels start, and which are left out."""
    if (known % 1).any():
        return []
    low, high = int(known[0]), int(known[-1])
    findings = []
    if low != 0:
        level = "warn" if low < 0 else "info"
        said = f"The labels start at {low}, run to {high} and keep their names."
        findings.append(Finding("label_base", level, said))
    missing = high - low + 1 - len(known)
    if 0 < missing <= len(known):
        gaps = sorted(set(range(low, high)) - {int(k) for k in known})
        findings.append(
            Finding(
                "classes",
                "warn",
                f"No picture has the label {_few([str(g) for g in gaps])}; the others count "
                "up without it.",
            )
        )
    return findings


def _balance(ids: np.ndarray, names: Sequence[str]) -> list[Finding]:
    sizes = np.bincount(ids.reshape(-1), minlength=len(names))
    small, large = int(sizes.argmin()), int(sizes.argmax())
    findings = [Finding("classes", "ok", f"{counted(len(names), 'class')}: {_few(names)}.")]
    if sizes[large] >= UNEVEN * sizes[small] or sizes[small] < 3:
        few = f"{clip(names[small])!r} has {counted(int(sizes[small]), 'picture')}"
        many = f"{clip(names[large])!r} has {whole(int(sizes[large]))}"
        findings.append(
            Finding(
                "imbalance",
                "warn",
                f"The classes are uneven: {few}, {many}; accuracy hides how the small ones fare.",
            )
        )
    return findings


def _as_in(
    ids: np.ndarray, names: Sequence[str], classes: Sequence[str], name: str, first_row: int
) -> np.ndarray:
    place = {label: index for index, label in enumerate(classes)}
    strange = [index for index, label in enumerate(names) if label not in place]
    if strange:
        row = first_row + int(np.flatnonzero(np.isin(ids, strange))[0])
        label = clip(names[int(ids.reshape(-1)[row - first_row])])
        raise BadData(
            f"{name}, row {row} has the label {label!r}, which no training picture has: use "
            "the same classes in both."
        )
    return np.array([place[label] for label in names], np.int64)[ids.reshape(-1)]


def _few(names: Sequence[str]) -> str:
    shown = [clip(name) for name in names]
    return ", ".join(shown if len(shown) <= 12 else [*shown[:10], "…", shown[-1]])
