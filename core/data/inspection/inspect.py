"""Inspection: from one or two tables to samples, and all that was found, in plain words."""

from dataclasses import dataclass, field

import numpy as np

from core.base.text import clip, counted
from core.data.inspection import doctor
from core.data.inspection.balance import order
from core.data.inspection.columns import Columns, find_columns
from core.data.inspection.finding import Finding
from core.data.inspection.images import as_pictures
from core.data.inspection.labels import Labels, read_labels
from core.data.inspection.sample_kind import decide, form_finding
from core.data.inspection.tabular import as_rows
from core.data.reading import Reading
from core.data.samples import Samples
from core.data.spreadsheet.source import Source
from core.data.spreadsheet.table import Table, read_table

SIGNS = {";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}


@dataclass(frozen=True)
class Inspection:
    """What two spreadsheets hold.

    `shape` is (C, H, W) or (F,); `classes` is empty for values, and where there are no labels
    (`label_column="none"`). `settled` is the reading with all that was found filled in: test files
    are read by it.
    """

    rows: int
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    findings: tuple[Finding, ...]
    samples: Samples
    white: float = 255.0
    settled: Reading = field(default_factory=Reading)

    @property
    def labelled(self) -> bool:
        """Whether there is something to learn."""
        return self.settled.label_column != "none"


def inspect_files(
    images: Source,
    labels: Source | None = None,
    *,
    names: tuple[str, str] = ("", ""),
    reading: Reading | None = None,
) -> Inspection:
    """Read and inspect; `names` stand in messages, a path's own name where they are empty.

    Raises BadData, NotFound.
    """
    reading = reading or Reading()
    sources = [s for s in (images, labels) if s is not None]
    defaults = ("images.csv", "labels.csv")
    shown = [n or getattr(s, "name", d) for s, n, d in zip(sources, names, defaults, strict=False)]
    return inspect(
        *(read_table(s, n, reading.header, reading.sheet) for s, n in zip(sources, shown)),
        reading=reading,
    )


def inspect(
    images: Table,
    labels: Table | None = None,
    *,
    reading: Reading | None = None,
    like: Inspection | None = None,
) -> Inspection:
    """The samples in these tables.

    `like`: the training samples that test samples must match; they are read by its settled reading.
    Raises BadData.
    """
    reading = like.settled if like else reading or Reading()
    columns = find_columns(images, labels, reading)
    decision = decide(
        columns.values, columns.titles, name=images.name, reading=reading, words=bool(columns.words)
    )
    reading = reading.model_copy(update={"form": decision.form, "label_column": columns.place})
    table = decision.form == "table"
    known = _labels(columns, reading, like, table)
    targets = known.targets if columns.labels is not None else None
    names: tuple[str, ...] = ()
    if table:
        trained = (like.shape[0], like.samples.columns) if like else None
        inputs, names, found = as_rows(columns, images.name, trained)
        found += doctor.repeated(inputs, targets, "row")
    else:
        inputs, reading, found = as_pictures(columns, images.name, reading, targets)
    first = _table_findings(images, labels, reading)
    told = {finding.code for finding in columns.findings}
    first = [finding for finding in first if finding.code not in told]
    form = form_finding(decision, columns.values.shape[1])
    found = [*first, *columns.findings, *([form] if form else []), *found, *known.findings]
    if targets is not None:
        found += order(targets, classes=bool(known.classes))
        reading = reading.model_copy(update={"task": known.task})
    samples = Samples(images.name, inputs, known.targets, known.classes, columns=names)
    return Inspection(
        len(inputs), samples.shape, known.classes, tuple(found), samples,
        reading.white or 255.0, reading,
    )  # fmt: skip


def _labels(columns: Columns, reading: Reading, like: Inspection | None, table: bool) -> Labels:
    if columns.labels is None:
        return Labels(np.zeros(len(columns.values), np.int64), (), ())
    return read_labels(
        columns.labels,
        name=columns.name,
        first_row=columns.first_row,
        classes=(like.classes or None) if like else None,
        task=reading.task,
        title=columns.label_title,
        table=table,
    )


def _table_findings(images: Table, labels: Table | None, reading: Reading) -> list[Finding]:
    """How many rows, what stood above and between them."""
    noun = "row" if reading.form == "table" else "picture"
    found = [Finding("row_count", "ok", f"{counted(len(images), noun)}.")]
    for table, code in ((images, "header"), (labels, "label_header")):
        if table is not None:
            found.append(_header(table, code, reading))
    signs = {SIGNS.get(t.delimiter) for t in (images, labels) if t is not None} - {None}
    if signs:
        said = f"Values stand between {' and '.join(sorted(signs))}, not commas."
        found.append(Finding("delimiter", "ok", said))
    notes = [note for t in (images, labels) if t is not None for note in t.notes]
    return [*found, *(Finding(f"note_{i + 1}", "info", note) for i, note in enumerate(notes))]


def _header(table: Table, code: str, reading: Reading) -> Finding:
    """Whether names stand in the first row; the other way is offered where that may be wrong."""
    auto, fix = reading.header == "auto", None
    if table.header is not None:
        said = f"{table.name} has a header in its first row ({clip(', '.join(table.header))})."
        doubtful = all(cell.strip().lstrip("-").isdigit() for cell in table.header)
        fix = {"header": "no"} if doubtful else None
    else:
        said = f"{table.name} has no header."
        counts = table.values.shape[1] >= 3 and (np.diff(table.values[0].astype(float)) == 1).all()
        fix = {"header": "yes"} if counts and not table.words else None
    if not (fix and auto and code == "header"):
        return Finding(code, "ok", said)
    action = "It has none" if table.header is not None else "It is a header"
    said = f"{said.removesuffix('.')}, but its first row only counts up."
    return Finding(code, "info", said, fix, action)
