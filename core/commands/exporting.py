"""The command that exports a finished run: the same files as the tab Export of its page."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.encoding import change
from core.base.errors import BadInput
from core.base.numbers import size
from core.commands.inspection import SIGNS
from core.commands.requested import Answer, parse_assignments
from core.commands.terminal import Terminal
from core.runs.store import Store

if TYPE_CHECKING:
    from core.export.export_format import ExportFormat


def export(arguments: Namespace, terminal: Terminal) -> Answer:
    """Write a finished run as a file in the format of --to."""
    from core.export import exports

    store = Store()
    run = store.find(arguments.run)
    format = _chosen(arguments, [store.find(other) for other in arguments.others])
    path = Path(arguments.file or format.file_name(run))
    files, result = exports.export(store, run, format, path, terminal.progress)
    terminal.progress(1.0)
    findings = format.findings(result)
    terminal.print(*(f"{file}  {_size(file)}" for file in files))
    terminal.print(*(f"{SIGNS[finding.level]} {finding.text}" for finding in findings))
    return {
        "run": run,
        "format": format.kind,
        "files": [str(file) for file in files],
        "result": result,
        "findings": [asdict(finding) for finding in findings],
    }


def _chosen(arguments: Namespace, others: list[str]) -> "ExportFormat":
    """Return the format with its options; `others` are further runs. Raises BadInput."""
    from core.export.catalogue import ExportFormat

    if not (member := ExportFormat.members.get(arguments.to)):
        raise BadInput(
            f"{arguments.to} is not an export format. Choose from "
            f"{', '.join(sorted(ExportFormat.members))}.",
            code="unknown_format",
        )
    if others and "others" not in member.model_fields:
        raise BadInput(
            f"{member.label} is a file of one run, but {len(others) + 1} are named. Export one "
            "run at a time, or use --to report.",
            code="too_many_runs",
        )
    format = change(member(), "others", others) if others else member()
    for name, value in parse_assignments(arguments.set):
        format = change(format, name, value)
    if not arguments.prove:
        return format
    if (with_proof := format.with_proof()) is None:
        raise BadInput(
            f"--prove compares the losses of exported code, but {format.label} has none. Leave "
            "--prove out: what can be compared is always compared.",
            code="nothing_to_prove",
        )
    return with_proof


def _size(path: Path) -> str:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return size(sum(file.stat().st_size for file in files))
