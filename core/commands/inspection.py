"""The command that inspects spreadsheets, and prints the option that applies each suggested fix."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from core.base.errors import BadData
from core.commands.experiments import Answer, optional_path
from core.commands.options import as_options, reading_from
from core.commands.terminal import Terminal

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
        if error.fixes:
            terminal.print(f"Try: {' or '.join(map(as_options, error.fixes))}")
        raise
    for finding in inspection.findings:
        terminal.print(f"{SIGNS[finding.level]} {finding.text}")
        if finding.action:
            terminal.print(f"    {finding.action.label}: {as_options(finding.action.changes)}")
    return {
        "rows": inspection.rows,
        "shape": list(inspection.shape),
        "classes": list(inspection.classes),
        "findings": [asdict(finding) for finding in inspection.findings],
    }
