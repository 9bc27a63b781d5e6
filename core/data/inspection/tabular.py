"""Tabular: rows of numbers that are no pictures; columns of few words become columns of 0 and 1."""

from collections.abc import Sequence

import numpy as np

from core.base.errors import BadData
from core.base.numbers import short
from core.base.text import clip, counted, few
from core.data.inspection.columns import Columns
from core.data.inspection.finding import Finding
from core.data.inspection.sample_kind import title
from core.data.spreadsheet.grid import column_name

MOST_WORDS = 20  # different words of a column that get a column each
APART = 100  # ratio of the columns' deviations from which one scale for all drowns the small ones


def as_rows(
    columns: Columns, name: str, trained: tuple[int, Sequence[str]] | None = None
) -> tuple[np.ndarray, tuple[str, ...], list[Finding]]:
    """Inputs (N, F) float32, the names of the F columns, and what was found.

    `trained`: how many columns a training table has, and their names, which this table must have
    too. Raises BadData.
    """
    known = trained[1] if trained else ()
    parts = [np.asarray(columns.values, np.float32)]
    names, findings = list(columns.titles), []
    if columns.words and not columns.titles:
        names = [f"column {c + 1}" for c in columns.places]
    for place, cells in columns.words.items():
        called = (columns.header or {place: ""})[place] or f"column {place + 1}"
        found, words, said = _one_hot(cells, place, columns, name, called, known)
        parts.append(found)
        names += [f"{called}={word}" for word in words]
        findings.append(said)
    inputs = np.hstack(parts) if len(parts) > 1 else parts[0]
    if inputs.shape[1] == 0:
        raise BadData(f"{name} has no column beside the labels: give columns to learn from.")
    if known:
        inputs, names = _in_order(inputs, names, known, name)
    if trained and inputs.shape[1] != trained[0]:
        raise BadData(
            f"{name} has {counted(inputs.shape[1], 'column')}, the training table "
            f"{trained[0]}: give the same columns in both."
        )
    shown = f": {few(names)}" if names else ""
    said = f"{counted(inputs.shape[1], 'column')} of numbers{shown}."
    called = names or [f"column {c + 1}" for c in columns.places]
    more = scale_findings(inputs, called)
    more += leaks(inputs, called, columns.labels)
    return inputs, tuple(names), [Finding("columns", "ok", said), *findings, *more]


def _one_hot(
    cells: np.ndarray,
    place: int,
    columns: Columns,
    name: str,
    called: str,
    known: Sequence[str],
) -> tuple[np.ndarray, list[str], Finding]:
    """(N, words): 1 where the row has the word. A word that training never saw is 0 everywhere."""
    cells = np.array([str(cell).strip() for cell in cells], object)
    words = sorted(set(cells))
    if known:
        words = [k.removeprefix(f"{called}=") for k in known if k.startswith(f"{called}=")] or words
    if len(words) > MOST_WORDS:
        column = column_name(place, columns.sheet_column)
        where = f"{name}, {column}{title(columns.header, place)}"
        raise BadData(
            f"{where} holds {len(words)} different words ({clip(str(cells[0]))!r}), at most "
            f"{MOST_WORDS} become columns of 0 and 1: take it out, or name it as the label column."
        )
    found = np.stack([cells == word for word in words], axis=1).astype(np.float32)
    said = f"Column {clip(called)!r} holds words; each becomes a column of 0 and 1: {few(words)}."
    return found, words, Finding("words", "info", said, evidence={"column": called, "words": words})


def _in_order(
    inputs: np.ndarray, names: list[str], known: Sequence[str], name: str
) -> tuple[np.ndarray, list[str]]:
    """The columns as the training table has them, found by name."""
    if not names and len(known) == inputs.shape[1]:
        return inputs, list(known)
    missing = [k for k in known if k not in names]
    if missing:
        raise BadData(
            f"{name} has no column named {clip(missing[0])!r}, which the training table has: give "
            "the same columns in both."
        )
    return inputs[:, [names.index(k) for k in known]], list(known)


def scale_findings(inputs: np.ndarray, names: Sequence[str]) -> list[Finding]:
    """Columns that never change, and columns of very different size."""
    deviation = inputs.std(axis=0, dtype=np.float64)
    findings = []
    constant = np.flatnonzero(inputs.min(axis=0) == inputs.max(axis=0))
    if len(constant):
        which = few([names[i] for i in constant])
        said = f"{counted(len(constant), 'column')} never change ({which}): harmless, but no help."
        evidence = {"constant": constant.tolist()}
        findings.append(Finding("constant", "info", said, evidence=evidence))
    moving = np.flatnonzero(deviation > 0)
    if len(moving) > 1:
        small, large = (moving[pick(deviation[moving])] for pick in (np.argmin, np.argmax))
        if deviation[large] >= APART * deviation[small]:
            one = f"{clip(names[large])!r} varies by {short(deviation[large])}"
            other = f"{clip(names[small])!r} by {short(deviation[small])}"
            said = f"{one}, {other}: standardize each column by itself."
            evidence = {"largest": float(deviation[large]), "smallest": float(deviation[small])}
            findings.append(Finding("scales", "info", said, evidence=evidence))
    return findings


def leaks(inputs: np.ndarray, names: Sequence[str], labels: np.ndarray | None) -> list[Finding]:
    """Columns that are the label itself under another name; `labels` (N,) as they stand there."""
    if labels is None or labels.dtype.kind == "O":
        return []
    same = [
        i for i in range(inputs.shape[1]) if np.array_equal(inputs[:, i], labels.astype(np.float32))
    ]
    if not same:
        return []
    called = few([names[i] for i in same])
    said = f"{called} is equal to the label in every row, so nothing is left to learn: take it out."
    return [Finding("leak", "warn", said, evidence={"columns": same})]
