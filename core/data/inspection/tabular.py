"""Tables: rows of numbers that are not images. Text columns are one-hot encoded."""

from collections.abc import Sequence

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import short
from core.base.text import clip, counted, few
from core.data.inspection.columns import Columns
from core.data.inspection.sample_kind import title
from core.data.spreadsheet.grid import column_name

MAX_WORDS = 20  # different values of a text column that is one-hot encoded
SCALE_RATIO = 100  # ratio of standard deviations from which one scale for all hides small columns


def build_rows(
    columns: Columns, name: str, trained: tuple[int, Sequence[str]] | None = None
) -> tuple[np.ndarray, tuple[str, ...], list[Finding]]:
    """Return inputs (N, F) float32, the names of the F columns, and the findings.

    `trained` holds the number of columns of the training table and their names, which this table
    must have too. Raises BadData.
    """
    trained_names = trained[1] if trained else ()
    parts = [np.asarray(columns.values, np.float32)]
    names, findings = list(columns.titles), []
    if columns.words and not columns.titles:
        names = _default_names(columns)
    for index, cells in columns.words.items():
        column = (columns.header or {index: ""})[index] or f"column {index + 1}"
        encoded, words, finding = _one_hot(cells, index, columns, name, column, trained_names)
        parts.append(encoded)
        names += [f"{column}={word}" for word in words]
        findings.append(finding)
    inputs = np.hstack(parts) if len(parts) > 1 else parts[0]
    if inputs.shape[1] == 0:
        raise BadData(
            f"{name} has no columns besides the labels. Add at least one input column.",
            code="no_inputs",
        )
    if trained_names:
        inputs, names = _align(inputs, names, trained_names, name)
    if trained and inputs.shape[1] != trained[0]:
        raise BadData(
            f"{name} has {counted(inputs.shape[1], 'input column')}, but the training table has "
            f"{trained[0]}. Use the same columns in both files.",
            code="column_count",
        )
    listed = f": {few(names)}" if names else ""
    text = f"{counted(inputs.shape[1], 'numeric input column')}{listed}."
    shown_names = names or _default_names(columns)
    return (
        inputs,
        tuple(names),
        [
            Finding("columns", "ok", text, {"columns": inputs.shape[1]}),
            *findings,
            *check_scales(inputs, shown_names),
            *check_leaks(inputs, shown_names, columns.labels),
        ],
    )


def _default_names(columns: Columns) -> list[str]:
    return [f"column {c + 1}" for c in columns.indices]


def _one_hot(
    cells: np.ndarray,
    index: int,
    columns: Columns,
    name: str,
    column: str,
    trained_names: Sequence[str],
) -> tuple[np.ndarray, list[str], Finding]:
    """Return (N, words) with 1 where the row has the word; words unseen in training give zeros."""
    cells = np.array([str(cell).strip() for cell in cells], object)
    words = sorted(set(cells))
    prefix = f"{column}="
    if trained_names:
        words = [n.removeprefix(prefix) for n in trained_names if n.startswith(prefix)] or words
    if len(words) > MAX_WORDS:
        place = column_name(index, columns.sheet_column)
        raise BadData(
            f"{name}, {place}{title(columns.header, index)} contains {len(words)} different text "
            f"values (such as {clip(str(cells[0]))!r}), but at most {MAX_WORDS} can be one-hot "
            "encoded. Remove the column or choose it as the label column.",
            code="too_many_words",
        )
    encoded = np.stack([cells == word for word in words], axis=1).astype(np.float32)
    text = f"Column {clip(column)!r} contains text and is one-hot encoded: {few(words)}."
    return encoded, words, Finding("words", "info", text, {"column": column, "words": words})


def _align(
    inputs: np.ndarray, names: list[str], trained_names: Sequence[str], name: str
) -> tuple[np.ndarray, list[str]]:
    """Return the columns in the order of the training table, matched by name."""
    if not names and len(trained_names) == inputs.shape[1]:
        return inputs, list(trained_names)
    missing = [n for n in trained_names if n not in names]
    if missing:
        raise BadData(
            f"{name} has no column named {clip(missing[0])!r}, which the training table has. Use "
            "the same columns in both files.",
            code="column_missing",
        )
    return inputs[:, [names.index(n) for n in trained_names]], list(trained_names)


def check_scales(inputs: np.ndarray, names: Sequence[str]) -> list[Finding]:
    """Return findings on columns that never change and on columns of very different scale."""
    std = inputs.std(axis=0, dtype=np.float64)
    findings = []
    constant = np.flatnonzero(inputs.min(axis=0) == inputs.max(axis=0))
    if len(constant):
        verbs = ("never changes", "carries") if len(constant) == 1 else ("never change", "carry")
        text = (
            f"{counted(len(constant), 'column')} {verbs[0]} "
            f"({few([names[i] for i in constant])}) and {verbs[1]} no information."
        )
        findings.append(Finding("constant", "info", text, {"constant": constant.tolist()}))
    varying = np.flatnonzero(std > 0)
    if len(varying) > 1:
        small, large = (varying[pick(std[varying])] for pick in (np.argmin, np.argmax))
        if std[large] >= SCALE_RATIO * std[small]:
            text = (
                f"Columns have very different scales: the standard deviation of "
                f"{clip(names[large])!r} is {short(std[large])}, that of {clip(names[small])!r} is "
                f"{short(std[small])}. Standardize each column separately."
            )
            evidence = {"largest": float(std[large]), "smallest": float(std[small])}
            findings.append(Finding("scales", "info", text, evidence))
    return findings


def check_leaks(
    inputs: np.ndarray, names: Sequence[str], labels: np.ndarray | None
) -> list[Finding]:
    """Return a finding if columns equal the labels (N,), taken as they are in the file."""
    if labels is None or labels.dtype.kind == "O":
        return []
    same = [
        i for i in range(inputs.shape[1]) if np.array_equal(inputs[:, i], labels.astype(np.float32))
    ]
    if not same:
        return []
    listed = few([names[i] for i in same])
    text = (
        f"The input {listed} equals the label in every row, so the network would only copy it. "
        "Remove this column."
    )
    return [Finding("leak", "warn", text, {"columns": same})]
