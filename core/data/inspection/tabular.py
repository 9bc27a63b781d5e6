"""Tables: rows of numbers and text that are not images, and findings on their columns."""

from collections.abc import Sequence

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import percent, short, whole
from core.base.text import clip, counted, few
from core.data.gaps import fill_gaps, fit_fills
from core.data.inspection.column_cells import cells_of_column, is_missing, to_numbers, to_texts
from core.data.inspection.column_matching import locate
from core.data.inspection.column_problems import ColumnProblem, find_problems, refuse
from core.data.inspection.columns import Columns
from core.data.inspection.encoding import (
    ColumnEncoding,
    apply_encodings,
    fit_encoding,
    input_fills,
    known_texts,
)
from core.data.inspection.missing_codes import check_codes
from core.data.inspection.number_faults import check_rounding, check_totals
from core.data.inspection.variants import find_variants

UNSEEN_MANY = 0.5  # fraction of unknown texts in a column from which they are a warning
SCALE_RATIO = 100  # ratio of standard deviations from which one scale for all hides small columns


def build_rows(
    columns: Columns, name: str, encodings: Sequence[ColumnEncoding] = ()
) -> tuple[np.ndarray, tuple[str, ...], tuple[ColumnEncoding, ...], list[Finding]]:
    """Return inputs (N, F) float32, the names of the F columns, the encodings, and the findings.

    `encodings` are those of the training table, whose columns this table must have too; without
    them, they are fitted to this table. The names are empty for numbers without a header. Raises
    BadData.
    """
    findings: list[Finding] = []
    fitted = not encodings
    if not columns.indices and not columns.words:
        raise BadData(
            f"{name} has no columns besides the labels. Add at least one input column.",
            code="no_inputs",
        )
    if encodings:
        titled = any(encoding.title for encoding in encodings)
        places = locate(encodings, columns, titled, name)
        findings += _check_test_cells(encodings, columns, places, name)
    else:
        if problems := find_problems(columns):
            raise refuse(problems, columns, name)
        places = [*columns.indices, *sorted(columns.words)]
        findings += [
            *check_codes(columns, name),
            *check_rounding(columns),
            *check_totals(columns, name),
        ]
        encodings = [fit_encoding(columns, c, columns.choice(c), columns.train) for c in places]
    inputs, names = apply_encodings(encodings, columns, places)
    if not any(e.title or e.kind != "number" or e.indicator for e in encodings):
        names = ()
    shown_names = names or tuple(e.name for e in encodings)
    listed = f": {few([e.name for e in encodings])}" if names else ""
    encoded = ""
    if inputs.shape[1] != len(encodings):
        encoded = f" They become {whole(inputs.shape[1])} inputs: {few(names)}."
    text = f"{counted(len(encodings), 'input column')}{listed}.{encoded}"
    return (
        inputs,
        names,
        tuple(encodings),
        [
            Finding("columns", "ok", text, {"columns": inputs.shape[1]}),
            *_describe_encodings(encodings, columns, places, fitted=fitted),
            *findings,
            *check_scales(_without_gaps(inputs, encodings, columns.train), shown_names),
            *check_leaks(inputs, shown_names, columns.labels),
        ],
    )


def _without_gaps(
    inputs: np.ndarray, encodings: Sequence[ColumnEncoding], train: np.ndarray | None
) -> np.ndarray:
    """Return the inputs (N, F) filled with values of all rows of the file's training part: close to
    what any split gives.
    """
    if not (fills := input_fills(encodings)):
        return inputs
    rows = np.arange(len(inputs)) if train is None else np.flatnonzero(train)
    return fill_gaps(inputs, fit_fills(inputs, rows, fills))


def _describe_encodings(
    encodings: Sequence[ColumnEncoding],
    columns: Columns,
    places: Sequence[int],
    *,
    fitted: bool,
) -> list[Finding]:
    """Return how texts are encoded, and how many missing values are filled in which way; `fitted`
    if by this table, which is split.
    """
    findings, filled, counts = [], [], {}
    for encoding, place in zip(encodings, places, strict=True):
        column = encoding.name
        if encoding.kind != "number":
            code, how = {
                "one_hot": ("words", "one-hot encoded"),
                "ordinal": ("ordinal", "encoded as one number per value, from 0"),
            }[encoding.kind]
            text = f"Column {clip(column)!r} is {how}: {few(encoding.categories)}."
            evidence = {"column": column, "words": list(encoding.categories)}
            findings.append(Finding(code, "info", text, evidence))
            if fitted and (groups := find_variants(encoding.categories)):
                findings.append(_spellings(column, groups))
        if not encoding.strategy:
            continue
        cells = cells_of_column(columns, place)
        gaps = is_missing(cells)
        if encoding.kind == "number" and cells.dtype.kind == "O":
            strays = np.isnan(to_numbers(cells)) & ~gaps
            if strays.any():
                shown = few(list(dict.fromkeys(to_texts(cells)[strays]))[:3])
                is_one = int(strays.sum()) == 1
                text = (
                    f"{counted(int(strays.sum()), 'value')} of column {clip(column)!r} "
                    f"{'is not a number' if is_one else 'are not numbers'} ({shown}) and "
                    f"{'is' if is_one else 'are'} treated as missing."
                )
                evidence = {"column": column, "count": int(strays.sum())}
                findings.append(Finding("not_numbers", "info", text, evidence))
            gaps = gaps | strays
        if gaps.any():
            counts[column] = int(gaps.sum())
            value = encoding.strategy.replace("_", " ")
            value += " value" * (encoding.strategy == "most_frequent")
            filled.append(f"{whole(counts[column])} in {clip(column)} with the {value}")
    if filled:
        total = sum(counts.values())
        fraction = total / (len(columns.values) * len(encodings))
        text = (
            f"{counted(total, 'missing value')} ({percent(fraction)} of the table) "
            f"{'is' if total == 1 else 'are'} filled: {few(filled)} of the training set."
        )
        if fitted:
            text += (
                " The values are computed after the split, so validation and test rows have no "
                "influence."
            )
        findings.append(Finding("missing_filled", "info", text, {"filled": counts}))
    return findings


def _spellings(column: str, groups: Sequence[Sequence[str]]) -> Finding:
    """Return the warning that texts of an input column differ only in case or spaces."""
    text = (
        f"Column {clip(column)!r} has values in several spellings, which are different inputs: "
        f"{few([' / '.join(group) for group in groups])}. If they mean the same, use one spelling "
        "in the file."
    )
    evidence = {"column": column, "variants": [list(group) for group in groups]}
    return Finding("word_variants", "warn", text, evidence)


def _check_test_cells(
    encodings: Sequence[ColumnEncoding], columns: Columns, places: Sequence[int], name: str
) -> list[Finding]:
    """Return a finding on texts that the training table does not have. Raises BadData for cells
    that cannot be encoded: a missing value without a fill, or text instead of a number.
    """
    problems, unseen = {}, {}
    plain = columns.values.dtype.kind != "f" or not np.isnan(columns.values).any()
    for encoding, place in zip(encodings, places, strict=True):
        if encoding.kind == "number" and plain and place in columns.indices:
            continue
        cells = cells_of_column(columns, place)
        gaps = is_missing(cells)
        if encoding.kind == "number":
            strays = np.isnan(to_numbers(cells)) & ~gaps
            if strays.any() and not encoding.fills_gaps:
                first = np.argmax(strays)
                fact = (
                    f"contains text (such as {clip(str(cells[first]))!r} in row "
                    f"{whole(columns.rows[first])}), but only numbers in the training table"
                )
                problems[place] = ColumnProblem(
                    "column_type", fact, "Correct these cells.", ({"role": "ignore"},)
                )
                continue
        else:
            known = {*encoding.categories, ""}
            texts = known_texts(to_texts(cells), encoding.categories)
            others = [text for text in texts if text not in known]
            if others:
                unseen[encoding.name] = (len(others), others[0])
        if gaps.any() and not encoding.fills_gaps:
            fact = (
                f"has {counted(int(gaps.sum()), 'missing value')} (the first in row "
                f"{whole(columns.rows[np.argmax(gaps)])}), but the training table has none there"
            )
            ways = ({"missing": "median"},) if encoding.kind == "number" else ()
            ways = (*ways, {"missing": "most_frequent"}, {"missing": "rows"}, {"role": "ignore"})
            problems[place] = ColumnProblem(
                "missing_values", fact, "Choose how to fill this column.", ways
            )
    if problems:
        raise refuse(problems, columns, name)
    if not unseen:
        return []
    listed = [
        f"{whole(count)} in {clip(column)} (such as {clip(first)!r})"
        for column, (count, first) in unseen.items()
    ]
    text = (
        f"{name} has texts that the training table does not have: {few(listed)}. They are encoded "
        "as none of the known ones."
    )
    counts = {column: count for column, (count, _) in unseen.items()}
    level = "warn" if max(counts.values()) > UNSEEN_MANY * len(columns.values) else "info"
    return [Finding("unseen_values", level, text, {"unseen": counts})]


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
                f"{short(std[small])}. Standardizing each column "
                "separately, the default for tables, removes the difference."
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
