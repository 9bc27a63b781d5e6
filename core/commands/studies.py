"""The commands for studies: run one, list them. Each returns the plain data of `--json`."""

from argparse import Namespace
from statistics import median
from typing import Any

from core.base.encoding import change
from core.base.errors import BadInput
from core.base.events import Ended
from core.base.finding import Finding
from core.base.numbers import duration, percent, short, time_left, whole
from core.base.text import aligned, counted
from core.commands.experiments import raise_refusal
from core.commands.requested import Answer, adapt_to_data, parse_assignments, with_data
from core.commands.signals import stop_on_signal
from core.commands.terminal import Terminal
from core.runs.store import Store
from core.studies.answer import answer
from core.studies.records import Record, StudyStarted, curve, plain_point, progress
from core.studies.study import Study, load, shipped


def sweep(arguments: Namespace, terminal: Terminal) -> Answer:
    """Run a study in several processes; after Ctrl+C it can be resumed."""
    from core.studies.folder import Studies

    store, processes = Studies(), parse_workers(arguments.workers)
    return run_study(store, _study_to_run(arguments, store, terminal), processes, terminal)


def run_study(store: Store, study_id: str, processes: int, terminal: Terminal) -> Answer:
    """Compute what a study lacks and return its result; after Ctrl+C it can be resumed."""
    from core.studies.sweeps import execute

    resume = f"Resume it with: python -m core sweep --resume {study_id}"
    try:
        with stop_on_signal() as poll_control:
            ended = execute(
                store.home,
                study_id,
                poll_control,
                _StudyLog(study_id, terminal),
                processes=processes,
                progress=terminal.progress,
            )
    except KeyboardInterrupt:
        saved = sum(isinstance(event, Record) for event in store.events(study_id)[0])
        points = counted(saved, "measured point")
        raise KeyboardInterrupt(
            f"Study {study_id} was interrupted. Saved: {points}. {resume}"
        ) from None
    if ended.reason == "stopped":
        terminal.print(resume)
    return _outcome(store, study_id, ended, terminal)


def parse_workers(text: str | None) -> int:
    """Return the number of processes that --workers asks for, by default two."""
    from core.base.device import cores

    if text is None:
        return min(2, cores())
    if not text.isdecimal() or not int(text):
        raise BadInput(
            f"--workers {text} is not a number of processes. Write a whole number of at least 1.",
            code="workers_not_a_number",
        )
    return int(text)


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
    from core.studies.duration import first_executors

    study = load(arguments.study)
    if arguments.experiment:
        from core.experiment import load as load_experiment

        study = change(study, "base", load_experiment(arguments.experiment).model_dump(mode="json"))
    with_own_data = with_data(study, "base.data", arguments, store, terminal)
    if with_own_data.base.data != study.base.data:
        base = adapt_to_data(with_own_data.base, store, terminal)
        study = change(with_own_data, "base", base.model_dump(mode="json"))
    for path, value in parse_assignments(arguments.set):
        study = change(study, path, value)
    if arguments.name is not None:
        study = change(study, "name", arguments.name)
    if arguments.device is not None:
        study = change(study, "base.device", arguments.device)
    for _ in first_executors(store.home, study, terminal.progress):
        pass  # each one checks its experiment
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
            if event.reason != "failed":  # that is printed by core.__main__
                self.terminal.print(event.message)
        else:
            self.records.append(event)
            if self.terminal.is_live:
                so_far = progress(self.records, self.started)
                parts = [counted(so_far.points, "point"), time_left(so_far.seconds_left)]
                self.terminal.progress(so_far.fraction, " · ".join(filter(None, parts)))
            elif event.point.last:
                self.terminal.print(_row(event))


def _row(record: Record) -> str:
    point = record.point
    if title := record.coordinates.get("changes"):
        scores = f"validation error {percent(point.validation_error[0])}, test error "
        scores += f"{percent(point.test_error[0])}, {duration(sum(point.seconds))}"
        return f"{title} · seed {record.coordinates['seed']}: {scores}"
    at = " ".join(f"{name} {value}" for name, value in record.coordinates.items() if name != "seed")
    size = f"width {whole(point.width)} · n {whole(point.samples)}"
    size += f" · {counted(point.steps, 'step')}" if point.steps else ""
    loss, error = short(median(point.test_loss), 3), percent(median(point.test_error))
    seeds = counted(len(point.norm), "seed")
    result = f"test loss {loss}, error {error} (median of {seeds})"
    return f"{at} {size} · control {short(point.control)} · {result}".strip()


def _outcome(store: Any, study_id: str, ended: Ended, terminal: Terminal) -> Answer:
    """Return the result of the study, with one finding per line of its chart."""
    raise_refusal(ended)
    study = store.study(study_id)
    events, _ = store.events(study_id)
    records = [event for event in events if isinstance(event, Record)]
    started = next((event for event in events if isinstance(event, StudyStarted)), None)
    points = curve(records)
    answers = answer(study, records, regression=started is not None and not started.classes)
    if study.comparison:
        texts = [finding.text for _, findings in answers for finding in findings]
    else:
        texts = [_describe(study, c, findings, len(answers)) for c, findings in answers]
    terminal.print(*texts)
    return {
        "study": study_id,
        "reason": ended.reason,
        "message": ended.message,
        "seconds": round(ended.seconds, 3),
        "says": texts,
        "findings": [{"code": found[0].code, **found[0].evidence} for _, found in answers],
        "points": [plain_point(point) for point in points],
    }


def _describe(study: Study, control: float, findings: list[Finding], lines: int) -> str:
    """Return the findings about one line of a study, with its control where there are several."""
    text = " ".join([*(finding.text for finding in findings), study.method.caution]).rstrip()
    if study.method.control and lines > 1:
        return f"{study.method.control} {short(control)}: {text}"
    return text


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
