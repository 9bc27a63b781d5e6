"""Inspection: from one or two tables to samples, with all findings on the way."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.data.arrays.combine import read_files
from core.data.inspection import doctor
from core.data.inspection.balance import check_order
from core.data.inspection.column_choices import resolve_choices
from core.data.inspection.column_table import ColumnFacts, describe_columns
from core.data.inspection.columns import Columns, find_columns
from core.data.inspection.encoding import ColumnEncoding, input_fills
from core.data.inspection.file_findings import file_findings
from core.data.inspection.file_split import renumber_rows, split_samples
from core.data.inspection.images import build_images
from core.data.inspection.input_columns import TrainedColumns, match_titles, without_inputs
from core.data.inspection.labels import Labels, read_labels
from core.data.inspection.missing_codes import mark_missing
from core.data.inspection.missing_rows import leave_out_rows, remove_duplicates, require_labels
from core.data.inspection.number_codes import check_leading_zeros, read_as_text
from core.data.inspection.pixel_columns import pixels_differ
from core.data.inspection.sample_kind import TINY, are_pixels, decide_form, form_finding
from core.data.inspection.stray import leave_out_stray
from core.data.inspection.tabular import build_rows
from core.data.inspection.turned import refuse_turned
from core.data.reading import Reading
from core.data.samples import Samples
from core.data.spreadsheet.faults import first_fault
from core.data.spreadsheet.source import Source
from core.data.spreadsheet.table import Table


@dataclass(frozen=True)
class Inspection:
    """The contents of one or two spreadsheets.

    `shape` is (C, H, W) or (F,). `classes` is empty for values to predict, and without labels
    (`label_column="none"`). `settled` is the reading with every detected choice filled in, and
    `encodings` say how the columns of a table became inputs; test files are read with both.
    `column_table` describes the columns of the first file, if its rows are not images.
    `row_numbers` are the spreadsheet's numbers of the rows that were not left out.
    """

    rows: int
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    findings: tuple[Finding, ...]
    samples: Samples
    white: float = 255.0
    settled: Reading = field(default_factory=Reading)
    encodings: tuple[ColumnEncoding, ...] = ()
    trained: TrainedColumns | None = None
    column_table: tuple[ColumnFacts, ...] = ()
    row_numbers: Sequence[int] = ()

    @property
    def pixel_titles(self) -> tuple[str, ...]:
        """The titles of the columns of images, empty without a header or for a table."""
        has_pixels = len(self.shape) == 3 and self.trained is not None
        return self.trained.titles if has_pixels else ()

    @property
    def input_titles(self) -> set[str]:
        """The titles of the input columns of a table or of images; empty without a header."""
        titles = self.trained.titles if self.trained else ()
        return {*titles, *(encoding.title for encoding in self.encodings)} - {""}

    @property
    def known_titles(self) -> set[str]:
        """The titles of the input columns, and of those that were left out as identifiers."""
        return {*self.input_titles, *(self.trained.left_out if self.trained else ())}

    @property
    def labelled(self) -> bool:
        """Whether there are labels to learn from."""
        return self.settled.label_column != "none"


def inspect_files(
    images: Source,
    labels: Source | None = None,
    *,
    names: tuple[str, str] = ("", ""),
    reading: Reading | None = None,
) -> Inspection:
    """Read and inspect files; `names` appear in messages instead of the files' own names.

    Raises BadData, NotFound.
    """
    reading = reading or Reading()
    shown = [
        name or getattr(source, "name", default)
        for source, name, default in zip(
            (images, labels), names, ("images.csv", "labels.csv"), strict=True
        )
    ]
    inputs, targets, *_ = read_files((images, labels), shown, reading, lambda index: None)
    return inspect(inputs, targets, reading=reading)


def inspect(
    images: Table,
    labels: Table | None = None,
    *,
    reading: Reading | None = None,
    like: Inspection | None = None,
) -> Inspection:
    """Inspect the samples in these tables.

    `like` is the inspection of the training samples that test samples must match; its settled
    reading is used. Raises BadData with the table of the columns of the first file, unless they
    are pixels of which none is at fault.
    """
    if like:
        images = match_titles(images, like.known_titles)
    try:
        return _inspect(images, labels, reading, like)
    except BadData as error:
        if like and error.code == "shape_mismatch":
            titles = like.trained.titles if like.trained else ()
            error = pixels_differ(images, like.shape, titles)
        if not error.columns and images.width >= TINY and are_pixels(images):
            raise error from None
        error.column_table = _describe_columns(
            images, labels, like.settled if like else reading or Reading(), error.columns
        )
        raise error from None


def _describe_columns(
    images: Table, labels: Table | None, reading: Reading, problems: Mapping[int, str]
) -> tuple[ColumnFacts, ...]:
    """Return the table of the columns of a file that was refused."""
    columns = None
    with suppress(BadData):
        images = _with_chosen_texts(images, reading)
        columns = find_columns(images, labels, reading, strict=False)
    choices = resolve_choices(
        reading.columns, images.header, images.width, name=images.name, strict=False
    )
    return describe_columns(images, columns, choices, problems)


def _inspect(
    images: Table, labels: Table | None, reading: Reading | None, like: Inspection | None
) -> Inspection:
    reading = _stated(images, labels, like.settled if like else reading or Reading())
    images = _with_chosen_texts(images, reading)
    refuse_turned(images, labels)
    if reading.form != "table" and are_pixels(images) and (fault := first_fault(images)):
        raise fault
    columns = find_columns(
        images, labels, reading, strict=like is None, trained=like.trained if like else None
    )
    used = leave_out_rows(columns, images.name)
    require_labels(used, images if labels is None else labels)
    inspection = _examine(used, images, labels, reading, like)
    has_images = len(inspection.shape) == 3
    if has_images and reading.stray == "rows":
        fewer = leave_out_stray(used, inspection.settled)
        if fewer is not used:
            used, inspection = fewer, _examine(fewer, images, labels, reading, like)
    if reading.duplicates == "remove":
        fewer = remove_duplicates(used, has_images=has_images)
        if fewer is not used:
            inspection = _examine(fewer, images, labels, reading, like)
    if has_images:
        return inspection
    zeros = check_leading_zeros(images, columns) if like is None else []
    return replace(
        inspection,
        findings=(*inspection.findings, *zeros),
        column_table=describe_columns(images, columns, columns.choices),
    )


def _examine(
    columns: Columns, images: Table, labels: Table | None, reading: Reading, like: Inspection | None
) -> Inspection:
    """Turn the columns into samples, with the findings on them."""
    decision = decide_form(
        columns.values, columns.titles, name=images.name, reading=reading, words=bool(columns.words)
    )
    reading = reading.model_copy(
        update={
            "form": decision.form,
            "label_column": columns.label_column,
            "columns": reading.with_changes({"columns": columns.label_roles}).columns,
        }
    )
    table = decision.form == "table"
    decoded = _labels(columns, reading, like, table)
    targets = decoded.targets if columns.labels is not None else None
    names, encodings = (), ()
    if table:
        inputs, names, encodings, findings = build_rows(
            columns, images.name, like.encodings if like else ()
        )
        findings += doctor.check_duplicates(
            inputs, targets, "row", numbers=columns.rows, left_out=columns.unused
        )
    else:
        inputs, reading, findings = build_images(columns, images, reading, targets)
    reported = {finding.code for finding in columns.findings}
    of_files = [
        f
        for f in file_findings(images, labels, reading, len(columns.values))
        if f.code not in reported
    ]
    form = form_finding(decision, inputs.shape[1:], columns.values.shape[1])
    findings = [
        *of_files,
        *(columns.findings if table else without_inputs(columns.findings)),
        *([form] if form else []),
        *findings,
        *decoded.findings,
    ]
    if targets is not None:
        findings += check_order(targets, classes=bool(decoded.classes))
        reading = reading.model_copy(update={"task": decoded.task})
    samples = Samples(
        images.name,
        inputs,
        decoded.targets,
        decoded.classes,
        columns=names,
        row_numbers=np.asarray(columns.rows, np.int64),
        fills=input_fills(encodings),
        keys=columns.keys,
    )
    if columns.split and like is None:
        samples = split_samples(samples, columns.split.parts)
        findings = (columns.split.finding(), *renumber_rows(findings, columns.split.parts))
    return Inspection(
        rows=len(samples),
        shape=samples.shape,
        classes=decoded.classes,
        findings=tuple(findings),
        samples=samples,
        white=reading.white or 255.0,
        settled=reading,
        encodings=encodings,
        trained=columns.trained,
        row_numbers=columns.rows,
    )


def _with_chosen_texts(images: Table, reading: Reading) -> Table:
    """Return the table of inputs with text for numbers that are chosen to be encoded as text, and
    with the missing-value codes of the reading as missing cells.
    """
    choices = resolve_choices(
        reading.columns, images.header, images.width, name=images.name, strict=False
    )
    return mark_missing(read_as_text(images, choices), choices)


def _stated(images: Table, labels: Table | None, reading: Reading) -> Reading:
    """Return the reading with what the file states: shape and colour order of its images.

    A file of images without labels has none: no column of pixels is taken for them.
    """
    if images.shape is None or reading.form == "table":
        return reading
    changes: dict[str, Any] = {"shape": reading.shape or images.shape}
    if reading.channels == "auto":
        changes["channels"] = images.channels
    if labels is None and reading.label_column == "auto":
        changes["label_column"] = "none"
    return reading.model_copy(update=changes)


def _labels(columns: Columns, reading: Reading, like: Inspection | None, table: bool) -> Labels:
    if columns.labels is None:
        return Labels(np.zeros(len(columns.values), np.int64), (), ())
    return read_labels(
        columns.labels,
        name=columns.name,
        rows=columns.label_rows,
        classes=(like.classes or None) if like else None,
        task=columns.task if reading.task == "auto" else reading.task,
        title=columns.label_title,
        table=table,
        merge=reading.merge_classes,
    )
