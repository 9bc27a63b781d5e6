"""The commands for studies: run one, list them. Each returns the plain data of `--json`."""

from argparse import Namespace
from statistics import median
from typing import Any

from core.advice.learning_curve import judge_learning_curve
from core.advice.seed_comparison import compare_seeds, group_seeds
from core.advice.study_verdict import judge_curve
from core.base.encoding import change
from core.base.errors import BadInput
from core.base.events import Ended
from core.base.finding import Finding
from core.base.numbers import duration, percent, short, whole
from core.base.text import counted
from core.commands.experiments import Answer, parse_assignments, with_spreadsheets
from core.commands.signals import stop_on_signal
from core.commands.terminal import Terminal, aligned
from core.descent.point import CurvePoint
from core.runs.store import Store
from core.studies.records import Record, StudyStarted, curve, plain_point, progress
from core.studies.study import Study, load, shipped


def sweep(arguments: Namespace, terminal: Terminal) -> Answer:
    """Run a study in several processes; after Ctrl+C it can be resumed."""
    from core.base.device import cores
    from core.studies.folder import Studies
    from core.studies.sweeps import execute

    store = Studies()
    study_id = _study_to_run(arguments, store, terminal)
    with stop_on_signal() as poll_control:
        ended = execute(
            store.home,
            study_id,
            poll_control,
            _StudyLog(study_id, terminal),
            processes=arguments.workers or min(2, cores()),
            progress=terminal.progress,
        )
    if ended.reason == "stopped":
        terminal.print(f"Resume it with: python -m core sweep --resume {study_id}")
    return _outcome(store, study_id, ended, terminal)


def _study_to_run(arguments: Namespace, store: Store, terminal: Terminal) -> str:
    """Return the ID of the study to resume, or of a new one. Raises BadInput (not_resumable,
    no_study).
    """
    from core.runs.state import stored_state
    from core.studies.sweeps import create

    if arguments.resume:
        study_id = store.find(arguments.resume)
        if not (state := stored_state(store, study_id)).is_resumable:
            raise BadInput(
                f"Study {study_id} is {state.label.lower()}. Only studies that were stopped, "
                "preempted or interrupted, have failed or have not started can be resumed.",
                code="not_resumable",
            )
        return study_id
    if arguments.study:
        return create(store.home, _requested_study(arguments, store, terminal))
    raise BadInput(
        f"No study was given. Pass a JSON file, one of {', '.join(shipped())}, or --resume ID.",
        code="no_study",
    )


def _requested_study(arguments: Namespace, store: Store, terminal: Terminal) -> Study:
    """Return the study with all changes of the arguments, checked before it is created."""
    from core.base.device import resolve
    from core.data.load import load as load_data
    from core.studies.executor import make_executor

    study = load(arguments.study)
    if arguments.experiment:
        from core.experiment import load as load_experiment

        study = change(study, "base", load_experiment(arguments.experiment).model_dump(mode="json"))
    for path, value in parse_assignments(arguments.set):
        study = change(study, path, value)
    if arguments.name:
        study = change(study, "name", arguments.name)
    study = with_spreadsheets(study, "base.data", arguments, store, terminal)
    if arguments.device:
        study = change(study, "base.device", arguments.device)
    resolve(study.base.device)
    samples = load_data(study.base.data, store.home, terminal.progress)
    make_executor(study.method, study.base, samples, study.repeats)
    return study


class _StudyLog:
    """Show the events of a study: progress on a terminal, one line per point elsewhere."""

    def __init__(self, study_id: str, terminal: Terminal):
        self.terminal, self.started, self.records = terminal, None, []
        terminal.print(f"Study {study_id}")

    def __call__(self, event: StudyStarted | Record | Ended) -> None:
        if isinstance(event, StudyStarted):
            self.started = event
            workers = counted(event.workers, "process")
            points = counted(event.points, "point")
            self.terminal.print(f"{event.description} · {points} · {workers}")
        elif isinstance(event, Ended):
            self.terminal.print(event.message)
        else:
            self.records.append(event)
            if self.terminal.is_live:
                left = progress(self.records, self.started).seconds_left
                done = counted(len(self.records), "point")
                self.terminal.progress(event.fraction, f"{done} · {duration(left)} left")
            elif event.point.last:
                self.terminal.print(_row(event))


def _row(record: Record) -> str:
    point = record.point
    at = " ".join(f"{name} {value}" for name, value in record.coordinates.items() if name != "seed")
    size = f"width {whole(point.width)} · n {whole(point.samples)}"
    size += f" · {counted(point.steps, 'step')}" if point.steps else ""
    loss, error = short(median(point.test_loss), 3), percent(median(point.test_error))
    seeds = counted(len(point.norm), "seed")
    result = f"test loss {loss}, error {error} (median of {seeds})"
    return f"{at} {size} · control {short(point.control)} · {result}".strip()


def _outcome(store: Any, study_id: str, ended: Ended, terminal: Terminal) -> Answer:
    """Return the result of the study, with one finding per line of its chart."""
    study = store.study(study_id)
    points = curve([e for e in store.events(study_id)[0] if isinstance(e, Record)])
    findings = _findings(study, points)
    terminal.print(*(text for text, _ in findings))
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


def studies(arguments: Namespace, terminal: Terminal) -> Answer:
    """List all studies, newest first, and the ready-made ones."""
    from core.runs.state import stored_state
    from core.studies.folder import Studies

    store = Studies()
    rows = [
        {"study": i, "state": stored_state(store, i), "name": store.study(i).name}
        for i in store.ids()
    ]
    ready_made = {name: study.about for name, study in shipped().items()}
    terminal.print(*aligned([(row["study"], row["state"].label, row["name"]) for row in rows]))
    terminal.print(*aligned(list(ready_made.items())))
    return {"studies": rows, "shipped": ready_made}
