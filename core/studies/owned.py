"""The frame of a study or search in progress: one process holds its folder, and whatever happens is
written as its end.
"""

import contextlib
from collections.abc import Callable

from core.base.events import Ended, to_json
from core.runs.store import Store
from core.studies.places.place import INTERNAL_ERROR, OUT_OF_MEMORY, explain


def compute_owned(
    store: Store, job: str, compute: Callable[[], Ended | None], watch: Callable[[Ended], None]
) -> Ended | None:
    """Hold the folder of the job while `compute()` works on it, write its end and return it; None
    where it was left interrupted. An error is the end "failed". Raises BadInput only when another
    process holds the job.
    """
    with store.own(job):
        try:
            ended = compute()
        except Exception as error:
            ended = failed_end(error, store.noun, job)
        if ended:
            with contextlib.suppress(OSError):
                store.append(job, to_json(ended))
            watch(ended)
        return ended


def failed_end(error: Exception, noun: str, job: str) -> Ended:
    """Return the end of a failed job. Its code names a violated rule; faults have none."""
    if isinstance(error, OSError):
        message = (
            f"The folder of the {noun} cannot be written ({error.strerror}). Free disk space, then "
            f"resume the {noun}."
        )
        return Ended("failed", message, 0, 0)
    explained = explain(error, f"{noun} {job}")
    code = "" if explained.code in (INTERNAL_ERROR, OUT_OF_MEMORY) else explained.code
    return Ended("failed", str(explained), 0, 0, code=code)
