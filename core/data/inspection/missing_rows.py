"""Rows left out: those with a missing value where a column asks for it, and repeated ones."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import percent, whole
from core.base.text import clip, counted, few
from core.data.inspection.column_cells import cells_of_column, is_missing, to_numbers
from core.data.inspection.column_choices import column_keys
from core.data.inspection.columns import Columns, gap_words
from core.data.inspection.doctor import find_duplicates
from core.data.inspection.encoding import text_kind
from core.data.spreadsheet.table import Table

LISTED = 10  # row numbers that a sentence names


def leave_out_rows(columns: Columns, name: str) -> Columns:
    """Return the columns without the rows that a choice leaves out, and with a finding on them.

    Raises BadData if no row is left.
    """
    gaps = np.zeros(len(columns.values), bool)
    reasons = []
    for index, choice in columns.choices.items():
        if choice.missing != "rows" or choice.role == "ignore":
            continue
        if index == columns.label_index and columns.labels is not None:
            found = is_missing(columns.labels)
        elif index in columns.indices or index in columns.words:
            cells = cells_of_column(columns, index)
            found = is_missing(cells) if text_kind(cells, choice) else np.isnan(to_numbers(cells))
        else:
            continue
        if found.any():
            reasons.append(index)
            gaps |= found
    if not gaps.any():
        return columns
    titles = [(columns.header[i] if columns.header else "") or f"column {i + 1}" for i in reasons]
    if gaps.all():
        raise BadData(
            f"{name} has no row without a missing value in {few(titles)}. Fill the missing values "
            "instead, or leave a column out.",
            code="no_rows_left",
        )
    rows = np.asarray(columns.rows)[gaps].tolist()
    reason = clip(titles[0]) if len(titles) == 1 else f"one of {few(titles)}"
    text = (
        f"{counted(len(rows), 'row')} of {whole(len(gaps))} ({percent(len(rows) / len(gaps))}) "
        f"{'is' if len(rows) == 1 else 'are'} left out because {reason} is missing: "
        f"{list_rows(rows)}."
    )
    finding = Finding("rows_left_out", "info", text, {"count": len(rows), "rows": rows[:1000]})
    return select_rows(columns, ~gaps, finding)


def require_labels(columns: Columns, table: Table) -> None:
    """Raise BadData if labels are missing; `table` is the file of the labels."""
    if columns.labels is None or not (gaps := is_missing(columns.labels)).any():
        return
    rows = np.asarray(columns.label_rows)[gaps].tolist()
    fixes: tuple[dict, ...] = ()
    remedy = "Fill them in, or remove these rows here and in the file with the inputs."
    if columns.label_index is not None:
        width = max(*columns.indices, *columns.words, columns.label_index) + 1
        keys = column_keys(columns.header, len(columns.header or ()) or width)
        fixes = ({"columns": {keys[columns.label_index]: {"missing": "rows"}}},)
        remedy = "Fill them in, or leave these rows out."
    column = 0 if columns.label_index is None and table.width == 1 else columns.label_index
    if column is not None and (word := gap_words(table).get(column)):
        remedy += f" {word!r} is read as a missing value: if it is a class, read it as text."
        fixes = (*fixes, {"na_words": "text"})
    raise BadData(
        f"{columns.name} has {counted(len(rows), 'row')} without a label: {list_rows(rows)}. "
        f"{remedy}",
        fixes,
        code="missing_labels",
        columns={} if columns.label_index is None else {columns.label_index: "labels are missing"},
    )


def remove_duplicates(columns: Columns, *, has_images: bool) -> Columns:
    """Return the columns without the rows that repeat the inputs of an earlier one.

    Images of a single value are left alone: another finding reports them.
    """
    parts = [columns.values]
    parts += [np.unique(cells, return_inverse=True)[1][:, None] for cells in columns.words.values()]
    rows = parts[0] if len(parts) == 1 else np.hstack(parts)
    rows = rows if rows.dtype == np.uint8 else rows.astype(np.float32)
    blank = np.flatnonzero(rows.min(axis=1) == rows.max(axis=1)) if has_images else ()
    repeats = find_duplicates(rows, blank).repeat
    if not len(repeats):
        return columns
    keep = np.ones(len(rows), bool)
    keep[repeats] = False
    removed = np.asarray(columns.rows)[repeats].tolist()
    text = (
        f"{counted(len(removed), 'row')} that repeated an earlier one {_were(removed)} removed: "
        f"{list_rows(removed)}."
    )
    evidence = {"count": len(removed), "rows": removed[:1000]}
    return select_rows(columns, keep, Finding("duplicates_removed", "ok", text, evidence))


def _were(rows: Sequence[int]) -> str:
    return "was" if len(rows) == 1 else "were"


def select_rows(columns: Columns, keep: np.ndarray, finding: Finding) -> Columns:
    """Return only the rows of the mask `keep` (N,), with one more finding."""
    return replace(
        columns,
        values=columns.values[keep],
        words={c: cells[keep] for c, cells in columns.words.items()},
        labels=None if columns.labels is None else columns.labels[keep],
        rows=np.asarray(columns.rows)[keep],
        label_rows=np.asarray(columns.label_rows)[keep],
        split=columns.split and columns.split.take(keep),
        keys=columns.keys and columns.keys.take(keep),
        findings=(*columns.findings, finding),
    )


def list_rows(rows: Sequence[int]) -> str:
    """Return "row 3" or "rows 3, 7 and 12 more"."""
    shown = [whole(row) for row in rows[:LISTED]]
    more = f" and {whole(len(rows) - LISTED)} more" if len(rows) > LISTED else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {', '.join(shown)}{more}"
