"""The trash: deleted runs can be restored for seven days.

After that they are removed for good when the lab starts or when another run is deleted. The
modification time of a folder in the trash is that of the deletion.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Callable

from core.base.errors import BadInput, NotFound, Unavailable
from core.runs.store import Store

TRASH_DAYS = 7


def delete(store: Store, run: str) -> None:
    """Move the run to the trash. Raises BadInput while it is being trained."""
    folder, trash = store.path(run), store.trash.root
    if store.is_owned(run):
        raise BadInput(
            f"Run {run} is being trained. Stop it before you delete it.", code="run_in_progress"
        )
    try:
        trash.mkdir(exist_ok=True)
        os.utime(folder)
        folder.rename(trash / run)  # one step, also while others read it
    except OSError as error:
        raise Unavailable(
            f"{folder} cannot be moved to the trash ({error.strerror}). Grant write access to "
            f"{store.home}.",
            code="trash_not_writable",
        ) from None
    purge(store)


def restore(store: Store, run: str) -> None:
    """Restore a deleted run. Raises NotFound if it is not in the trash."""
    store.trash.path(run).rename(store.root / run)


def deletion_times(store: Store) -> dict[str, float]:
    """Return when each run in the trash was deleted, in seconds since 1970, latest first."""
    times = {}
    for run in store.trash.ids():
        with contextlib.suppress(NotFound):  # removed for good meanwhile
            times[run] = store.trash.path(run).stat().st_mtime
    return dict(sorted(times.items(), key=lambda pair: -pair[1]))


def purge(
    store: Store, days: float = TRASH_DAYS, which: Callable[[str], bool] = lambda run: True
) -> int:
    """Remove for good `which` runs have been in the trash for `days`. Returns their number."""
    old = time.time() - 86_400 * days
    gone = [run for run, when in deletion_times(store).items() if when <= old and which(run)]
    for run in gone:
        shutil.rmtree(store.trash.root / run, ignore_errors=True)
    return len(gone)
