"""Label columns: the labels among the columns of a single file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.base.errors import BadData
from core.base.finding import Action, Finding
from core.base.text import clip, few
from core.data.inspection.column_choices import column_keys
from core.data.inspection.input_columns import TrainedColumns
from core.data.inspection.label_file import decode_one_hot
from core.data.inspection.label_guess import Guess, guess_by_title, guess_label_column, label_choice
from core.data.inspection.multi_label import check_multi_label
from core.data.inspection.one_hot import one_hot_block, one_hot_targets
from core.data.inspection.sample_kind import title
from core.data.inspection.unlikely_labels import cells_of
from core.data.reading import ColumnChoice, Reading
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table


@dataclass(frozen=True)
class LabelColumns:
    """The labels `cells` (N,), None without labels, from the file's `columns`; several if they are
    one-hot. `settled` is the change of the Reading that finds them again.
    """

    columns: tuple[int, ...] = ()
    cells: np.ndarray | None = None
    title: str = ""
    task: str = "auto"
    settled: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def find_label(
    table: Table,
    reading: Reading,
    choices: Mapping[int, ColumnChoice],
    free: list[int],
    trained: TrainedColumns | None = None,
) -> LabelColumns:
    """Find the label among the columns `free`: chosen, one-hot, or guessed. Raises BadData."""
    chosen = [column for column, choice in choices.items() if choice.role == "label"]
    if not chosen and reading.label_column == "none":
        return LabelColumns()
    if trained and not chosen and _lacks_label(table, reading, free, trained):
        raise no_labels(table.name)
    possible = [c for c in free if choices.get(c, ColumnChoice()).role != "input"]
    if len(chosen) == 1:
        return _one_column(table, Guess(chosen[0]), free)
    block = chosen or _one_hot_columns(table, reading, possible)
    if not block:
        return _one_column(table, guess_label_column(table, possible, reading), free)
    targets = one_hot_targets(table, block)
    if targets is None:
        keys = column_keys(table.header, table.width)
        raise BadData(
            f"{table.name} has {len(block)} columns that are chosen as the label "
            f"({few([keys[c] for c in block])}), but they are not one-hot: each row needs a single "
            "1 and otherwise 0. Choose one label.",
            code="several_labels",
        )
    return _one_hot(table, block, targets)


def _one_column(table: Table, guess: Guess, free: list[int]) -> LabelColumns:
    index = guess.column
    because = f" ({guess.reason})" if guess.reason else ""
    column = column_name(index, table.sheet_column)
    text = f"C{column[1:]}{title(table.header, index)} contains the labels{because}."
    action = None
    if guess.other is not None:
        ends = {0: "the first column", table.width - 1: "the last column"}
        other = title(table.header, guess.other).strip(" ()") or ends.get(
            guess.other, column_name(guess.other, table.sheet_column)
        )
        change = label_choice(table, guess.other, free, as_written=True)
        action = Action(f"Use {clip(other)} as label", change)
    evidence: dict[str, Any] = {"column": index + 1, "columns": len(free)}
    if guess.reason:
        evidence["passed_over"] = list(guess.reason.passed_over)
    level = "info" if action and not guess.is_titled else "ok"
    is_guess = guess.reason is not None and not guess.is_titled
    several = check_multi_label(table, index, free) if is_guess else []
    return LabelColumns(
        (index,),
        cells_of(table, index),
        table.header[index] if table.header else "",
        settled=label_choice(table, index, free),
        findings=(Finding("label_column", level, text, evidence, action), *several),
    )


def _one_hot_columns(table: Table, reading: Reading, free: list[int]) -> list[int]:
    """Return one-hot columns at the end or start, if no other column has the title of labels."""
    if reading.label_column != "auto" or len(free) < 3 or guess_by_title(table, free) is not None:
        return []
    return one_hot_block(table, free)


def _one_hot(table: Table, block: list[int], targets: np.ndarray) -> LabelColumns:
    keys = column_keys(table.header, table.width)
    cells, finding = decode_one_hot(table, block, targets)
    roles = {keys[column]: {"role": "label"} for column in block}
    return LabelColumns(
        tuple(block), cells, task="classes", settled={"columns": roles}, findings=(finding,)
    )


def _lacks_label(table: Table, reading: Reading, free: list[int], trained: TrainedColumns) -> bool:
    """Whether a test file has the training file's input columns and nothing else."""
    titles = [table.header[c] for c in free] if table.header else []
    if titles and trained.titles:
        wanted = reading.label_column.lower()
        named = wanted in ("auto", "first", "last") or wanted in [t.lower() for t in titles]
        return not named or (len(free) == trained.count and set(titles) == set(trained.titles))
    return len(free) == trained.count


def no_labels(name: str) -> BadData:
    """Return the error for a test file without labels."""
    return BadData(
        f"{name} has no labels, so it cannot be a test set: a test compares predictions with "
        "labels. Hold out a part of the training data for testing instead, or add a file with the "
        "labels of this file. For answers without labels, use it on Predict after the training.",
        ({"test_file": "keep"},),
        code="test_labels_missing",
    )
