"""Findings on the files themselves: the number of rows, headers, delimiters, and the notes of the
reader such as which sheet of a workbook was read.
"""

from dataclasses import replace

import numpy as np

from core.base.finding import Action, Finding
from core.base.text import clip, counted
from core.data.reading import Reading
from core.data.spreadsheet.table import Table

DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces"}


def file_findings(
    images: Table, labels: Table | None, reading: Reading, rows: int
) -> list[Finding]:
    """Return the number of rows, the headers, and what was converted to read the files."""
    noun = "row" if reading.form == "table" else "image"
    findings = [Finding("row_count", "ok", f"{counted(rows, noun)}.", {"rows": rows})]
    for table, code in ((images, "header"), (labels, "label_header")):
        if table is not None and not table.is_array:
            findings.append(_header_finding(table, code, reading))
    if images.shape and labels is None and reading.label_column == "none":
        text = f"{images.name} has no labels. Add a file with one label per image to train on it."
        findings.append(Finding("labels_missing", "warn", text, {"rows": len(images)}))
    tables = [table for table in (images, labels) if table is not None]
    names = sorted({DELIMITERS[t.delimiter] for t in tables if t.delimiter in DELIMITERS})
    if names:
        text = f"Values are separated by {' and '.join(names)} instead of commas."
        findings.append(Finding("delimiter", "ok", text, {"delimiters": names}))
    notes = [
        _with_sheet_to_choose(note, reading, is_pair=labels is not None, is_labels=table is labels)
        for table in tables
        for note in table.notes
    ]
    return [*findings, *notes]


def _with_sheet_to_choose(
    note: Finding, reading: Reading, *, is_pair: bool, is_labels: bool
) -> Finding:
    """Return a finding on the sheets of a workbook with an action only where it has an effect."""
    if note.code != "sheet" or note.action is None:
        return note
    ((field, sheet),) = note.action.changes.items()
    if reading.label_sheet or (is_pair and not is_labels and field == "label_sheet"):
        return replace(note, action=None)
    if is_labels:
        return replace(note, action=Action(note.action.label, {"label_sheet": sheet}))
    return note


def _header_finding(table: Table, code: str, reading: Reading) -> Finding:
    """Report whether the first row is a header; offer the other reading where in doubt."""
    action = None
    has_header = table.header is not None
    if has_header:
        text = f"{table.name} has a header ({clip(', '.join(table.header))})."
        if all(cell.strip().lstrip("-").isdigit() for cell in table.header):
            action = Action("Treat first row as data", {"header": "no"})
    else:
        text = f"{table.name} has no header."
        counts = table.values.shape[1] >= 3 and (np.diff(table.values[0].astype(float)) == 1).all()
        if counts and not table.words:
            action = Action("Treat first row as header", {"header": "yes"})
    evidence = {"header": has_header}
    if not (action and reading.header == "auto" and code == "header"):
        return Finding(code, "ok", text, evidence)
    text += " The first row only counts up: check whether it is data or a header."
    return Finding(code, "info", text, evidence, action)
