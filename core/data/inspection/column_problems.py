"""Column problems: input columns that cannot be used until somebody chooses how, with the choices.

All columns are examined before anything is refused, so one message names every problem.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.errors import BadData
from core.base.numbers import percent, whole
from core.base.text import clip, counted, few
from core.data.inspection.column_cells import cells_of_column, is_missing, to_numbers, to_texts
from core.data.inspection.column_choices import column_keys
from core.data.inspection.columns import Columns
from core.data.inspection.encoding import text_kind
from core.data.inspection.sample_kind import title
from core.data.inspection.titles import IMAGE_FILE
from core.data.reading import ColumnChoice
from core.data.spreadsheet.grid import column_name

MAX_WORDS = 20  # different values of a text column that is one-hot encoded without being asked for
MAX_INPUTS = 1000  # different values that can be one-hot encoded if asked for
SAMPLED = 2000  # cells that show whether a column contains dates or file names
MINORITY = 0.5  # fraction of texts below which a column is read as numbers if it is filled
STRAY = 0.05  # fraction of texts among numbers up to which they are taken for mistakes

Ways = tuple[Mapping[str, str], ...]  # choices for the column, the likeliest first
LARGEST = float(np.finfo(np.float32).max)  # a network receives float32
IGNORE = {"role": "ignore"}

_DATE = re.compile(
    r"\d{4}[-/.]\d\d?[-/.]\d\d?([ T]\d.*)?|\d\d?[-/.]\d\d?[-/.](\d{4}|\d\d)( \d.*)?", re.ASCII
)


@dataclass(frozen=True)
class ColumnProblem:
    """A problem of one column: `fact` is what was found, as a predicate of the column, `remedy` a
    sentence, `ways` the choices
    that solve it.
    """

    code: str
    fact: str
    remedy: str
    ways: Ways


def content_type(cells: np.ndarray) -> str:
    """Return what a column (N,) contains: number, text, mixed, date or file name."""
    if cells.dtype.kind != "O":
        return "number"
    texts = to_texts(cells[:: max(1, len(cells) // SAMPLED)])
    texts = texts[texts != ""]
    for name, pattern in (("date", _DATE), ("file name", IMAGE_FILE)):
        matches = sum(bool(pattern.fullmatch(text)) for text in texts)
        if matches * 2 > len(texts):
            return name
    return "text" if np.isnan(to_numbers(cells)).all() else "mixed"


def find_problem(cells: np.ndarray, choice: ColumnChoice) -> ColumnProblem | None:
    """Return why a column (N,) cannot be used as an input with this choice."""
    if choice.missing.removesuffix("_indicator") in ("mean", "median") and text_kind(cells, choice):
        return ColumnProblem(
            "fill_not_numeric",
            "contains text, which has no mean or median",
            "Fill it with the most frequent value.",
            ({"missing": "most_frequent"}, {"missing": "rows"}, IGNORE),
        )
    gaps = int(is_missing(cells).sum())
    if gaps == len(cells):
        return ColumnProblem("empty_column", "has no values", "Leave it out.", (IGNORE,))
    kind = text_kind(cells, choice)
    if not kind and _largest(cells) > LARGEST:
        return ColumnProblem(
            "number_too_large",
            f"contains numbers up to {_largest(cells):.3g}, which are too large (at most "
            f"{LARGEST:.2g})",
            "Rescale them, or leave the column out.",
            (IGNORE,),
        )
    problem = _text_problem(cells, choice) if kind else None
    if problem is None and gaps and choice.missing == "auto":
        fill = "most_frequent" if kind else "median_indicator"
        if kind and len(set(to_texts(cells))) == 2:  # an "x", or nothing
            fill = "most_frequent_indicator"
        return ColumnProblem(
            "missing_values",
            f"has {counted(gaps, 'missing value')} in {counted(len(cells), 'row')} "
            f"({percent(gaps / len(cells))})",
            "Fill them, leave these rows out, or leave the column out.",
            ({"missing": fill}, {"missing": "rows"}, IGNORE),
        )
    return problem


def _largest(cells: np.ndarray) -> float:
    """Return the largest absolute value of a column (N,), 0 if it has no numbers."""
    return float(np.nanmax(np.abs(to_numbers(cells)), initial=0))


def _text_problem(cells: np.ndarray, choice: ColumnChoice) -> ColumnProblem | None:
    texts = to_texts(cells)
    texts = texts[texts != ""]
    distinct = len(set(texts))
    if choice.text == "ordinal":
        return None
    if choice.text == "one_hot":
        if distinct <= MAX_INPUTS:
            return None
        return ColumnProblem(
            "too_many_words",
            f"contains {whole(distinct)} different values, but at most {whole(MAX_INPUTS)} can "
            "be one-hot encoded",
            "Use ordinal encoding or leave it out.",
            (IGNORE, {"text": "ordinal"}),
        )
    found, example = content_type(cells), clip(str(texts[0]))
    if found == "date":
        return ColumnProblem(
            "dates",
            f"contains dates (such as {example!r}), which are not numbers",
            "Leave it out, or put year, month or elapsed days in columns of numbers.",
            (IGNORE,),
        )
    if found == "file name":
        return ColumnProblem(
            "file_names",
            f"contains names of image files (such as {example!r}); the images are not in this file",
            "Upload a ZIP file with the images and this table, or leave the column out.",
            (IGNORE,),
        )
    stray = np.isnan(to_numbers(texts))
    if found == "mixed" and not stray.any():
        return None
    if found == "mixed" and (stray.mean() <= STRAY or distinct > MAX_WORDS):
        strays = few(list(dict.fromkeys(texts[stray]))[:3])
        ways = (IGNORE, {"text": "ordinal"})
        if stray.mean() < MINORITY:
            ways = (*ways, {"missing": "median_indicator"})
        if stray.mean() <= STRAY:
            ways = ({"missing": "rows"}, {"missing": "median_indicator"}, IGNORE)
        return ColumnProblem(
            "mixed_column",
            f"is text: {counted(int(stray.sum()), 'value')} of {whole(len(texts))} (such as "
            f"{strays}) cannot be read as numbers",
            "Leave it out, encode it as text, or treat these values as missing.",
            ways,
        )
    if distinct > MAX_WORDS:
        return ColumnProblem(
            "too_many_words",
            f"contains {whole(distinct)} different texts (such as {example!r}), but at most "
            f"{MAX_WORDS} are one-hot encoded",
            "Leave it out, choose ordinal encoding, or make it the label.",
            (IGNORE,) if distinct == len(texts) else (IGNORE, {"text": "ordinal"}),
        )
    return None


def find_problems(columns: Columns) -> dict[int, ColumnProblem]:
    """Return the problems of the input columns, by column from 0."""
    clean = set()
    is_float = columns.values.dtype.kind == "f"
    if not is_float or (np.abs(columns.values) <= LARGEST).all():  # False for NaN
        clean = {c for c in columns.indices if columns.choice(c).text == "auto"}
    found = {
        c: find_problem(cells_of_column(columns, c), columns.choice(c))
        for c in sorted({*columns.indices, *columns.words} - clean)
    }
    return {c: problem for c, problem in found.items() if problem is not None}


def refuse(problems: Mapping[int, ColumnProblem], columns: Columns, name: str) -> BadData:
    """Return the error that names all problems; its fixes solve all of them."""
    width = max(*columns.indices, *columns.words, 0) + 1 if not columns.header else 0
    keys = column_keys(columns.header, width or len(columns.header or ()))
    codes = {problem.code for problem in problems.values()}
    fixes: list[dict[str, Any]] = []
    for turn in range(max(len(problem.ways) for problem in problems.values())):
        chosen = {
            keys[c]: dict(problem.ways[min(turn, len(problem.ways) - 1)])
            for c, problem in problems.items()
        }
        fixes.append({"columns": chosen})
    gaps = [c for c, problem in problems.items() if problem.code == "missing_values"]
    words = [columns.gap_words[c] for c in gaps if c in columns.gap_words]
    if words:
        fixes.append({"na_words": "text"})
    facts = {c: problem.fact for c, problem in problems.items()}
    if len(problems) == 1:
        index, problem = next(iter(problems.items()))
        place = column_name(index, columns.sheet_column) + title(columns.header, index)
        text = f"{name}, {place} {problem.fact}. {problem.remedy}"
    else:
        listed = [f"{clip(keys[c])!r} {short_fact(problem)}" for c, problem in problems.items()]
        text = (
            f"{name} has {counted(len(problems), 'column')} that cannot be used as they are: "
            f"{join(listed)}. Choose how to read each of them, or leave them out."
        )
    if words:
        text += f" If {words[0]!r} is a text like the others, read it as text."
    code = codes.pop() if len(codes) == 1 else "columns_need_choices"
    return BadData(text, tuple(fixes), code=code, columns=facts)


def short_fact(problem: ColumnProblem) -> str:
    """Return the fact without what follows its first part."""
    return re.split(r"[,;:(]", problem.fact)[0].strip()


def join(parts: Sequence[str]) -> str:
    """Join up to eight parts of a sentence."""
    return ", ".join(parts if len(parts) <= 8 else [*parts[:7], f"and {len(parts) - 7} more"])
