"""The command that inspects spreadsheets, and prints the option that applies each suggested fix."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import BadData
from core.base.text import aligned, clip
from core.commands.options import as_options, fixes_as_options, reading_from
from core.commands.requested import Answer, optional_path
from core.commands.terminal import Terminal

if TYPE_CHECKING:
    from core.data.inspection.column_table import ColumnFacts

MOST_COLUMNS = 40  # lines of the table of columns
SIGNS = {"ok": "✓", "info": "·", "warn": "!", "bad": "✗"}


def inspect(arguments: Namespace, terminal: Terminal) -> Answer:
    """Report rows, shape, classes and findings of one or two spreadsheets."""
    from core.data.inspection.inspect import inspect_files

    try:
        inspection = inspect_files(
            Path(arguments.images),
            optional_path(arguments.labels),
            reading=reading_from(arguments),
        )
    except BadData as error:
        print_columns(error.column_table, terminal)
        if options := fixes_as_options(error):
            terminal.print("Try one of:", *(f"    {option}" for option in options))
        raise
    print_columns(inspection.column_table, terminal)
    for finding in inspection.findings:
        terminal.print(f"{SIGNS[finding.level]} {finding.text}")
        if finding.action:
            terminal.print(f"    {finding.action.label}: {as_options(finding.action.changes)}")
    return {
        "rows": inspection.rows,
        "shape": list(inspection.shape),
        "classes": list(inspection.classes),
        "findings": [asdict(finding) for finding in inspection.findings],
        "columns": [asdict(facts) for facts in inspection.column_table],
    }


def print_columns(table: "Sequence[ColumnFacts]", terminal: Terminal) -> None:
    """Print the table of the columns, and a blank line after it; of many, those with a problem."""
    if len(table) > MOST_COLUMNS:
        table = [facts for facts in table if facts.problem]
    if table:
        rows = [("Column", "Type", "Missing", "Distinct", "Role", "Example", "Filled with", "")]
        for facts in table:
            sizes = (str(facts.missing or "–"), str(facts.distinct))
            mark = f"! {facts.problem}" if facts.problem else ""
            filled = (facts.example, facts.fill, mark)
            rows.append((clip(facts.key), facts.type, *sizes, facts.role, *filled))
        if not any(facts.fill for facts in table):
            rows = [(*row[:-2], row[-1]) for row in rows]
        terminal.print(*aligned(rows), "")
