"""The measurements of short tasks: each kind is a function of an experiment and its data that
yields one answer after another, each with the fraction done. No queue, thread or process here.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.base.encoding import decode
from core.base.errors import LabError, NotFound
from core.experiment import Experiment
from core.runs.store import Store
from core.studies.study import Study

log = logging.getLogger("descent_lab")

Answers = Iterator[tuple[float, dict[str, Any]]]  # fraction done, and the result so far


def _rate(experiment: Experiment, data: Any) -> Answers:
    from core.advice.range_test import NEIGHBOURS, NO_RATE, STEPS, range_test, suggest

    points, shown = [], {"reach": NEIGHBOURS, "points": []}
    for point in range_test(experiment, data):
        points.append(point)
        shown = shown | {"points": [*shown["points"], [point.rate, point.loss]]}
        yield len(points) / STEPS, shown
    found = suggest(points)
    suggested = {"suggested": asdict(found)} if found else {}
    yield 1.0, shown | suggested | {"text": found.text if found else NO_RATE}


def _trial(experiment: Experiment, data: Any) -> Answers:
    from core.advice.trial import STEPS, trial

    for found in trial(experiment, data):
        yield found.steps / STEPS, asdict(found)


def _sharpness(experiment: Experiment, data: Any, state: dict[str, Any]) -> Answers:
    from core.analysis.inside.curvature import sharpness
    from core.runs.checkpoint import best_weights

    found: dict[str, Any] = {}
    names = ("before", "after")
    for name, value in zip(names, sharpness(experiment, data, [best_weights(state)]), strict=True):
        found = found | {name: value}
        yield len(found) / len(names), found


def _effort(home: Path, study: Study) -> Answers:
    from core.studies.duration import expected

    measuring = expected(home, study)
    while True:
        try:
            next(measuring)
        except StopIteration as end:
            yield 1.0, asdict(end.value)
            return
        yield 0.0, {}


def _importance(home: Path, of: dict[str, Any]) -> Answers:
    from core.studies.search.folder import Searches
    from core.studies.search.importance import importances

    searches = Searches(home)
    found = importances(searches.search(of["search"]), searches.trials(of["search"]))
    yield 1.0, {"importances": found}


def _cluster() -> Answers:
    from core.studies.places import ray_nodes

    nodes = ray_nodes.nodes()
    found = {"summary": ray_nodes.summary(nodes), "rows": ray_nodes.rows(nodes)}
    yield 1.0, found | {"differences": ray_nodes.differences(nodes)}


KINDS: dict[str, Callable[..., Answers]] = {"rate": _rate, "trial": _trial, "sharpness": _sharpness}
EFFORT = "effort"  # the time that a study takes; its text is a study, not an experiment
IMPORTANCE = "importance"  # of the settings of a search; its text is JSON with the ID of the search
CLUSTER = "cluster"  # the nodes of the cluster of LAB_RAY; its text is any, such as a time
ANALYSIS = "analysis"  # of a finished run; its text is an analysis, its result is kept with the run
EXPORT = "export"  # of a finished run; its text is an export format, its file is kept with the run


def measure(home: Path, kind: str, text: str, run: str = "") -> Answers:
    """Return the answers of one task of KINDS on this experiment (JSON text), and on the weights of
    `run` where it needs some, of EFFORT on a study, of IMPORTANCE, of CLUSTER, or of ANALYSIS or
    EXPORT of `run`. Raises what the measurement raises.
    """
    from core.training.inputs import load_inputs

    if kind == EFFORT:
        return _effort(home, decode(Study, text))
    if kind == IMPORTANCE:
        return _importance(home, json.loads(text))
    if kind == CLUSTER:
        return _cluster()
    if kind == ANALYSIS:
        from core.analysis import results
        from core.analysis.catalogue import Analysis

        return results.compute(Store(home), run, decode(Analysis, text))
    if kind == EXPORT:
        from core.export import exports
        from core.export.catalogue import ExportFormat

        return exports.prepare(Store(home), run, decode(ExportFormat, text))
    experiment = decode(Experiment, text)
    data = load_inputs(experiment, home)
    return KINDS[kind](experiment, data, *([_weights(home, run)] if run else []))


def _weights(home: Path, run: str) -> dict[str, Any]:
    from core.runs import checkpoint

    store = Store(home)
    if state := checkpoint.load(store, run):
        return state
    text = (
        "This run ended before its first checkpoint, so it has no weights. Train it again."
        if store.last(run, "reason")
        else "This run has no saved weights yet. Continue it until its first checkpoint."
    )
    raise NotFound(text, code="no_weights")


def explain(error: Exception) -> tuple[str, str]:
    """Return one sentence for the person who asked, and its code; the traceback goes to the log."""
    if isinstance(error, LabError):
        return str(error), error.code
    log.exception("a task failed", exc_info=error)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        message = "There is not enough memory. Halve the batch size or make the network narrower."
        return message, "out_of_memory"
    message = (
        f"Internal error ({type(error).__name__}). Your runs are safe; the details are in the "
        "server log."
    )
    return message, "internal_error"
