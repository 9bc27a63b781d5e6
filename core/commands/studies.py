"""The commands about studies: run one, list them. Each prints for people and returns plain data for
`--json`.
"""

import signal
import sys
import time
from argparse import Namespace
from statistics import median
from typing import Any

from core.advice.learning_curve import judge_learning_curve
from core.advice.seed_comparison import compare_seeds, group_seeds
from core.advice.study_verdict import judge_curve
from core.base.control import GO, STOP
from core.base.encoding import change
from core.base.errors import BadInput
from core.base.events import Ended
from core.base.finding import Finding
from core.base.numbers import duration, percent, short, whole
from core.base.text import counted
from core.commands.experiments import Answer, assigned, with_spreadsheets
from core.commands.screen import bar
from core.descent.point import CurvePoint
from core.runs.store import Store
from core.studies.records import Record, StudyStarted, curve, plain_point, progress
from core.studies.study import Study, load, shipped

REFRESH = 0.2  # seconds between two updates of the progress bar


def sweep(options: Namespace) -> Answer:
    """Run a study in this process and further ones; Ctrl+C leaves it resumable."""
    from core.base.device import cores
    from core.studies.folder import Studies
    from core.studies.sweeps import execute

    store = Studies()
    study_id = _study_to_run(options, store)
    signals: list[int] = []
    previous = {
        number: signal.signal(number, lambda received, frame: signals.append(received))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        ended = execute(
            store.home,
            study_id,
            lambda sweep: STOP if signals else GO,
            (lambda event: None) if options.json else _Screen(study_id),
            processes=options.workers or min(2, cores()),
            progress=None if options.json else bar,
        )
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if ended.reason == "failed":
        print(ended.message, file=sys.stderr)
    elif ended.reason == "stopped" and not options.json:
        print(f"Resume it with: python -m core sweep --resume {study_id}")
    return _outcome(store, study_id, ended, options)


def _study_to_run(options: Namespace, store: Store) -> str:
    """Return the ID of the study to resume, or of a new one. Raises BadInput (not_resumable,
    no_study).
    """
    from core.runs.state import stored_state
    from core.studies.sweeps import create

    if options.resume:
        study_id = store.find(options.resume)
        if not (state := stored_state(store, study_id)).is_resumable:
            raise BadInput(
                f"Study {study_id} is {state.label.lower()}. Only studies that were stopped, "
                "preempted or interrupted, have failed or have not started can be resumed.",
                code="not_resumable",
            )
        return study_id
    if options.study:
        return create(store.home, _requested_study(options, store))
    raise BadInput(
        f"No study was given. Pass a JSON file, one of {', '.join(shipped())}, or --resume ID.",
        code="no_study",
    )


def _requested_study(options: Namespace, store: Store) -> Study:
    """Return the study with all changes of the options, checked before it is created."""
    from core.base.device import resolve
    from core.data.load import load as load_data
    from core.studies.executor import make_executor

    study = load(options.study)
    if options.experiment:
        from core.experiment import load as load_experiment

        study = change(study, "base", load_experiment(options.experiment).model_dump(mode="json"))
    for path, value in assigned(options.set):
        study = change(study, path, value)
    if options.name:
        study = change(study, "name", options.name)
    study = with_spreadsheets(study, "base.data", options, store)
    if options.device:
        study = change(study, "base.device", options.device)
    resolve(study.base.device)
    samples = load_data(study.base.data, store.home, None if options.json else bar)
    make_executor(study.method, study.base, samples, study.repeats)
    return study


class _Screen:
    """Prints events: a progress bar on a terminal, elsewhere one line per point."""

    def __init__(self, study_id: str):
        self.terminal, self.started, self.records = sys.stdout.isatty(), None, []
        self.updated = 0.0
        print(f"Study {study_id}")

    def __call__(self, event: StudyStarted | Record | Ended) -> None:
        if isinstance(event, StudyStarted):
            self.started = event
            workers = counted(event.workers, "process")
            print(f"{event.description} · {whole(event.points)} points · {workers}")
        elif isinstance(event, Ended):
            print(f"\r\x1b[K{event.message}" if self.terminal else event.message)
        else:
            self.records.append(event)
            if not self.terminal and event.point.last:
                print(_row(event), flush=True)
            elif self.terminal and time.monotonic() - self.updated > REFRESH:
                self.updated = time.monotonic()
                left = progress(self.records, self.started).seconds_left
                bar(event.fraction, f"{len(self.records)} points · {duration(left)} left")


def _row(record: Record) -> str:
    point = record.point
    at = " ".join(f"{name} {value}" for name, value in record.coordinates.items() if name != "seed")
    size = f"width {whole(point.width)} · n {whole(point.samples)}"
    size += f" · {counted(point.steps, 'step')}" if point.steps else ""
    loss, error = short(median(point.test_loss), 3), percent(median(point.test_error))
    return f"{at} {size} · control {short(point.control)} · test loss {loss}, error {error}".strip()


def _outcome(store: Any, study_id: str, ended: Ended, options: Namespace) -> Answer:
    """Return the result of the study, with one finding per line of its chart."""
    study = store.study(study_id)
    points = curve([e for e in store.events(study_id)[0] if isinstance(e, Record)])
    findings = _findings(study, points)
    if not options.json:
        for text, _ in findings:
            print(text)
    return {
        "study": study_id,
        "reason": ended.reason,
        "message": ended.message,
        "seconds": round(ended.seconds, 3),
        "says": [text for text, _ in findings],
        "findings": [{"code": finding.code, **finding.evidence} for _, finding in findings],
        "points": [plain_point(point) for point in points],
    }


def _findings(study: Study, points: list[CurvePoint]) -> list[tuple[str, Finding]]:
    """Return text and finding of each line of a curve, or of the seeds of each value."""
    if study.over == "control":
        return [_compare_seeds(study, points)] if points else []
    findings = []
    controls = sorted({point.control for point in points})
    for control in controls:
        line = [point for point in points if point.control == control]
        line = [point for point in line if point.last or study.over == "steps"]
        finding = _judge(study, line)
        text = f"{finding.text} {study.method.caution}".rstrip()
        if study.method.control and len(controls) > 1:
            text = f"{study.method.control} {short(control)}: {text}"
        findings.append((text, finding))
    return findings


def _judge(study: Study, line: list[CurvePoint]) -> Finding:
    if study.over == "samples" and not study.method.whole_curve:
        return judge_learning_curve(line, "test_error").finding
    noun = study.method.noun if study.over == "width" else ""
    return judge_curve(line, "test_loss", study.over, noun).finding


def _compare_seeds(study: Study, points: list[CurvePoint]) -> tuple[str, Finding]:
    names = study.varied.value_names if study.varied else {}
    title = study.varied.title.lower() if study.varied else ""
    groups = group_seeds(points, "test_error", title, names)
    finding = compare_seeds(groups, "test_error")
    return finding.text, finding


def studies(options: Namespace) -> Answer:
    """List all studies, newest first, and the built-in ones."""
    from core.runs.state import stored_state
    from core.studies.folder import Studies

    store = Studies()
    rows = [
        {"study": i, "state": stored_state(store, i), "name": store.study(i).name}
        for i in store.ids()
    ]
    built_in = {name: study.about for name, study in shipped().items()}
    if not options.json:
        for row in rows:
            print(f"{row['study']}  {row['state']:<12}{row['name']}")
        for name, about in built_in.items():
            print(f"{name:<18}{about}")
    return {"studies": rows, "shipped": built_in}
