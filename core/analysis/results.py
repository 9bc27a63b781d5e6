"""Results of analyses, kept in the folder of the run: each is computed once for the same weights.

<home>/runs/<id>/analysis/<kind>-<digest>.json   with its checksum beside it
<home>/runs/<id>/analysis/<kind>-<digest>.task   the id of the task that computes it on request
"""

import contextlib
import hashlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.trained import TrainedRun
from core.base.encoding import encode, from_json_text, to_json_text
from core.base.errors import BadInput, Unavailable
from core.base.seal import SUM, is_intact, write_with_sum
from core.runs.store import Store

FOLDER, TASK = "analysis", ".task"
NOTE = "note"  # what is being done, in the progress of a task


def stored(store: Store, run: str, analysis: Analysis) -> Result | None:
    """Return the result; None if it has not been computed for the run's present weights."""
    path = _path(store, run, analysis)
    with contextlib.suppress(FileNotFoundError, ValueError):
        if is_intact(path):
            return from_json_text(path.read_bytes())
    return None


def forget(store: Store, run: str, analysis: Analysis) -> None:
    """Remove the result, so that it is computed when it is asked for again."""
    path = _path(store, run, analysis)
    path.unlink(missing_ok=True)
    path.with_name(path.name + SUM).unlink(missing_ok=True)


def keep(store: Store, run: str, analysis: Analysis, result: Result) -> None:
    """Keep a result that was computed elsewhere. Raises Unavailable if it cannot be written."""
    _keep(_path(store, run, analysis), result, analysis.stored_results)


def note_task(store: Store, run: str, analysis: Analysis, task: str = "") -> None:
    """Note that a task was asked to compute the result, so that a restart of the app can be told
    from a request that was never made; without a `task`, that nobody waits for one any more.
    """
    path = _path(store, run, analysis).with_suffix(TASK)
    with contextlib.suppress(OSError):  # only the notice of an interruption would be missing
        if task:
            path.parent.mkdir(exist_ok=True)
            path.write_text(task)
        else:
            path.unlink(missing_ok=True)


def noted_task(store: Store, run: str, analysis: Analysis) -> str:
    """Return the id of the task that was asked for the result and has not ended; else ""."""
    with contextlib.suppress(OSError, ValueError):
        return _path(store, run, analysis).with_suffix(TASK).read_text()
    return ""


def compute(store: Store, run: str, analysis: Analysis) -> Iterator[tuple[float, Result]]:
    """Compute the result and keep it. Yields the fraction done and the NOTE of what is being done.
    Raises what the analysis raises, BadInput if it does not suit the data, and Unavailable if the
    folder cannot be written.
    """
    yield 0.0, {NOTE: "Reading the run"}
    trained = _take(store, run)
    result = yield from noted(_answer(trained, analysis))
    if trained.setup.device == "cpu":  # the memory of a GPU is left to the trainings
        _idle[_identity(store, run)] = trained
    _keep(_path(store, run, analysis), result, analysis.stored_results)


def result_of(store: Store, run: str, analysis: Analysis) -> Result:
    """Return the stored result, computed now if need be."""
    return ask(TrainedRun(store, run), analysis)


def ask(
    trained: TrainedRun,
    analysis: Analysis,
    progress: Callable[[float, str], None] = lambda fraction, note: None,
) -> Result:
    """Return the result of an analysis of this run: the stored one, or computed now and kept.
    Results on new samples are neither stored nor kept.
    """
    answering = asking(trained, analysis)
    while True:
        try:
            progress(*next(answering))
        except StopIteration as end:
            return end.value


def asking(
    trained: TrainedRun, analysis: Analysis, *, start: float = 0.0, end: float = 1.0
) -> Answering:
    """Return the same as `ask`; yields the fraction done, from `start` to `end`, and what is being
    done.
    """
    store, run = trained.store, trained.run
    if not trained.has_new_test and (result := stored(store, run, analysis)) is not None:
        return result
    answering = _answer(trained, analysis)
    while True:
        try:
            share, note = next(answering)
        except StopIteration as finished:
            result = from_json_text(to_json_text(finished.value))
            break
        yield start + (end - start) * share, note
    if not trained.has_new_test:
        _keep(_path(store, run, analysis), result, analysis.stored_results)
    return result


def _answer(trained: TrainedRun, analysis: Analysis) -> Answering:
    if reason := analysis.unsuitable(trained.data.facts):
        raise BadInput(reason, code="analysis_unsuitable")
    try:
        return (yield from analysis.answer(trained))
    finally:
        trained.restore()


def noted(answering: Answering) -> Generator[tuple[float, Result], None, Result]:
    """Return the result; yields the fraction done and the NOTE of what is being done."""
    while True:
        try:
            share, note = next(answering)
        except StopIteration as end:
            return end.value
        yield share, {NOTE: note}


_idle: dict[tuple[str, ...], TrainedRun] = {}  # at most one run, for the next question about it


def _identity(store: Store, run: str) -> tuple[str, ...]:
    return str(store.root), run, to_json_text(store.last(run, "reason") or {})


def _take(store: Store, run: str) -> TrainedRun:
    """Return the run as the last analysis left it, with its predictions, or read it. Nobody
    else gets it meanwhile.
    """
    trained = _idle.pop(_identity(store, run), None)
    _idle.clear()
    return trained or TrainedRun(store, run)


def key_of(store: Store, run: str, analysis: Analysis) -> str:
    """Return the name of the result: it differs for other options, weights or versions."""
    end = to_json_text(store.last(run, "reason") or {})
    text = "\n".join((encode(analysis), str(analysis.version), run, end))
    return f"{analysis.kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _path(store: Store, run: str, analysis: Analysis) -> Path:
    return store.path(run, FOLDER) / f"{key_of(store, run, analysis)}.json"


def _keep(path: Path, result: Result, most: int) -> None:
    """Write the result; of its kind, only the newest `most` stay, or all if this is 0."""
    try:
        path.parent.mkdir(exist_ok=True)
        write_with_sum(path, to_json_text(result).encode())
        path.with_suffix(TASK).unlink(missing_ok=True)
        kind = path.name.rpartition("-")[0]
        others = sorted(path.parent.glob(f"{kind}-*.json"), key=lambda p: p.stat().st_mtime_ns)
        for old in others[: max(0, len(others) - most)] if most else ():
            old.unlink(missing_ok=True)
            old.with_name(old.name + SUM).unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be written ({error.strerror}). Free disk space and try again.",
            code="run_file_not_writable",
        ) from None
