"""Split column: a column that assigns each row to the training, validation or test set."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from core.base.errors import BadData
from core.base.finding import Action, Finding
from core.base.numbers import whole
from core.base.text import clip, join_words
from core.data.inspection.column_choices import column_keys
from core.data.inspection.sample_kind import title
from core.data.inspection.titles import normalized
from core.data.inspection.unlikely_labels import cells_of
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table

TITLES = ("usage", "split", "set", "subset", "partition", "part", "data_split", "dataset", "phase")
IS_PART = {  # titles of columns that answer with yes or no: the parts of these two answers
    **dict.fromkeys(("is_train", "is_training", "istrain"), ("train", "test")),
    **dict.fromkeys(("is_test", "istest"), ("test", "train")),
    **dict.fromkeys(("is_val", "is_valid", "is_validation"), ("validation", "train")),
}
ANSWERS = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "t", "y"), 0),
    **dict.fromkeys(("false", "0", "0.0", "no", "f", "n"), 1),
}
FOLDS = ("fold", "folds", "kfold", "cv_fold", "fold_id")
TRAIN, VALIDATION, TEST = range(3)
WORDS = {
    **dict.fromkeys(("train", "training", "tr", "trn", "learn"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev", "publictest"), VALIDATION),
    **dict.fromkeys(("test", "testing", "tst", "holdout", "privatetest"), TEST),
}


@dataclass(frozen=True)
class FileSplit:
    """The part, TRAIN, VALIDATION or TEST, that the column `key` of a file states for each row of
    the samples, (N,).
    """

    file: str
    key: str
    parts: np.ndarray

    def take(self, rows: np.ndarray) -> Self:
        """Return the split of these rows, as indices or a mask."""
        return replace(self, parts=self.parts[rows])

    def finding(self) -> Finding:
        """Report how many rows each part has; the action ignores the column."""
        names = ("training", "validation", "test")
        sizes = np.bincount(self.parts, minlength=len(names)).tolist()
        listed = [f"the {n} set ({whole(s)})" for n, s in zip(names, sizes, strict=True) if s]
        drawn = [f"a {n} set" for n, s in zip(names, sizes, strict=True) if not s]
        text = f"{clip(self.key)} of {self.file} assigns the rows to {join_words(listed)}."
        if drawn:
            verb = "is" if len(drawn) == 1 else "are"
            text += f" {join_words(drawn).capitalize()} {verb} held out from the training set."
        else:
            text += " This split is used."
        changes = {"columns": {self.key: {"role": "ignore"}}}
        action = Action("Split the rows at random", changes)
        evidence = dict(zip(("train", "validation", "test"), sizes, strict=True))
        return Finding("split_column", "info", text, evidence, action)


def find_split(table: Table, columns: list[int]) -> int | None:
    """Return the column that names parts of the data, or answers "is_train", if there is one."""
    for column in columns:
        if column not in table.words and not _answers(table, column):
            continue
        parts = {WORDS.get(word) for word in set(_words(table, column))}
        named = table.header is not None and normalized(table.header[column]) in TITLES
        if None not in parts and (named or len(parts) > 1):
            return column
    return None


def find_folds(table: Table, columns: list[int]) -> list[int]:
    """Return the columns that number the folds of a cross-validation."""
    return [c for c in columns if table.header and normalized(table.header[c]) in FOLDS]


def read_parts(table: Table, column: int) -> FileSplit:
    """Return the split that a column states. Raises BadData for other words."""
    words, key = _words(table, column), column_keys(table.header, table.width)[column]
    unknown = next((row for row, word in enumerate(words) if word not in WORDS), None)
    if unknown is not None:
        raise BadData(
            f"{table.name}, row {table.row_numbers[unknown]}, "
            f"{column_name(column, table.sheet_column)}{title(table.header, column)} has "
            f"{clip(words[unknown])!r}, which is not train, validation or test. Leave this column "
            "out, or choose another one as the split.",
            ({"columns": {key: {"role": "ignore"}}},),
            code="split_word",
        )
    return FileSplit(table.name, key, np.array([WORDS[word] for word in words]))


def _answers(table: Table, column: int) -> tuple[str, str] | None:
    """Return the parts that yes and no mean in this column, by its title."""
    return IS_PART.get(normalized(table.header[column])) if table.header else None


def _words(table: Table, column: int) -> list[str]:
    if parts := _answers(table, column):
        cells = [str(cell).strip().lower() for cell in cells_of(table, column).tolist()]
        return [parts[ANSWERS[cell]] if cell in ANSWERS else cell for cell in cells]
    return [normalized(str(cell)).replace("_", "") for cell in cells_of(table, column).tolist()]
