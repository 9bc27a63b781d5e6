"""Rows of a spreadsheet or of an array, without labels, in the form of a run's training data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from core.analysis.column_fills import with_chosen_columns, with_chosen_fills, with_way_out
from core.analysis.new_files import read_new_files, with_known_spellings
from core.analysis.new_samples import (
    REPORTED,
    check_matching,
    check_range,
    training_inspection,
)
from core.analysis.trained import TrainedRun
from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import short
from core.base.text import clip, counted, few, format_shape
from core.data.inspection.column_choices import column_keys, resolve_choices
from core.data.inspection.identifiers import find_identifiers
from core.data.inspection.image_statistics import sample_rows
from core.data.inspection.input_columns import match_titles, rename_columns
from core.data.inspection.inspect import Inspection, inspect
from core.data.inspection.shapes import guess_white
from core.data.inspection.unlikely_labels import cells_of
from core.data.reading import ColumnChoice, Reading
from core.data.samples import fill_like
from core.data.spreadsheet.source import Source
from core.data.spreadsheet.table import Table
from core.predict.untitled_columns import find_other_columns

SMALLEST_RANGE = 8  # times that the values of new images must exceed to have the training scale
ABSENT = {"labels_missing"}  # findings of files for training, which mean nothing here


@dataclass(frozen=True)
class Origin:
    """What is known of the training files: their inspection, and the rows (n,) of the training set,
    whose values fill gaps.
    """

    inspection: Inspection
    train_rows: np.ndarray

    @classmethod
    def of(cls, trained: TrainedRun) -> Self:
        """Return the origin of a run's data."""
        return cls(training_inspection(trained), trained.setup.rows.train)

    @property
    def has_stretched_images(self) -> bool:
        """Whether its images were resized without keeping their proportions."""
        return any(found.code == "resized" for found in self.inspection.findings)


@dataclass(frozen=True)
class TableInputs:
    """Inputs (N, …) before normalization and without gaps, and the names of the rows.

    `identifiers` maps the title of each column of the file that identifies its rows to the cells
    (N,), exactly.
    """

    inputs: np.ndarray
    names: tuple[str, ...]
    findings: tuple[Finding, ...]
    identifiers: Mapping[str, np.ndarray]


def read_table_inputs(
    origin: Origin,
    source: Source,
    name: str,
    reading: Reading,
    *,
    renamed: Mapping[str, str] | None = None,
    progress: Callable[[float], None] | None = None,
) -> TableInputs:
    """Read rows with the columns of the training file: matched by name, or by their order without
    a header. Other columns are left out and reported, such as the label. `renamed` maps titles of
    the file to those of the training file; `progress` receives the fraction read. Raises BadData.
    """
    trained = with_chosen_fills(origin.inspection, reading)
    settled = _reading(trained.settled, reading)
    table = read_new_files(
        trained, (source,), [name], settled,
        chosen=reading, renamed=renamed, report_of=lambda index: progress,
    )[0]  # fmt: skip
    titles = column_titles(table)
    table = rename_columns(table, renamed or {}, trained.known_titles)
    table = match_titles(table, trained.known_titles)
    identifiers = _find_identifiers(table, trained)
    table, spelled = with_known_spellings(table, trained.encodings)
    table = with_chosen_columns(table, trained, reading)
    settled, left_out = _without_others(table, settled, trained)
    like = replace(trained, settled=settled)
    try:
        new = inspect(table, like=like)
    except BadData as error:
        raise with_way_out(error, clip(name), like) from None
    if new.shape != like.shape:
        raise BadData(
            f"{clip(name)} has inputs of shape {format_shape(new.shape)}, but the run was trained "
            f"on {format_shape(like.shape)}. Use the same columns as in the training file.",
            code="shape_differs",
        )
    inputs = fill_like(new.samples, origin.inspection.samples, origin.train_rows)
    new = replace(new, samples=replace(new.samples, inputs=inputs))
    findings = [
        finding
        for finding in new.findings
        if (finding.level in ("warn", "bad") or finding.code in REPORTED)
        and finding.code not in ABSENT
    ]
    findings = [
        *left_out,
        *spelled,
        *check_matching(trained, table, name),
        *findings,
        *check_range(like, new, name),
        *_check_scale(like, new, name),
    ]
    names = tuple(f"row {number}" for number in new.row_numbers)
    rows = np.searchsorted(table.row_numbers, new.row_numbers)
    cells = {titles[c]: _exact(cells_of(table, c)[rows]) for c in identifiers}
    return TableInputs(np.asarray(inputs), names, tuple(findings), cells)


def column_titles(table: Table) -> list[str]:
    """Return the title of each column of a file, or "column 2" for one without."""
    header = table.header or [""] * table.width
    return [title or f"column {number}" for number, title in enumerate(header, 1)]


def _find_identifiers(table: Table, trained: Inspection) -> list[int]:
    """Return the columns, from 0, that identify the rows: those that training left out, or others
    that are no inputs.
    """
    if table.is_array:
        return []
    header = table.header or ()
    left_out = trained.trained.left_out if trained.trained else ()
    if trained.input_titles.intersection(header):
        others = [c for c, title in enumerate(header) if title not in trained.input_titles]
        known = [c for c in others if header[c] in left_out]
    else:
        others = _other_columns(table, trained.settled, trained)
        known = []
    found = set(find_identifiers(table, list(range(table.width)))) if others else set()
    return [c for c in others if c in known or c in found]


def _exact(cells: np.ndarray) -> np.ndarray:
    """Return cells (N,) with whole numbers as int64, where all are."""
    if cells.dtype.kind == "f" and np.isfinite(cells).all() and not (cells % 1).any():
        return cells.astype(np.int64)
    return cells


def _check_scale(like: Inspection, new: Inspection, name: str) -> list[Finding]:
    """Report images whose values run over a far smaller range than those of the training images:
    they are read with the scale of these.
    """
    if len(like.shape) != 3:
        return []
    black, factor = like.settled.black or 0.0, (like.white - (like.settled.black or 0.0)) / 255
    own = new.settled
    if (own.white, own.black) != (like.settled.white, like.settled.black):
        return []  # chosen for this file
    train, values = (
        [black + factor * float(end) for end in (part.min(), part.max())]
        for part in (sample_rows(like.samples.inputs), new.samples.inputs)
    )
    if SMALLEST_RANGE * (values[1] - black) >= train[1] - black or values[1] <= black:
        return []
    text = (
        f"The values of {clip(name)} run from {short(values[0], 4)} to {short(values[1], 4)}, "
        f"those of the training images from {short(train[0], 4)} to {short(train[1], 4)}. Rescale "
        f"the file, or read it with `predict --white {guess_white(values[1] - black) + black:g}`."
    )
    return [Finding("scale_differs", "warn", text, {"train": train, "new": values})]


def _reading(settled: Reading, chosen: Reading) -> Reading:
    """Return the reading of the training files with the choices for this one, without labels."""
    return settled.with_changes({"duplicates": "keep"} | chosen.changes())


def _without_others(
    table: Table, settled: Reading, trained: Inspection
) -> tuple[Reading, list[Finding]]:
    """Return the reading that leaves out columns which were no inputs in training, and a finding on
    them.
    """
    keys = column_keys(table.header, table.width)
    choices = resolve_choices(
        settled.columns, table.header, table.width, name=table.name, strict=False
    )
    others = _other_columns(table, settled, trained)
    others += [c for c, choice in choices.items() if choice.role == "label" and c not in others]
    columns = {key: choice for key, choice in settled.columns.items() if choice.role != "label"} | {
        keys[c]: ColumnChoice(role="ignore") for c in others
    }
    reading = settled.model_copy(update={"columns": columns, "label_column": "none"})
    if not others:
        return reading, []
    names, titles = [keys[c] for c in sorted(others)], column_titles(table)
    listed = few([titles[c] for c in sorted(others)])
    text = (
        f"{counted(len(names), 'column')} of {table.name} "
        f"{'was' if len(names) == 1 else 'were'} no input in training and "
        f"{'is' if len(names) == 1 else 'are'} left out: {listed}."
    )
    return reading, [Finding("columns_left_out", "info", text, {"columns": names})]


def _other_columns(table: Table, settled: Reading, trained: Inspection) -> list[int]:
    """Return the columns, from 0, that were no inputs: by title, or by their places."""
    columns = trained.trained
    if columns is None or table.is_array:
        return []
    if trained.input_titles.intersection(table.header or ()):
        return [c for c, title in enumerate(table.header) if title not in trained.known_titles]
    if table.header and trained.encodings:
        return []  # all inputs have other titles: which columns they are is asked for
    return find_other_columns(table, trained, settled.label_column)
