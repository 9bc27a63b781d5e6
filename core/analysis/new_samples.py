"""New labelled samples for a run that has ended: read like its training data, and compared."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np

from core.analysis.column_fills import with_chosen_columns, with_chosen_fills, with_way_out
from core.analysis.new_files import read_new_files, with_known_spellings
from core.analysis.trained import TrainedRun
from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import percent
from core.base.text import clip, few, format_shape
from core.data.datasets import Spreadsheets
from core.data.inspection.encoding import ColumnEncoding
from core.data.inspection.input_columns import TrainedColumns, match_titles, rename_columns
from core.data.inspection.inspect import Inspection, inspect
from core.data.inspection.train_test import compare
from core.data.library import Library
from core.data.reading import Reading
from core.data.spreadsheet.table import Table

REPORTED = {  # with any level
    *("unseen_values", "missing_filled", "not_numbers", "rows_left_out"),
    *("sheet", "legacy_encoding", "thousands", "units", "notation", "second_header"),
}
OUTSIDE = 0.01  # fraction of values outside the training range that is reported
FAR = 1.0  # ranges of training from which a single value outside of it is reported


@dataclass(frozen=True)
class NewSamples:
    """Inputs and targets in the form of core/data/samples.Samples, the findings on them, and the
    numbers (N,) of their rows in their spreadsheet.
    """

    inputs: np.ndarray
    targets: np.ndarray
    findings: tuple[Finding, ...]
    row_numbers: np.ndarray | None


def read_new_samples(
    trained: TrainedRun,
    images: Path,
    labels: Path | None = None,
    *,
    reading: Reading,
    renamed: Mapping[str, str] | None = None,
) -> NewSamples:
    """Read files with the columns, classes and scale of the run's data; `reading` holds the choices
    that differ from those of the training files, and `renamed` maps titles of the new file to those
    of the training file. Raises BadData, NotFound.
    """
    like = training_inspection(trained)
    like = replace(like, settled=_reading(like.settled, reading, has_labels=labels is not None))
    like = with_chosen_fills(like, reading)
    names = [path.name if path else "" for path in (images, labels)]
    tables = read_new_files(
        like, (images, labels), names, like.settled,
        chosen=reading, renamed=renamed, report_of=lambda index: None,
    )  # fmt: skip
    inputs = rename_columns(tables[0], renamed or {}, like.known_titles)
    inputs = match_titles(inputs, like.known_titles)
    inputs, spelled = with_known_spellings(inputs, like.encodings)
    inputs = with_chosen_columns(inputs, like, reading)
    try:
        new = inspect(inputs, tables[1], like=like)
    except BadData as error:
        raise with_way_out(error, images.name, like) from None
    new = replace(new, samples=replace(new.samples, inputs=trained.fill(new.samples)))
    like = replace(like, samples=trained.data)
    _check(new, like, images.name)
    findings = [f for f in new.findings if f.level in ("warn", "bad") or f.code in REPORTED]
    findings += spelled
    findings += [f for f in compare(like, new, images.name) if f.code != "test_rows"]
    findings += check_range(like, new, images.name)
    findings += check_matching(like, inputs, images.name)
    samples = new.samples
    return NewSamples(samples.inputs, samples.targets, tuple(findings), samples.row_numbers)


def training_inspection(trained: TrainedRun) -> Inspection:
    """Return what is known of the training files; a ready-made dataset is described as a file."""
    choice, data = trained.experiment.data.uncorrected, trained.data
    if isinstance(choice, Spreadsheets):
        return Library(trained.store.home).inspection(choice.digest)
    has_images, count = len(data.shape) == 3, prod(data.shape)
    settled = Reading(
        form="images" if has_images else "table",
        shape=data.shape if has_images else None,
        task="classes" if data.classes else "values",
    )
    encodings = () if has_images else tuple(ColumnEncoding("", 0, i) for i in range(count))
    return Inspection(
        rows=len(data),
        shape=data.shape,
        classes=data.classes,
        findings=(),
        samples=data,
        settled=settled,
        encodings=encodings,
        trained=TrainedColumns(count, (), ()),
    )


def _reading(settled: Reading, chosen: Reading, *, has_labels: bool) -> Reading:
    """Return the reading of the training files with the choices for the new ones."""
    columns = settled.columns
    changes = {"duplicates": "keep"}
    if has_labels:  # The labels come from their own file, whichever file they came from before.
        columns = {key: choice for key, choice in columns.items() if choice.role != "label"}
        changes["label_column"] = "auto"
    settled = settled.model_copy(update={"columns": columns})
    return settled.with_changes(changes | chosen.changes())


def _check(new: Inspection, like: Inspection, name: str) -> None:
    """Raise BadData unless the samples have labels, and the shape and task of the training data."""
    if not new.labelled:
        raise BadData(
            f"{name} has no labels to compare the predictions with. Add a file with labels, or "
            "name the label column with --label.",
            ({"label_column": "auto"},),
            code="labels_missing",
        )
    if new.shape != like.shape:
        raise BadData(
            f"{name} has inputs of shape {format_shape(new.shape)}, but the run was trained on "
            f"{format_shape(like.shape)}. Use the same columns as in the training file.",
            code="shape_differs",
        )


def check_range(like: Inspection, new: Inspection, name: str) -> list[Finding]:
    """Report the columns of a table of which several values are outside the range of the training
    rows, which may have gaps, or one is far from it.
    """
    if len(like.shape) == 3:
        return []
    known = like.samples.inputs
    low, high = np.fmin.reduce(known, 0), np.fmax.reduce(known, 0)  # NaN does not count
    values, far = new.samples.inputs, FAR * (high - low)
    outside = ((values < low) | (values > high)).mean(0)
    is_far = ((values < low - far) | (values > high + far)).any(0)
    columns = np.flatnonzero((outside > OUTSIDE) | is_far)
    if not len(columns):
        return []
    titles = like.samples.columns or [f"column {i + 1}" for i in range(len(low))]
    worst = columns[np.argsort(-outside[columns], kind="stable")]
    listed = few([f"{clip(titles[i])} ({percent(outside[i])} of rows)" for i in worst[:5]])
    text = (
        f"{name} has values outside the range of the training data: {listed}. Predictions there "
        "are extrapolations: check the unit of these columns."
    )
    evidence = {titles[i]: float(outside[i]) for i in worst}
    return [Finding("outside_range", "warn", text, {"outside": evidence})]


def check_matching(like: Inspection, table: Table, name: str) -> list[Finding]:
    """Report that the columns of a file are matched by their order, although it has titles or the
    training file has some: none is in both.
    """
    own = [title for title in table.header or () if title]
    if table.is_array or like.input_titles.intersection(own) or not (own or like.input_titles):
        return []
    if not own:
        reason = f"{name} has no header"
    elif not like.input_titles:
        reason = "No column titles are stored for the training data"
    else:
        reason = f"No title of {name} is one of the training file"
    text = (
        f"{reason}, so columns are matched by their order. Check that those of {name} are in the "
        "order of the training data."
    )
    return [Finding("matched_by_order", "info", text, {"titles": own[:5]})]
