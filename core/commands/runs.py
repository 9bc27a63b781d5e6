"""The commands about runs that are there: list them, make an archive of one, open one of another
lab. Each prints for people, and answers with plain data for `--json`.
"""

from argparse import Namespace
from pathlib import Path
from typing import Any

from core.base.errors import NotFound, Unavailable
from core.base.files import write_atomic
from core.commands.screen import right
from core.runs.store import Store

Answer = dict[str, Any]
PARTS = ("train", "validation", "test")


def runs(given: Namespace) -> Answer:
    """All runs, newest first."""
    from core.runs.state import stored_state
    from core.runs.summary import ended, summaries

    store, rows = Store(), []
    found, unread = summaries(store)
    for row in found:
        end = ended(store, row.run)
        scores = {part: getattr(end, part) for part in PARTS} if end else {}
        rows.append(
            {
                "run": row.run,
                "name": row.name,
                "state": stored_state(store, row.run),
                "epochs": row.epochs,
                "best_epoch": row.best_epoch,
                "tags": list(row.tags),
                "note": row.note,
                **scores,
            }
        )
    if not given.json:
        for row in rows:
            reached = right(row.get("test") or row.get("validation"))
            tags = "".join(f"  #{tag}" for tag in row["tags"])
            print(f"{row['run']}  {row['state']:<12}{reached:>14}  {row['name']}{tags}")
        if unread:
            print(f"{unread} of another version cannot be shown.")
        if not rows:
            print(f"No runs in {store.root} yet: python -m core train digits")
    return {"runs": rows}


def archive(given: Namespace) -> Answer:
    """One run as a ZIP file that another lab opens."""
    from core.export.archive import pack

    store = Store()
    run = store.find(given.run)
    path = Path(given.to or f"{run}.zip")
    try:
        write_atomic(path, lambda file: pack(store, run, file, with_data=given.data))
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be written ({error.strerror}): name another place with --to."
        ) from None
    if not given.json:
        print(f"{path}, {path.stat().st_size / 1e6:.1f} MB: open it with python -m core open")
    return {"run": run, "archive": str(path), "bytes": path.stat().st_size}


def open(given: Namespace) -> Answer:
    """The archive of a run becomes a run here."""
    from core.export.opening import open_archive

    path = Path(given.archive)
    try:
        with path.open("rb") as file:
            found = open_archive(Store(), file, path.name)
    except OSError as error:
        raise NotFound(
            f"{given.archive[:80]} cannot be read ({error.strerror}): name an archive of a run."
        ) from None
    if not given.json:
        print(f"Run {found.run}  {found.name}")
        if found.warning:
            print("!", found.warning.text)
    return {
        "run": found.run,
        "name": found.name,
        "lacks": found.warning.text if found.warning else "",
    }
