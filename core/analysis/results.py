"""Results of analyses, kept in the folder of the run: each is computed once for the same weights.

<home>/runs/<id>/analysis/<kind>-<digest>.json   with its checksum beside it
"""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from core.analysis.analysis import Analysis, Result
from core.analysis.trained import TrainedRun
from core.base.encoding import encode, from_json_text, to_json_text
from core.base.errors import Unavailable
from core.base.seal import is_intact, write_with_sum
from core.runs.store import Store

FOLDER = "analysis"
NOTE = "note"  # what is being done, in the progress of a task


def stored(store: Store, run: str, analysis: Analysis) -> Result | None:
    """Return the result; None if it has not been computed for the run's present weights."""
    path = _path(store, run, analysis)
    with contextlib.suppress(FileNotFoundError, ValueError):
        if is_intact(path):
            return from_json_text(path.read_bytes())
    return None


def compute(store: Store, run: str, analysis: Analysis) -> Iterator[tuple[float, Result]]:
    """Compute the result and keep it. Yields the fraction done and the NOTE of what is being done.
    Raises what the analysis raises, and Unavailable if the folder cannot be written.
    """
    yield 0.0, {NOTE: "Reading the run"}
    answering = analysis.answer(TrainedRun(store, run))
    while True:
        try:
            share, note = next(answering)
        except StopIteration as end:
            _keep(_path(store, run, analysis), end.value)
            return
        yield share, {NOTE: note}


def result_of(store: Store, run: str, analysis: Analysis) -> Result:
    """Return the stored result, computed now if need be."""
    if (result := stored(store, run, analysis)) is None:
        for _ in compute(store, run, analysis):
            pass
        result = stored(store, run, analysis)
    return result


def key_of(store: Store, run: str, analysis: Analysis) -> str:
    """Return the name of the result: it differs for other options, weights or versions."""
    end = to_json_text(store.last(run, "reason") or {})
    text = "\n".join((encode(analysis), str(analysis.version), run, end))
    return f"{analysis.kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _path(store: Store, run: str, analysis: Analysis) -> Path:
    return store.path(run, FOLDER) / f"{key_of(store, run, analysis)}.json"


def _keep(path: Path, result: Result) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        write_with_sum(path, to_json_text(result).encode())
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be written ({error.strerror}). Free disk space and try again.",
            code="run_file_not_writable",
        ) from None
