"""Labels: from the cells of a column to class indices and names, or to values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip, counted, few
from core.data.inspection import variants
from core.data.inspection.balance import check_balance
from core.data.inspection.missing_marks import check_missing_marks, is_mark, missing_mark
from core.data.inspection.tasks import MAX_CLASSES, Task, check_values, decide_task
from core.data.spreadsheet.exact import LIMIT, integers, is_code

FAR = 10  # times the other labels from which 99 or 999 may mark missing ones


@dataclass(frozen=True)
class Labels:
    """`targets` (N,) are int64 indices into `classes`, or float32 values without classes."""

    targets: np.ndarray
    classes: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def task(self) -> Task:
        """Whether they are classes to predict or values."""
        return "values" if self.targets.dtype.kind == "f" else "classes"


def read_labels(
    cells: np.ndarray,
    *,
    name: str,
    rows: Sequence[int],
    classes: Sequence[str] | None = None,
    task: str = "auto",
    title: str = "",
    table: bool = False,
    merge: bool = False,
) -> Labels:
    """Decode a column of numbers or text, (N,), into targets.

    With `classes`, every label must be one of them. Numbers keep their order and name, also when
    they start at 1; text labels are sorted. `rows` are their row numbers in the file (N,), `task`
    is as in Reading, `title` is the column's, `table` is True if the rows are not images, and
    `merge` treats texts that differ only in case or spaces as one class. Raises BadData.
    """
    values = _numbers(cells, name, rows) if cells.dtype.kind == "O" else cells
    if values.dtype.kind == "O":
        if task == "values":
            raise BadData(
                f"{name}, row {rows[0]} has the label {clip(str(values[0]))!r}, but only numbers "
                "can be predicted as values. Read the labels as classes.",
                ({"task": "classes"},),
                code="label_not_numeric",
            )
        words = [str(cell).strip() for cell in values]
        if merge and classes is not None:
            words = variants.as_classes(words, classes)
        elif merge:
            words = variants.merged(words)
        ids, names, findings = _words(words)
        if classes is None:
            findings += variants.check_variants(words) + check_missing_marks(words)
    else:
        labels, ids = np.unique(values, return_inverse=True)
        decided, finding = decide_task(labels, len(values), wanted=task, title=title, table=table)
        findings = [finding] if finding else []
        if decided == "values":
            return Labels(check_values(values, name), (), tuple(findings))
        names = tuple(map(_class_name, labels))
        findings += _check_numbering(labels)
    ids = ids.astype(np.int64).reshape(-1)
    if classes is not None:
        return Labels(_match_classes(ids, names, classes, name, rows), tuple(classes), ())
    _check_classes(names, len(ids), name)
    return Labels(ids, names, (*findings, *check_balance(ids, names)))


def _class_name(label: np.number) -> str:
    """Return all digits of the number, and 3 rather than 3.0."""
    return str(int(label)) if label % 1 == 0 and -(2**63) <= label < 2**63 else str(label)


def _words(words: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...], list[Finding]]:
    names = tuple(sorted(set(words)))  # np.unique would pad every word to the longest one
    index = {word: i for i, word in enumerate(names)}
    text = f"The labels are text. The classes are in sorted order: {few(names)}."
    finding = Finding("label_text", "ok", text, {"classes": len(names)})
    return np.array([index[word] for word in words]), names, [finding]


def _check_classes(names: Sequence[str], rows: int, name: str) -> None:
    if len(names) < 2:
        raise BadData(
            f"{name} has only one class ({clip(names[0])!r}). Classification needs at least two: "
            "check the label column.",
            code="one_class",
        )
    if len(names) > MAX_CLASSES:
        raise BadData(
            f"{name} has {whole(len(names))} different labels in {counted(rows, 'row')}, but at "
            f"most {whole(MAX_CLASSES)} classes are supported. Check the label column.",
            code="too_many_classes",
        )


def _numbers(cells: np.ndarray, name: str, rows: Sequence[int]) -> np.ndarray:
    """Return the column as float64 or int64 if it holds numbers, else as it is.

    Codes such as 007 and integers of more than 64 bits stay as they are.

    Raises BadData where only a few cells are not numbers.
    """
    if any(is_code(str(cell)) for cell in cells):
        return cells
    invalid = []
    values = np.zeros(len(cells))
    for index, cell in enumerate(cells):
        try:
            values[index] = float(cell)
        except ValueError:
            invalid.append(index)
    invalid += np.flatnonzero(~np.isfinite(values)).tolist()
    if not invalid:
        is_large = (np.abs(values) >= LIMIT).any() and not (values % 1).any()
        return integers([str(cell) for cell in cells]) if is_large else values
    if len(invalid) * 10 > len(cells):
        return cells
    first = min(invalid)
    raise BadData(
        f"{name}, row {rows[first]} has the label {clip(str(cells[first]))!r}, but the other "
        "labels are numbers. Correct the label or remove the row.",
        code="label_not_a_number",
    )


def _check_numbering(labels: np.ndarray) -> list[Finding]:
    """Report where whole-number labels start and which ones are missing."""
    if (labels % 1).any():
        return []
    low, high = int(labels[0]), int(labels[-1])
    findings = []
    if low != 0:
        level = "warn" if low < 0 else "info"
        text = f"Labels run from {low} to {high}. The classes keep these names."
        if low < 0:
            text += f" Check that {low} does not mark missing labels."
        findings.append(Finding("label_base", level, text, {"low": low, "high": high}))
    missing = high - low + 1 - len(labels)
    if len(labels) > 2 and is_mark(str(high)) and high > FAR * labels[-2]:
        findings.append(missing_mark(str(high)))
    if 0 < missing <= len(labels):
        gaps = sorted(set(range(low, high)) - {int(label) for label in labels})
        text = (
            f"No row has the label {few([str(g) for g in gaps])}. The other classes keep their "
            "names. Check that no rows are missing."
        )
        findings.append(Finding("missing_classes", "warn", text, {"missing": gaps}))
    return findings


def _match_classes(
    ids: np.ndarray, names: Sequence[str], classes: Sequence[str], name: str, rows: Sequence[int]
) -> np.ndarray:
    """Return the ids (N,) of `names` as indices into the training classes."""
    index = {label: i for i, label in enumerate(classes)}
    unknown = [i for i, label in enumerate(names) if label not in index]
    if unknown:
        first = int(np.flatnonzero(np.isin(ids, unknown))[0])
        label = clip(names[int(ids[first])])
        known = {variants.plain(name) for name in classes}
        fix = {"merge_classes": True} if variants.plain(names[int(ids[first])]) in known else None
        raise BadData(
            f"{name}, row {rows[first]} has the label {label!r}, which does not occur in the "
            "training data. Use the same classes in both files.",
            (fix,) if fix else (),
            code="label_unknown",
        )
    return np.array([index[label] for label in names], np.int64)[ids]
