"""The commands for existing runs: list them, archive one, open an archive from another lab. Each
returns the plain data of `--json`.
"""

from argparse import Namespace
from pathlib import Path

from core.base.errors import NotFound, Unavailable
from core.base.files import write_atomic
from core.base.settings import settings
from core.base.text import aligned
from core.commands.requested import Answer
from core.commands.terminal import Terminal
from core.runs.score import summarize
from core.runs.store import Store

PARTS = ("train", "validation", "test")


def list_runs(arguments: Namespace, terminal: Terminal) -> Answer:
    """List all runs, newest first."""
    from core.runs.state import stored_state
    from core.runs.summary import ended, summaries

    store, runs = Store(), []
    readable, unreadable = summaries(store)
    for summary in readable:
        end = ended(store, summary.run)
        scores = {part: getattr(end, part) for part in PARTS} if end else {}
        runs.append(
            {
                "run": summary.run,
                "name": summary.name,
                "state": stored_state(store, summary.run),
                "epochs": summary.epochs,
                "best_epoch": summary.best_epoch,
                "tags": list(summary.tags),
                "note": summary.note,
                "changes": list(summary.changes),
                **scores,
            }
        )
    lines = []
    for run in runs:
        result = summarize(run.get("test") or run.get("validation"), settings().score)
        tags = "".join(f" #{tag}" for tag in run["tags"])
        changes = "".join(f", {change}" for change in run["changes"])
        name = f"{run['name']}{changes}{tags}"
        lines.append((run["run"], run["state"].label, f"{result:>16}", name))
    terminal.print(*aligned(lines))
    terminal.print(*(f"! {reason}" for reason in unreadable.values()))
    if not runs:
        terminal.print(f"No runs in {store.root}. Train one with: python -m core train digits")
    return {"runs": runs}


def archive_run(arguments: Namespace, terminal: Terminal) -> Answer:
    """Write one run to a ZIP file that another lab can open."""
    from core.export.archive import pack

    store = Store()
    run = store.find(arguments.run)
    path = Path(arguments.to or f"{run}.zip")
    try:
        write_atomic(path, lambda file: pack(store, run, file, with_data=arguments.data))
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be written ({error.strerror}). Choose another path with --to.",
            code="archive_not_writable",
        ) from None
    size = path.stat().st_size
    terminal.print(
        f"{path}, {size / 1e6:.1f} MB. Open it in another lab with: python -m core open {path.name}"
    )
    return {"run": run, "archive": str(path), "bytes": size}


def open_archive(arguments: Namespace, terminal: Terminal) -> Answer:
    """Add the run of an archive to this lab."""
    from core.export import opening

    path = Path(arguments.archive)
    try:
        with path.open("rb") as file:
            opened = opening.open_archive(Store(), file, path.name)
    except OSError as error:
        raise NotFound(
            f"{arguments.archive[:80]} cannot be read ({error.strerror}). Choose the archive of a "
            "run.",
            code="archive_not_readable",
        ) from None
    terminal.print(f"Run {opened.run}  {opened.name}")
    warning = opened.warning.text if opened.warning else ""
    if warning:
        terminal.print(f"! {warning}")
    return {"run": opened.run, "name": opened.name, "lacks": warning}
